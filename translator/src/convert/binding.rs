//! IdentityBinding: a kind of access v1alpha4 alone.

use super::object::{Converted, Refusal, refusal};
use super::version::Version;
use crate::parse::NodeRef;

/// Writes a valid binding in a version.
pub(super) fn binding(root: NodeRef<'_>, to: Version) -> Result<Converted, Refusal> {
    if to == Version::V1alpha4 {
        return Ok(root.to_json().into());
    }
    let help = "keep it in access/v1alpha4, or name the ServiceAccounts in the TrafficTargets";
    Err(refusal(root.get("kind").unwrap_or(root), format!("{to} has no IdentityBinding"), help))
}
