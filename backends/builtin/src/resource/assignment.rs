//! `envoy.config.endpoint.v3.ClusterLoadAssignment`: the addresses behind a cluster of the same name.
//!
//! Source: <https://www.envoyproxy.io/docs/envoy/v1.40.0/api-v3/config/endpoint/v3/endpoint.proto>

use meshglot_translator::render::RenderedObject;
use serde_json::{Value, json};

use super::{Message, SHARED, object};
use crate::endpoint::Addresses;
use crate::message::message;

/// The assignment of a cluster; without addresses it answers 503.
pub(crate) fn assignment(cluster: &str, addresses: &Addresses) -> RenderedObject {
    let mut resource = json!({ "cluster_name": cluster });
    if !addresses.is_empty() {
        let endpoints: Vec<Value> = addresses.iter().map(|((ip, port), mtls)| endpoint(&ip.to_string(), *port, *mtls)).collect();
        resource["endpoints"] = vec![message! { "lb_endpoints": endpoints }].into();
    }
    object(SHARED, Message::ClusterLoadAssignment, cluster, resource)
}

/// One address; `mtls` chooses the transport socket of that name in the cluster.
fn endpoint(address: &str, port: u16, mtls: bool) -> Value {
    let mut endpoint = json!({ "endpoint": { "address": { "socket_address": { "address": address, "port_value": port } } } });
    if mtls {
        endpoint["metadata"] = json!({ "filter_metadata": { "envoy.transport_socket_match": { "mtls": true } } });
    }
    endpoint
}
