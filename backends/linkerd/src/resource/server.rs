//! `policy.linkerd.io/v1beta3` Server, and the routes of the Gateway API whose parent it is.
//!
//! Source: <https://linkerd.io/2/reference/authorization-policy/#server>

use std::collections::BTreeMap;

use serde::Serialize;

use super::http_route::HttpRouteMatch;

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ServerSpec {
    pub(crate) pod_selector: PodSelector,
    /// Of the container.
    pub(crate) port: u16,
    /// `unknown` is detected by the first bytes.
    pub(crate) proxy_protocol: &'static str,
    /// One more allow, inherited by every route: anything but `deny` opens what rules close.
    pub(crate) access_policy: &'static str,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PodSelector {
    /// Not empty: an empty selector is every pod of the namespace.
    pub(crate) match_labels: BTreeMap<String, String>,
}

/// An HTTPRoute of a Server: it only tells requests apart.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ServerRouteSpec {
    pub(crate) parent_refs: [ServerRef; 1],
    pub(crate) rules: Vec<ServerRouteRule>,
}

#[derive(Debug, Serialize)]
pub(crate) struct ServerRouteRule {
    pub(crate) matches: Vec<HttpRouteMatch>,
}

/// A Server of the route's own namespace. With a port the route would be accepted, and not be there.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct ServerRef {
    group: &'static str,
    kind: &'static str,
    name: String,
}

impl ServerRef {
    pub(crate) fn new(name: &str) -> Self {
        Self { group: "policy.linkerd.io", kind: "Server", name: name.to_owned() }
    }
}
