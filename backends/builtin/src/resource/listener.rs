//! `envoy.config.listener.v3.Listener`: the two doors of a workload, and the chains behind them.
//!
//! Source: <https://www.envoyproxy.io/docs/envoy/v1.40.0/api-v3/config/listener/v3/listener.proto>

use std::collections::BTreeSet;

use meshglot_translator::render::RenderedObject;
use serde_json::{Value, json};

use super::{Message, object};
use crate::constant::{extension, tcp_proxy};
use crate::message::message;

/// What plain HTTP looks like to the inspector of connections.
pub(crate) const HTTP_WORDS: [&str; 3] = ["h2c", "http/1.0", "http/1.1"];

/// Calls to a workload. `automatic`: the ports whose protocol must be looked at. `rest`: the filters of calls to
/// ports that nobody declares.
pub(crate) fn inbound(workload: &str, port: u16, chains: Vec<Value>, automatic: &BTreeSet<u16>, rest: Vec<Value>) -> RenderedObject {
    let tls_inspector = "envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector";
    let tls_inspector = extension("envoy.filters.listener.tls_inspector", tls_inspector, json!({}));
    let filters = [original_dst(), tls_inspector].into_iter().chain(http_inspector(automatic)).collect();
    let mut resource = resource("inbound", port, "INBOUND", filters, chains);
    patient(&mut resource);
    resource["default_filter_chain"] = message! { "name": "default", "filters": rest };
    object(workload, Message::Listener, "inbound", resource)
}

/// Calls of a workload. `automatic`: the ports whose protocol must be looked at.
pub(crate) fn outbound(workload: &str, port: u16, chains: Vec<Value>, automatic: &BTreeSet<u16>) -> RenderedObject {
    let filters = std::iter::once(original_dst()).chain(http_inspector(automatic)).collect();
    let mut resource = resource("outbound", port, "OUTBOUND", filters, chains);
    if !automatic.is_empty() {
        patient(&mut resource);
    }
    let passthrough = tcp_proxy::outbound(json!({ "cluster": "passthrough" }));
    resource["default_filter_chain"] = message! { "name": "default", "filters": vec![passthrough] };
    object(workload, Message::Listener, "outbound", resource)
}

/// Calls of a workload that nothing captures: its own host alone reaches it.
pub(crate) fn explicit(workload: &str, port: u16, filter: Value) -> RenderedObject {
    let name = format!("explicit/{port}");
    let chain = message! { "name": name.as_str(), "filters": vec![filter] };
    let resource = json!({
        "name": name,
        "address": { "socket_address": { "address": "127.0.0.1", "port_value": port } },
        "traffic_direction": "OUTBOUND",
        "filter_chains": [chain],
    });
    object(workload, Message::Listener, &name, resource)
}

/// Where servers speak first, the caller says nothing that could be inspected: the connection goes on then.
fn patient(resource: &mut Value) {
    resource["listener_filters_timeout"] = "5s".into();
    resource["continue_on_listener_filters_timeout"] = true.into();
}

fn resource(name: &str, port: u16, direction: &str, filters: Vec<Value>, chains: Vec<Value>) -> Value {
    let mut resource = json!({
        "name": name,
        "address": { "socket_address": { "address": "0.0.0.0", "port_value": port } },
        "traffic_direction": direction,
    });
    resource["listener_filters"] = filters.into();
    if !chains.is_empty() {
        resource["filter_chains"] = chains.into();
    }
    resource
}

/// Tells the address that was called before the connection was redirected here.
fn original_dst() -> Value {
    extension("envoy.filters.listener.original_dst", "envoy.extensions.filters.listener.original_dst.v3.OriginalDst", json!({}))
}

/// Waits for the first bytes, so it is switched off on every port that does not need it.
fn http_inspector(automatic: &BTreeSet<u16>) -> Option<Value> {
    let range = |port: &u16| json!({ "destination_port_range": { "start": port, "end": u32::from(*port) + 1 } });
    let mut rules: Vec<Value> = automatic.iter().map(range).collect();
    // Envoy wants at least two rules in a list of them.
    let any = if rules.len() > 1 { json!({ "or_match": { "rules": rules } }) } else { rules.pop()? };
    let message = "envoy.extensions.filters.listener.http_inspector.v3.HttpInspector";
    let mut filter = extension("envoy.filters.listener.http_inspector", message, json!({}));
    filter["filter_disabled"] = json!({ "not_match": any });
    Some(filter)
}
