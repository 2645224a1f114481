//! What the machine lacks for a mesh of namespaces.

use std::path::PathBuf;
use std::process::{Command, Stdio};

/// Envoy, as its variable names it or as `hack/peers/install` left it.
pub(crate) fn envoy() -> Option<PathBuf> {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let cache = || {
        set("MESHGLOT_PEERS").or_else(|| Some(set("XDG_CACHE_HOME").or_else(|| Some(set("HOME")?.join(".cache")))?.join("meshglot-peers")))
    };
    let program = set("MESHGLOT_ENVOY").or_else(|| Some(cache()?.join("current/envoy")))?;
    program.is_file().then_some(program)
}

/// What is missing, in a few words; `None`: nothing.
pub fn missing() -> Option<String> {
    let runs = |program: &str, word: &str| {
        let status = Command::new(program).arg(word).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
        status.is_ok_and(|status| status.success())
    };
    if !rustix::process::geteuid().is_root() {
        return Some("namespaces are made by root".to_owned());
    }
    for (program, word) in [("ip", "-V"), ("nft", "-v"), ("setpriv", "-V"), ("nsenter", "-V")] {
        if !runs(program, word) {
            return Some(format!("{program} is not installed"));
        }
    }
    envoy().is_none().then(|| "envoy is not installed: run hack/peers/install".to_owned())
}
