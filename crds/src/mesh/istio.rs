//! Options of the Istio backend.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::shared::DnsLabel;

/// Options of Istio.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct IstioOptions {
    /// Istio's root namespace, where its mesh-wide objects live. Absent: `istio-system`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub root_namespace: Option<DnsLabel>,
    /// Revision of the control plane, written as the label `istio.io/rev` on rendered objects. Absent: no label.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revision: Option<DnsLabel>,
    /// How Istio handles the traffic of workloads. Absent: `sidecar`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data_plane: Option<DataPlane>,
    /// Labels of the pods that a Gateway is served by. Absent: `istio: ingressgateway`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gateway_selector: Option<BTreeMap<String, String>>,
    /// Use the pseudo header `request.headers[:path]` where it makes a path regex exact; false keeps to path
    /// templates. Absent: true.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pseudo_headers: Option<bool>,
    /// Name sources by service account whatever their trust domain, which admits more than written where trust
    /// domains are federated. Absent: false.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub any_trust_domain: Option<bool>,
    /// The path normalization that MeshConfig is set to; it cannot be read, and decides what a path rule sees
    /// (MG1110). Absent: `base`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub normalization: Option<Normalization>,
    /// Name of the access log provider in MeshConfig. Absent: `envoy`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1))]
    pub access_log_provider: Option<String>,
    /// Name of the tracing provider in MeshConfig. Absent: none, and tracing is refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1))]
    pub tracing_provider: Option<String>,
}

/// How Istio handles the traffic of workloads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum DataPlane {
    /// A proxy in each pod.
    Sidecar,
    /// ztunnel on each node, waypoints where HTTP matters.
    Ambient,
}

/// MeshConfig's path normalization.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Normalization {
    /// Paths are taken as they come.
    None,
    /// Dot segments are resolved, and `\` becomes `/`.
    Base,
    /// As `base`, and `//` becomes `/`.
    MergeSlashes,
    /// As `mergeSlashes`, after `%2f` and `%5c` are decoded.
    DecodeAndMergeSlashes,
}
