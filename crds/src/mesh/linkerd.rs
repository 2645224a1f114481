//! Options of the Linkerd backend.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::shared::{Cidr, DnsLabel, Port};

/// Options of Linkerd.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LinkerdOptions {
    /// Namespace of the control plane, which is part of every identity. Absent: `linkerd`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub control_plane_namespace: Option<DnsLabel>,
    /// Networks that the policies `cluster-*` and egress count as inside. Absent: the private ranges, as in
    /// Linkerd's chart.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-kubernetes-list-type" = "set"))]
    pub cluster_networks: Option<Vec<Cidr>>,
    /// Networks that may probe workloads. Absent: `0.0.0.0/0` and `::/0`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-kubernetes-list-type" = "set"))]
    pub probe_networks: Option<Vec<Cidr>>,
    /// The default policy that the installation is set to, written again wherever a rendered Server would
    /// replace it. Absent: `all-unauthenticated`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_inbound_policy: Option<InboundPolicy>,
    /// Ports that the installation treats as opaque TCP. Absent: 25, 587, 3306, 4444, 5432, 6379, 9300, 11211.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-kubernetes-list-type" = "set"))]
    pub opaque_ports: Option<Vec<Port>>,
    /// Render one more route that denies paths with `..`, `//`, `%2f` or `%5c` (MG1210). Absent: false.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reject_ambiguous_paths: Option<bool>,
}

/// Linkerd's default inbound policies, in its own words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum InboundPolicy {
    /// Everything is denied.
    Deny,
    /// Everything passes, and what no policy allows is logged.
    Audit,
    /// Meshed callers of this cluster's networks.
    ClusterAuthenticated,
    /// All callers of this cluster's networks.
    ClusterUnauthenticated,
    /// Meshed callers from anywhere.
    AllAuthenticated,
    /// Everybody.
    AllUnauthenticated,
}
