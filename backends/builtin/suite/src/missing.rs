//! What the machine lacks for a mesh of namespaces.

use std::net::Ipv4Addr;
use std::process::{Command, Stdio};

use crate::data_plane::DataPlane;
use crate::network::Network;

/// Why there can be no mesh here, in a few words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Missing {
    /// Something that can be installed.
    Program(String),
    /// The machine does not let anybody do that.
    Right(String),
}

/// What is missing; `None`: nothing.
pub fn missing(data_plane: &dyn DataPlane) -> Option<Missing> {
    missing_network().or_else(|| data_plane.missing().map(Missing::Program))
}

/// What is missing for the network alone; `None`: nothing.
pub fn missing_network() -> Option<Missing> {
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
    let tried = Network::new().and_then(|network| network.host(Ipv4Addr::new(10, 77, 1, 1), Some(&[80])).map(drop));
    tried.err().map(|error| Missing::Right(error.to_string()))
}
