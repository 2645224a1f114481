//! What a proxy joins with: an invitation, or where it stands.

use std::net::{SocketAddr, ToSocketAddrs as _};

use meshglot_agent::Invitation;
use serde_json::json;

use super::text;
use crate::Io;
use crate::args::ProxyRunArgs;
use crate::exit::{Exit, Failure};

pub(super) fn invitation(args: &ProxyRunArgs, io: &mut Io<'_>) -> Result<Invitation, Failure> {
    let control_plane = args.control_plane.as_deref().map(address).transpose()?;
    if let Some(join) = &args.join {
        let text = text(join, io.stdin)?;
        let mut invitation =
            Invitation::read(&text).map_err(|error| Failure::new(Exit::Invalid, format!("{}: {error}", join.display())))?;
        invitation.control_plane = control_plane.unwrap_or(invitation.control_plane);
        return Ok(invitation);
    }
    // The grammar wants all of them where there is no invitation.
    let (Some(workload), Some(identity), Some(roots), Some(control_plane)) = (&args.workload, &args.identity, &args.roots, control_plane)
    else {
        return Err(Failure::new(Exit::Usage, "--join, or --workload, --identity, --roots and --control-plane are missing"));
    };
    let roots = text(roots, io.stdin)?;
    let document = json!({ "workload": workload, "identity": identity, "controlPlane": control_plane, "roots": roots });
    Invitation::read(&document.to_string()).map_err(|error| Failure::new(Exit::Usage, error.to_string()))
}

/// The first address of a name. Whoever restarts the proxy asks again.
fn address(text: &str) -> Result<SocketAddr, Failure> {
    let silent = |why: String| Failure::new(Exit::Unreachable, format!("--control-plane: {text}: {why}"));
    let mut found = text.to_socket_addrs().map_err(|error| silent(error.to_string()))?;
    found.next().ok_or_else(|| silent("the name has no address".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_control_plane_has_a_name_or_an_address() {
        assert_eq!(address("127.0.0.1:15010").ok(), "127.0.0.1:15010".parse().ok());
        let found = address("localhost:15010").expect("an address");
        assert!(found.ip().is_loopback() && found.port() == 15010, "{found}");
        assert!(address("localhost").is_err());
    }
}
