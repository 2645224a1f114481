//! Options of the Consul backend.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::rules::rule;
use crate::shared::{DnsLabel, ObjectName};

/// Options of Consul. `namespaces` needs `enterprise: true` (MG0006).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("x-kubernetes-validations" = [rule(
    "!has(self.namespaces) || (has(self.enterprise) && self.enterprise)",
    "MG0006: consul.namespaces needs consul.enterprise: true",
)]))]
pub struct ConsulOptions {
    /// URL (http or https) of a Consul server that config entries are written to. Absent: Consul's custom
    /// resources in Kubernetes.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = r"^https?://[^\s/?#]+(/[^\s?#]*)?$"))]
    pub address: Option<String>,
    /// Datacenter, for `address` and failover. Absent: the server's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub datacenter: Option<DnsLabel>,
    /// Consul Enterprise is installed, so that what only it can say is exact. Absent: false.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enterprise: Option<bool>,
    /// How Kubernetes namespaces map to Consul's, in Enterprise only (MG1302). Absent: flat, all in one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespaces: Option<ConsulNamespaces>,
    /// ACLs are on, so that the platform makes sure that a ServiceAccount has the name of its service. Absent:
    /// false.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub acls: Option<bool>,
    /// The server's setting, which no custom resource can read (MG1311). Absent: unknown, taken for `allow`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_intention_policy: Option<IntentionPolicy>,
    /// Names of cluster peers; every closed entry denies each of them. Absent: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-kubernetes-list-type" = "set"))]
    pub peers: Option<Vec<ObjectName>>,
    /// Consul's name of the gateway for calls to hosts outside. Absent: `egress`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub egress_gateway: Option<ObjectName>,
    /// Consul's name of the gateway for calls from outside. Absent: the name of the Gateway.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ingress_gateway: Option<ObjectName>,
    /// What the destinations of a split are in Consul. Absent: `services`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub split_mode: Option<SplitMode>,
}

/// How Kubernetes namespaces map to Consul's.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConsulNamespaces {
    /// Each Kubernetes namespace has its Consul namespace. Absent: false.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mirroring: Option<bool>,
    /// Put before the names of mirrored namespaces. Absent: nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prefix: Option<String>,
}

/// What Consul does where no intention matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum IntentionPolicy {
    /// Calls pass.
    Allow,
    /// Calls are refused.
    Deny,
}

/// What the destinations of a split are in Consul.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum SplitMode {
    /// One Consul service each.
    Services,
    /// Subsets of one Consul service, by `Service.Meta.version`.
    Subsets,
}
