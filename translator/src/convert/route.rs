//! TCPRoute and UDPRoute: ports, which v1alpha4 has first.

use serde_json::json;

use super::object::{Converted, Refusal, refusal};
use super::version::{Group, Version};
use crate::parse::NodeRef;

/// Writes a valid TCPRoute in a version.
pub(super) fn tcp_route(root: NodeRef<'_>, to: Version) -> Result<Converted, Refusal> {
    let mut value = root.to_json();
    value["apiVersion"] = Group::Specs.api_version(to).into();
    let matches = root.find(["spec", "matches"]).filter(|node| !node.is_null());
    if to == Version::V1alpha4 {
        // No ports are all ports, and the schema of this version wants that said.
        if matches.and_then(|matches| matches.get("ports")).is_none_or(NodeRef::is_null) {
            let mut said = matches.map_or_else(|| json!({}), NodeRef::to_json);
            said["ports"] = json!([]);
            value["spec"] = json!({ "matches": said });
        }
        return Ok(value.into());
    }
    let ports = matches.and_then(|matches| matches.get("ports")).filter(|ports| ports.items().len() > 0);
    if let Some(said) = ports.or_else(|| matches.and_then(|matches| matches.get("name"))) {
        let message = format!("a TCPRoute of {to} has no `matches`: it would be for all ports");
        return Err(refusal(said, message, "keep it in specs/v1alpha4"));
    }
    let object = value.as_object_mut();
    object.map(|object| if to == Version::V1alpha3 { object.insert("spec".to_owned(), json!({})) } else { object.remove("spec") });
    Ok(value.into())
}

/// Writes a UDPRoute in a version.
pub(super) fn udp_route(root: NodeRef<'_>, to: Version) -> Result<Converted, Refusal> {
    if to == Version::V1alpha4 {
        return Ok(root.to_json().into());
    }
    Err(refusal(root.get("kind").unwrap_or(root), format!("{to} has no UDPRoute"), "keep it in specs/v1alpha4"))
}
