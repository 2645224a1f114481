//! `gateway.networking.k8s.io/v1` HTTPRoute.
//!
//! Source: <https://gateway-api.sigs.k8s.io/reference/spec/#httproute>,
//! <https://linkerd.io/2/reference/httproute/>

use serde::Serialize;

use super::reference::{BackendRef, ServiceRef};

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct HttpRouteSpec {
    pub(crate) parent_refs: [ServiceRef; 1],
    pub(crate) rules: Vec<HttpRouteRule>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct HttpRouteRule {
    /// Empty: the CRD fills in one match, the path prefix `/`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) matches: Vec<HttpRouteMatch>,
    pub(crate) backend_refs: Vec<BackendRef>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct HttpRouteMatch {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) path: Option<HttpPathMatch>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) headers: Vec<HttpHeaderMatch>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) method: Option<&'static str>,
}

/// `PathPrefix` is by segments; `RegularExpression` is that of the crate `regex`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "type", content = "value")]
pub(crate) enum HttpPathMatch {
    Exact(String),
    PathPrefix(String),
    RegularExpression(String),
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct HttpHeaderMatch {
    #[serde(rename = "type")]
    pub(crate) kind: &'static str,
    pub(crate) name: String,
    pub(crate) value: String,
}
