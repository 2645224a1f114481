//! The API server: whether it is there, and new enough.

use super::Check;
use crate::cluster::{Cluster, failed};

const CATEGORY: &str = "kubernetes-api";

/// The first minor version of 1 that validates by CEL without being asked to.
const CEL: u32 = 29;

pub(super) fn look(cluster: &Cluster) -> Vec<Check> {
    let version = match cluster.wait(cluster.reader.ask(async || cluster.reader.client.apiserver_version().await)) {
        Ok(version) => version,
        Err(error) => return vec![Check::unknown(CATEGORY, &failed("its version", &error))],
    };
    let reached = Check::ok(CATEGORY, format!("can reach the API server at {} ({})", cluster.address, version.git_version));
    // Some vendors write `33+`.
    let minor: String = version.minor.chars().take_while(char::is_ascii_digit).collect();
    let is_new = version.major != "1" || minor.parse::<u32>().is_ok_and(|minor| minor >= CEL);
    let supports = if is_new {
        Check::ok(CATEGORY, "it supports server-side apply and CEL validation")
    } else {
        Check::error(CATEGORY, format!("it is {}, which does not validate by CEL", version.git_version))
            .hint(format!("Kubernetes 1.{CEL} or newer is needed"))
    };
    vec![reached, supports]
}
