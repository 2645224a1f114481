//! `envoy.config.listener.v3.Listener`: the two doors of a workload, and the chains behind them.
//!
//! Source: <https://www.envoyproxy.io/docs/envoy/v1.40.0/api-v3/config/listener/v3/listener.proto>

use std::collections::BTreeSet;
use std::net::Ipv4Addr;
use std::sync::Arc;

use meshglot_translator::render::RenderedObject;
use serde_json::{Value, json};

use super::{Message, group, member, object};
use crate::constant::{extension, tcp_proxy};
use crate::message::message;

/// What plain HTTP looks like to the inspector of connections.
pub(crate) const HTTP_WORDS: [&str; 3] = ["h2c", "http/1.0", "http/1.1"];

/// Where calls to a workload come in.
pub(crate) enum Entrance {
    /// At the proxy's port, redirected from wherever they were made to. Its own calls are captured too, in the way of its Mesh.
    Captured(u16, Arc<str>),
    /// At the workload's own address, on these ports.
    Own(Ipv4Addr, Vec<u16>),
}

/// Calls to a workload. `automatic`: the ports whose protocol must be looked at. `rest`: the filters of calls to
/// ports that nobody declares.
pub(crate) fn inbound(
    workload: &str,
    entrance: &Entrance,
    chains: Vec<Value>,
    automatic: &BTreeSet<u16>,
    rest: Vec<Value>,
) -> RenderedObject {
    let tls_inspector = "envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector";
    let tls_inspector = extension("envoy.filters.listener.tls_inspector", tls_inspector, json!({}));
    let (addresses, original_dst) = match entrance {
        Entrance::Captured(port, _) => (vec![address(Ipv4Addr::UNSPECIFIED, *port)], Some(original_dst())),
        Entrance::Own(own, ports) => (ports.iter().map(|port| address(*own, *port)).collect(), None),
    };
    let filters = original_dst.into_iter().chain([tls_inspector]).chain(http_inspector(automatic)).collect();
    let mut resource = resource("inbound", addresses, "INBOUND", filters, chains);
    patient(&mut resource);
    resource["default_filter_chain"] = message! { "name": "default", "filters": rest };
    match entrance {
        Entrance::Captured(_, mesh) => member(workload, &group(mesh), Message::Listener, "inbound", resource),
        Entrance::Own(..) => object(workload, Message::Listener, "inbound", resource),
    }
}

/// Calls of the workloads of a Mesh. `automatic`: the ports whose protocol must be looked at.
pub(crate) fn outbound(mesh: &str, port: u16, chains: Vec<Value>, automatic: &BTreeSet<u16>) -> RenderedObject {
    let filters = std::iter::once(original_dst()).chain(http_inspector(automatic)).collect();
    let mut resource = resource("outbound", vec![address(Ipv4Addr::UNSPECIFIED, port)], "OUTBOUND", filters, chains);
    if !automatic.is_empty() {
        patient(&mut resource);
    }
    let passthrough = tcp_proxy::outbound(json!({ "cluster": "passthrough" }));
    resource["default_filter_chain"] = message! { "name": "default", "filters": vec![passthrough] };
    object(&group(mesh), Message::Listener, "outbound", resource)
}

/// Calls of a workload that nothing captures: its own host alone reaches it. `own`: its loopback address.
pub(crate) fn explicit(workload: &str, own: Ipv4Addr, port: u16, filter: Value) -> RenderedObject {
    let name = format!("explicit/{port}");
    let chain = message! { "name": name.as_str(), "filters": vec![filter] };
    let resource = json!({
        "name": name,
        "address": address(own, port),
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

fn address(address: Ipv4Addr, port: u16) -> Value {
    json!({ "socket_address": { "address": address.to_string(), "port_value": port } })
}

/// `addresses`: at least one.
fn resource(name: &str, addresses: Vec<Value>, direction: &str, filters: Vec<Value>, chains: Vec<Value>) -> Value {
    let mut addresses = addresses.into_iter();
    let mut resource = json!({
        "name": name,
        "address": addresses.next(),
        "traffic_direction": direction,
    });
    let more: Vec<Value> = addresses.map(|address| json!({ "address": address })).collect();
    if !more.is_empty() {
        resource["additional_addresses"] = more.into();
    }
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
