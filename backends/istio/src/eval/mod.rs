//! What Istio does with a request, read from Istio's own objects by Istio's and Envoy's rules.
//!
//! Nothing here knows how this crate renders: it is the judge of that. What the objects say and this reading does not
//! know ends as [`Verdict::Unknown`](meshglot_translator::eval::Verdict::Unknown), never as an allow.
//!
//! # Source
//! Istio 1.32 (`pilot/pkg`), Envoy 1.40; `golden/verdicts/istio` holds what real ones did.

mod arrival;
mod authorization;
mod authorization_condition;
mod authorization_rule;
mod destination_rule;
mod fields;
mod gateway;
mod gateway_routing;
mod mesh_config;
mod message;
mod mtls;
mod object;
mod part;
mod path;
mod reading;
mod rewrite;
mod route_match;
mod routing;
mod sidecar;
mod strings;
mod template;
#[cfg(test)]
mod tests;
mod unmodelled;
mod virtual_service;
mod virtual_services;
mod world;

use meshglot_translator::eval::{Evaluate, Inventory};
use serde_json::Value;

/// Reads the objects of a mesh.
pub(crate) fn read(objects: &[Value], inventory: &Inventory, defaults: &Value) -> Box<dyn Evaluate> {
    Box::new(reading::Reading::of(objects, inventory, defaults))
}
