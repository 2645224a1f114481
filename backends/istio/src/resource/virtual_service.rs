//! `networking.istio.io/v1` VirtualService.
//!
//! Source: <https://istio.io/latest/docs/reference/config/networking/virtual-service/>

use std::collections::BTreeMap;

use serde::Serialize;

#[derive(Debug, Default, Serialize)]
pub(crate) struct VirtualServiceSpec {
    pub(crate) hosts: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) http: Vec<HttpRoute>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) tcp: Vec<TcpRoute>,
}

#[derive(Debug, Serialize)]
pub(crate) struct HttpRoute {
    #[serde(rename = "match", skip_serializing_if = "Vec::is_empty")]
    pub(crate) matches: Vec<HttpMatchRequest>,
    pub(crate) route: Vec<RouteDestination>,
}

#[derive(Debug, Serialize)]
pub(crate) struct TcpRoute {
    #[serde(rename = "match", skip_serializing_if = "Vec::is_empty")]
    pub(crate) matches: Vec<L4Match>,
    pub(crate) route: Vec<RouteDestination>,
}

#[derive(Debug, Serialize)]
pub(crate) struct L4Match {
    pub(crate) port: u16,
}

#[derive(Debug, Default, Serialize)]
pub(crate) struct HttpMatchRequest {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) uri: Option<StringMatch>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) method: Option<StringMatch>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) headers: BTreeMap<String, StringMatch>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) port: Option<u16>,
}

/// Exactly one form; `regex` is RE2 over the whole value.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum StringMatch {
    Exact(String),
    Prefix(String),
    Regex(String),
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct RouteDestination {
    pub(crate) destination: Destination,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) weight: Option<u64>,
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct Destination {
    pub(crate) host: String,
    pub(crate) port: PortSelector,
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct PortSelector {
    pub(crate) number: u16,
}
