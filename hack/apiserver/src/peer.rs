//! Where the programs are that `hack/peers/install` has installed.

use std::collections::BTreeSet;
use std::env;
use std::ffi::OsString;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

/// What a server is made of.
pub(crate) const PROGRAMS: [&str; 2] = ["etcd", "kube-apiserver"];

/// Whether there can be a server here. Where not, one line says so, and continuous integration, which installs them, fails.
///
/// # Panics
/// `CI` is set, `MESHGLOT_ALLOW_SKIP` is not, and a program is missing.
pub fn installed() -> bool {
    let Some(missing) = PROGRAMS.into_iter().find(|name| program(name).is_none()) else { return true };
    skipped("a Kubernetes API server", missing);
    false
}

/// The vendors' definitions, a folder for each vendor. `None` is told as by [`installed`].
///
/// # Panics
/// As [`installed`].
pub fn crds() -> Option<PathBuf> {
    let folder = current("crds").filter(|path| path.is_dir());
    if folder.is_none() {
        skipped("the vendors' definitions", "crds");
    }
    folder
}

/// A vendor's definitions: of the folder that `MESHGLOT_CRDS` names, else what is installed, else of `shared/crds` beside the checkout,
/// where those are that no registry has. `None` is told in one line.
pub fn definitions(vendor: &str) -> Option<PathBuf> {
    let beside = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/crds");
    let places = [set("MESHGLOT_CRDS").map(PathBuf::from), current("crds"), Some(beside())];
    let found = places.into_iter().flatten().map(|place| place.join(vendor)).find(|folder| folder.is_dir());
    if found.is_none() {
        // Nothing installs those of Linkerd: that they are absent is said, and is no failure.
        say("a vendor's definitions, which MESHGLOT_CRDS can name", vendor);
    }
    found
}

/// The program of another peer, for [`crate::Process`]. `None` is told as by [`installed`].
///
/// # Panics
/// As [`installed`].
pub fn peer(name: &str) -> Option<PathBuf> {
    let found = program(name);
    if found.is_none() {
        skipped("a peer", name);
    }
    found
}

pub(crate) fn skipped(what: &str, missing: &str) {
    say(what, missing);
    assert!(set("CI").is_none() || set("MESHGLOT_ALLOW_SKIP").is_some(), "what a run installs may not be skipped");
}

fn say(what: &str, missing: &str) {
    say_once(missing, &format!("skip: {what}: {missing} is not installed: run hack/peers/install"));
}

/// A line, once in this process for what it is about.
pub(crate) fn say_once(about: &str, line: &str) {
    static SAID: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());
    if SAID.lock().unwrap_or_else(PoisonError::into_inner).insert(about.to_owned()) {
        // Not by `eprintln`, which a test that passes keeps to itself.
        let _ = writeln!(io::stderr(), "{line}");
    }
}

/// One of the programs; `None`: it is not installed.
pub(crate) fn program(name: &str) -> Option<PathBuf> {
    let named = set(&format!("MESHGLOT_{}", name.to_uppercase().replace('-', "_")));
    named.map(PathBuf::from).or_else(|| current(name)).filter(|path| path.is_file())
}

fn current(name: &str) -> Option<PathBuf> {
    let caches = || set("XDG_CACHE_HOME").map(PathBuf::from).or_else(|| Some(PathBuf::from(set("HOME")?).join(".cache")));
    let peers = set("MESHGLOT_PEERS").map(PathBuf::from).or_else(|| Some(caches()?.join("meshglot-peers")));
    Some(peers?.join("current").join(name))
}

fn set(name: &str) -> Option<OsString> {
    env::var_os(name).filter(|value| !value.is_empty())
}
