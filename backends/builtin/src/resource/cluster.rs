//! `envoy.config.cluster.v3.Cluster`: how a destination is reached.
//!
//! Source: <https://www.envoyproxy.io/docs/envoy/v1.40.0/api-v3/config/cluster/v3/cluster.proto>

use meshglot_translator::render::RenderedObject;
use serde_json::{Value, json};

use super::{Message, SHARED, object};
use crate::carries::Side;
use crate::constant::{ads, tls, typed};
use crate::message::message;

/// Who answers at a destination.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Peers<'a> {
    /// Their SPIFFE IDs, sorted.
    pub(crate) sans: &'a [String],
    /// The trust domain of the Service.
    pub(crate) trust_domain: &'a str,
}

/// A Service port whose addresses come with an assignment.
pub(crate) fn balanced(name: &str, side: Side, peers: Peers<'_>) -> RenderedObject {
    let mut resource = base(name, "EDS", "LEAST_REQUEST");
    resource["eds_cluster_config"] = message! { "eds_config": ads() };
    resource["transport_socket_matches"] = vec![
        message! { "name": "mtls", "match": json!({ "mtls": true }), "transport_socket": mutual(side, peers) },
        message! { "name": "plain", "match": json!({}), "transport_socket": tls::plain() },
    ]
    .into();
    if side == Side::Http {
        resource["typed_extension_protocol_options"] = same_protocol();
    }
    object(SHARED, Message::Cluster, name, resource)
}

/// A port of a headless Service: each pod at the address that was called. `peers`: `None` if no pod has a proxy.
pub(crate) fn direct(name: &str, side: Side, peers: Option<Peers<'_>>) -> RenderedObject {
    let mut resource = base(name, "ORIGINAL_DST", "CLUSTER_PROVIDED");
    if let Some(peers) = peers {
        resource["transport_socket"] = mutual(side, peers);
    }
    if side == Side::Http {
        resource["typed_extension_protocol_options"] = same_protocol();
    }
    object(SHARED, Message::Cluster, name, resource)
}

/// Where calls that must not go anywhere end: it has no address.
pub(crate) fn closed() -> RenderedObject {
    object(SHARED, Message::Cluster, "closed", base("closed", "STATIC", "LEAST_REQUEST"))
}

/// Where calls go that are none of the mesh's business: to the address that was called, in plain.
pub(crate) fn passthrough() -> RenderedObject {
    object(SHARED, Message::Cluster, "passthrough", base("passthrough", "ORIGINAL_DST", "CLUSTER_PROVIDED"))
}

/// The application itself. `http`: requests to it may be read.
pub(crate) fn application(workload: &str, port: u16, http: bool) -> RenderedObject {
    let name = format!("inbound/{port}");
    let mut resource = base(&name, "STATIC", "LEAST_REQUEST");
    let address = json!({ "socket_address": { "address": "127.0.0.1", "port_value": port } });
    resource["load_assignment"] = json!({
        "cluster_name": &name,
        "endpoints": [{ "lb_endpoints": [{ "endpoint": { "address": address } }] }],
    });
    if http {
        resource["typed_extension_protocol_options"] = same_protocol();
    }
    object(workload, Message::Cluster, &name, resource)
}

fn base(name: &str, kind: &str, lb_policy: &str) -> Value {
    // Envoy's own limits are 1024, and 3 for retries at once.
    const UNLIMITED: u32 = u32::MAX;
    json!({
        "name": name,
        "type": kind,
        "connect_timeout": "5s",
        "lb_policy": lb_policy,
        // Never traffic to addresses that are known to be out.
        "common_lb_config": { "healthy_panic_threshold": { "value": 0 } },
        "circuit_breakers": { "thresholds": [{
            "max_connections": UNLIMITED,
            "max_pending_requests": UNLIMITED,
            "max_requests": UNLIMITED,
            "max_retries": UNLIMITED,
        }] },
    })
}

fn mutual(side: Side, peers: Peers<'_>) -> Value {
    let alpn = match side {
        Side::Http => tls::ALPN_HTTP,
        Side::Tcp => tls::ALPN_TCP,
    };
    tls::upstream(alpn, peers.sans, peers.trust_domain)
}

/// HTTP/1.1 or HTTP/2, whichever the caller speaks.
fn same_protocol() -> Value {
    let message = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";
    let options = json!({ "use_downstream_protocol_config": { "http_protocol_options": {}, "http2_protocol_options": {} } });
    Value::Object([(message.to_owned(), typed(message, options))].into_iter().collect())
}
