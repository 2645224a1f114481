//! `gateway.networking.k8s.io/v1alpha2` TCPRoute, the version that Linkerd's policy controller watches.
//!
//! Source: <https://gateway-api.sigs.k8s.io/reference/spec/#tcproute>

use serde::Serialize;

use super::reference::{BackendRef, ServiceRef};

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TcpRouteSpec {
    pub(crate) parent_refs: [ServiceRef; 1],
    /// Linkerd's webhook refuses more than one.
    pub(crate) rules: [TcpRouteRule; 1],
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TcpRouteRule {
    pub(crate) backend_refs: Vec<BackendRef>,
}
