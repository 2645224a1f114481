//! TrafficSplit: quantities and whole numbers, and `matches` that old versions do not have.

use serde_json::Value;

use super::object::{Converted, Refusal, refusal};
use super::version::{Group, Version};
use crate::parse::{NodeRef, Scalar};
use crate::resolve::{LARGEST_WEIGHT, counted, thousandths};

/// Writes a valid split in a version.
pub(super) fn split(root: NodeRef<'_>, from: Version, to: Version) -> Result<Converted, Refusal> {
    let mut value = root.to_json();
    value["apiVersion"] = Group::Split.api_version(to).into();
    if to < Version::V1alpha3
        && let Some(matches) = root.find(["spec", "matches"])
    {
        if matches.items().len() > 0 {
            let message = format!("{to} has no `matches`: the split would hold for all requests");
            return Err(refusal(matches, message, "keep it in split/v1alpha3 or newer"));
        }
        value["spec"].as_object_mut().map(|spec| spec.remove("matches"));
    }
    for (index, weight) in weights(root, from, to)?.into_iter().enumerate() {
        value["spec"]["backends"][index]["weight"] = weight;
    }
    Ok(value.into())
}

fn weights(root: NodeRef<'_>, from: Version, to: Version) -> Result<Vec<Value>, Refusal> {
    let nodes: Vec<NodeRef<'_>> =
        root.find(["spec", "backends"]).into_iter().flat_map(NodeRef::items).filter_map(|item| item.get("weight")).collect();
    if to == Version::V1alpha1 {
        // A quantity is a string where a program writes it; people's own whole numbers are read as well.
        let quantity = |node: &NodeRef<'_>| match node.scalar() {
            Some(Scalar::Integer(text)) if from != to => Value::from(text),
            _ => node.to_json(),
        };
        return Ok(nodes.iter().map(quantity).collect());
    }
    // The split is valid: every weight has a reading.
    let read: Vec<u64> = nodes.iter().map(|node| thousandths(*node).unwrap_or_default()).collect();
    let weights = counted(&read);
    if weights.iter().all(|weight| *weight <= LARGEST_WEIGHT) {
        return Ok(weights.into_iter().map(Value::from).collect());
    }
    let place = root.find(["spec", "backends"]).unwrap_or(root);
    let message = format!("these weights have no whole numbers of the same ratio up to {LARGEST_WEIGHT}, which {to} needs");
    Err(refusal(place, message, "write smaller weights"))
}
