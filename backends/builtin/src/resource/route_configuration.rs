//! `envoy.config.route.v3.RouteConfiguration`: the ordered routes of one HTTP port.
//!
//! Source: <https://www.envoyproxy.io/docs/envoy/v1.40.0/api-v3/config/route/v3/route.proto>

use meshglot_translator::render::RenderedObject;
use serde_json::{Value, json};

use super::{Message, SHARED, object};
use crate::constant::ambiguous;
use crate::message::message;

/// What callers of a Service port read. `routes` end with one that takes every request.
pub(crate) fn outbound(name: &str, routes: Vec<Value>) -> RenderedObject {
    let routes = std::iter::once(ambiguous::outbound()).chain(routes).collect();
    object(SHARED, Message::RouteConfiguration, name, resource(name, routes))
}

/// What callers read who name the Service: a host of [`host`] for each. Another Host is answered 404. `of`: the workload that alone
/// reads it, or [`SHARED`].
pub(crate) fn explicit(of: &str, name: &str, hosts: Vec<Value>) -> RenderedObject {
    object(of, Message::RouteConfiguration, name, with_hosts(name, hosts))
}

/// The routes of one Service, which end with one that takes every request, by its names.
pub(crate) fn host(name: &str, domains: Vec<String>, routes: Vec<Value>) -> Value {
    let routes: Vec<Value> = std::iter::once(ambiguous::outbound()).chain(routes).collect();
    message! { "name": name, "domains": domains, "routes": routes }
}

/// Where a route of [`outbound`] stands in the object: after `ambiguous-path`.
pub(crate) fn route_path(index: usize) -> String {
    format!(".resource.virtual_hosts[0].routes[{}]", index + 1)
}

/// What the proxy of a workload reads for one of its ports. `overrides`: the access rules, by filter.
pub(crate) fn inbound(workload: &str, port: u16, overrides: Value) -> RenderedObject {
    let name = format!("inbound/{port}");
    let mut resource = resource(&name, vec![ambiguous::inbound(), to_cluster(&name)]);
    resource["virtual_hosts"][0]["typed_per_filter_config"] = overrides;
    object(workload, Message::RouteConfiguration, &name, resource)
}

/// Every request to one cluster.
pub(crate) fn to_cluster(cluster: &str) -> Value {
    route(json!({ "prefix": "/" }), json!({ "cluster": cluster }))
}

/// The timeout is always written: Envoy's own is 15 s.
pub(crate) fn route(matching: Value, mut to: Value) -> Value {
    to["timeout"] = "0s".into();
    message! { "match": matching, "route": to }
}

fn resource(name: &str, routes: Vec<Value>) -> Value {
    with_hosts(name, vec![message! { "name": name, "domains": vec!["*"], "routes": routes }])
}

/// A cluster that is named but not there yet must not cost the other routes: its share answers 503.
fn with_hosts(name: &str, hosts: Vec<Value>) -> Value {
    message! { "name": name, "virtual_hosts": hosts, "validate_clusters": false }
}
