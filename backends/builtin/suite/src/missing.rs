//! What the machine lacks for a mesh of namespaces.

use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::network::Network;

/// Why there can be no mesh here, in a few words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Missing {
    /// Something that can be installed.
    Program(String),
    /// The machine does not let anybody do that.
    Right(String),
}

/// Envoy, as its variable names it or as `hack/peers/install` left it.
pub(crate) fn envoy() -> Option<PathBuf> {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let cache = || {
        set("MESHGLOT_PEERS").or_else(|| Some(set("XDG_CACHE_HOME").or_else(|| Some(set("HOME")?.join(".cache")))?.join("meshglot-peers")))
    };
    let program = set("MESHGLOT_ENVOY").or_else(|| Some(cache()?.join("current/envoy")))?;
    program.is_file().then_some(program)
}

/// What is missing; `None`: nothing.
pub fn missing() -> Option<Missing> {
    let runs = |program: &str, word: &str| {
        let status = Command::new(program).arg(word).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
        status.is_ok_and(|status| status.success())
    };
    if !rustix::process::geteuid().is_root() {
        return Some(Missing::Right("namespaces are made by root".to_owned()));
    }
    for (program, word) in [("ip", "-V"), ("nft", "-v"), ("setpriv", "-V"), ("nsenter", "-V")] {
        if !runs(program, word) {
            return Some(Missing::Program(format!("{program} is not installed")));
        }
    }
    if envoy().is_none() {
        return Some(Missing::Program("envoy is not installed: run hack/peers/install".to_owned()));
    }
    let tried = Network::new().and_then(|network| network.host(Ipv4Addr::new(10, 77, 1, 1), true).map(drop));
    tried.err().map(|error| Missing::Right(error.to_string()))
}
