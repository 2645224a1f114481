//! HTTPRouteGroup: `matches` at the top or below `spec`, and headers as the list that every schema has.

use serde_json::{Value, json};

use super::object::{Converted, Refusal, refusal};
use super::place::Body;
use super::version::{Group, Version};
use crate::parse::NodeRef;

/// Writes a valid group in a version.
pub(super) fn group(root: NodeRef<'_>, to: Version) -> Result<Converted, Refusal> {
    let mut body = Body::read(root, &[("matches", "matches")]);
    let mut matches = body.take("matches");
    for (index, one) in body.node("matches").into_iter().flat_map(NodeRef::items).enumerate() {
        let Some(headers) = one.get("headers") else { continue };
        if to > Version::V1alpha1 {
            matches[index]["headers"] = listed(headers);
        } else if headers.entries().len() + headers.items().len() > 0 {
            let message = format!("{to} has no `headers`: the match would take requests without them");
            return Err(refusal(headers, message, "keep it in specs/v1alpha2 or newer"));
        } else {
            matches[index].as_object_mut().map(|one| one.remove("headers"));
        }
    }
    body.put("matches", matches);
    Ok(body.written(&Group::Specs.api_version(to), to < Version::V1alpha3).into())
}

/// A map as in the specification's text, or items of several keys, as a list of maps with one key each (P4), in the
/// order written.
fn listed(headers: NodeRef<'_>) -> Value {
    let maps = headers.is_mapping().then_some(headers).into_iter().chain(headers.items());
    let one = |(name, value): (NodeRef<'_>, NodeRef<'_>)| json!({ name.text().unwrap_or_default(): value.to_json() });
    if headers.is_null() { Value::Null } else { maps.flat_map(|map| map.entries().map(one).collect::<Vec<_>>()).collect() }
}
