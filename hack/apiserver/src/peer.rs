//! Where the programs are that `hack/peers/install` has installed.

use std::env;
use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Once;

/// What a server is made of.
pub(crate) const PROGRAMS: [&str; 2] = ["etcd", "kube-apiserver"];

/// Whether there can be a server here. Where not, one line says so, and continuous integration, which installs them, fails.
///
/// # Panics
/// `CI` is set, `MESHGLOT_ALLOW_SKIP` is not, and a program is missing.
pub fn installed() -> bool {
    static SAID: Once = Once::new();
    let Some(missing) = PROGRAMS.into_iter().find(|name| program(name).is_none()) else { return true };
    SAID.call_once(|| eprintln!("skip: a Kubernetes API server: {missing} is not installed: run hack/peers/install"));
    assert!(set("CI").is_none() || set("MESHGLOT_ALLOW_SKIP").is_some(), "what a run installs may not be skipped");
    false
}

/// One of the programs; `None`: it is not installed.
pub(crate) fn program(name: &str) -> Option<PathBuf> {
    let named = set(&format!("MESHGLOT_{}", name.to_uppercase().replace('-', "_")));
    named.map(PathBuf::from).or_else(|| current(name)).filter(|path| path.is_file())
}

/// The vendors' definitions, a folder for each vendor; `None`: they are not installed.
pub fn crds() -> Option<PathBuf> {
    current("crds").filter(|path| path.is_dir())
}

fn current(name: &str) -> Option<PathBuf> {
    let caches = || set("XDG_CACHE_HOME").map(PathBuf::from).or_else(|| Some(PathBuf::from(set("HOME")?).join(".cache")));
    let peers = set("MESHGLOT_PEERS").map(PathBuf::from).or_else(|| Some(caches()?.join("meshglot-peers")));
    Some(peers?.join("current").join(name))
}

fn set(name: &str) -> Option<OsString> {
    env::var_os(name).filter(|value| !value.is_empty())
}
