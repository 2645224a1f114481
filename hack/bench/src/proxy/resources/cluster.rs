//! Clusters and their addresses.

use meshglot_translator::render::RenderedObject;
use serde_json::{Value, json};

use super::{SHARED, address, ads, extension, object, spiffe, tls, typed};

/// Those that every mesh has.
pub(crate) fn constants() -> Vec<RenderedObject> {
    let of = |name, kind, balancing| object(SHARED, KIND, name, base(name, kind, balancing));
    vec![of("closed", "STATIC", "LEAST_REQUEST"), of("passthrough", "ORIGINAL_DST", "CLUSTER_PROVIDED")]
}

const KIND: (&str, &str) = ("cluster", "Cluster");

/// A Service port. `peer`: the workload behind it, where that has a proxy.
pub(crate) fn assigned(name: &str, peer: Option<&str>, http: bool) -> RenderedObject {
    let mut resource = base(name, "EDS", "LEAST_REQUEST");
    resource["eds_cluster_config"] = json!({ "eds_config": ads() });
    let san = peer.map_or_else(|| "spiffe://cluster.local/none".to_owned(), spiffe);
    let validation = json!({ "match_typed_subject_alt_names": [{ "san_type": "URI", "matcher": { "exact": san } }] });
    let context = json!({ "common_tls_context": tls(&[if http { "meshglot" } else { "meshglot-tcp" }], validation) });
    let mutual = extension("envoy.transport_sockets.tls", "envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext", context);
    let raw = "envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer";
    let plain = extension("envoy.transport_sockets.raw_buffer", raw, json!({}));
    resource["transport_socket_matches"] = json!([
        { "name": "mtls", "match": { "mtls": true }, "transport_socket": mutual },
        { "name": "plain", "match": {}, "transport_socket": plain },
    ]);
    if http {
        resource["typed_extension_protocol_options"] = same_protocol();
    }
    object(SHARED, KIND, name, resource)
}

/// The one address of a Service port on this machine.
pub(crate) fn assigned_to(cluster: &str, port: u16, meshed: bool) -> RenderedObject {
    let mut endpoint = json!({ "endpoint": { "address": address(port) } });
    if meshed {
        endpoint["metadata"] = json!({ "filter_metadata": { "envoy.transport_socket_match": { "mtls": true } } });
    }
    let resource = json!({ "cluster_name": cluster, "endpoints": [{ "lb_endpoints": [endpoint] }] });
    object(SHARED, ("endpoint", "ClusterLoadAssignment"), cluster, resource)
}

/// The application behind a proxy, known there as `inbound/PORT`.
pub(crate) fn application(workload: &str, port: u16, server: u16) -> RenderedObject {
    let name = format!("inbound/{port}");
    let mut resource = base(&name, "STATIC", "LEAST_REQUEST");
    let endpoints = json!([{ "lb_endpoints": [{ "endpoint": { "address": address(server) } }] }]);
    resource["load_assignment"] = json!({ "cluster_name": name, "endpoints": endpoints });
    resource["typed_extension_protocol_options"] = same_protocol();
    object(workload, KIND, &name, resource)
}

fn base(name: &str, kind: &str, balancing: &str) -> Value {
    json!({
        "name": name,
        "type": kind,
        "connect_timeout": "5s",
        "lb_policy": balancing,
        "common_lb_config": { "healthy_panic_threshold": { "value": 0 } },
        "circuit_breakers": { "thresholds": [{
            "max_connections": u32::MAX,
            "max_pending_requests": u32::MAX,
            "max_requests": u32::MAX,
            "max_retries": u32::MAX,
        }] },
    })
}

fn same_protocol() -> Value {
    let message = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";
    let options = json!({ "use_downstream_protocol_config": { "http_protocol_options": {}, "http2_protocol_options": {} } });
    json!({ message: typed(message, options) })
}
