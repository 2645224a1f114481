//! Options of the builtin mesh.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::rules::{duration_range, rule};
use crate::shared::{Duration, Port};

/// Options of the builtin mesh.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct BuiltinOptions {
    /// Lives of the certificates that the mesh signs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certificates: Option<Certificates>,
    /// Ports of the proxy beside a workload, all different (MG0006).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ports: Option<ProxyPorts>,
    /// Listen on 127.0.0.1 as well, routed by Host, for places where nothing captures traffic. Absent: false.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub explicit: Option<bool>,
}

/// Lives of certificates.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Certificates {
    /// Life of a workload's certificate, 5m to 168h (MG0303); renewed at two thirds. Absent: `24h`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-kubernetes-validations" = [duration_range("5m", "168h")]))]
    pub lifetime: Option<Duration>,
    /// Life of the mesh's own root, 24h to 87600h (MG0303); roots overlap by a tenth. Absent: `8760h`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-kubernetes-validations" = [duration_range("24h", "87600h")]))]
    pub root_lifetime: Option<Duration>,
}

/// Every port or its default is there exactly once.
const ALL_DIFFERENT: &str = "[has(self.inbound) ? self.inbound : 15006, has(self.outbound) ? self.outbound : 15001, has(self.metrics) ? self.metrics : 15090, has(self.health) ? self.health : 15021].all(p, [has(self.inbound) ? self.inbound : 15006, has(self.outbound) ? self.outbound : 15001, has(self.metrics) ? self.metrics : 15090, has(self.health) ? self.health : 15021].exists_one(q, q == p))";

/// Ports of the proxy.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("x-kubernetes-validations" = [
    rule(ALL_DIFFERENT, "MG0006: builtin.ports are all different"),
]))]
pub struct ProxyPorts {
    /// Where calls to the workload arrive. Absent: 15006.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inbound: Option<Port>,
    /// Where calls of the workload arrive. Absent: 15001.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outbound: Option<Port>,
    /// Where Prometheus reads. Absent: 15090.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metrics: Option<Port>,
    /// Where the health of the proxy is asked. Absent: 15021.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub health: Option<Port>,
}
