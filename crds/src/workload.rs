//! Workload: a process outside Kubernetes, which Services and rules find as they find a Pod.

use std::sync::LazyLock;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::kind::{Column, Kind, Scope};
use crate::rules::rule;
use crate::shared::{ObjectName, Port};
use crate::structural::{Body, schema};
use crate::{GROUP, Metadata, Status};

pub(crate) const fn kind() -> Kind {
    Kind {
        group: GROUP,
        versions: &["v1alpha1"],
        kind: "Workload",
        plural: "workloads",
        singular: "workload",
        short_names: &["mgw"],
        scope: Scope::Namespaced,
        own_columns: &[Column { name: "ADDRESS", type_: "string", path: ".spec.address", wide: false }],
        schema: LazyLock::new(|| schema::<Workload>(Body::ours())),
    }
}

/// A process outside Kubernetes, one object per instance. Services and selectors read the labels of its metadata as they
/// read those of a Pod.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Workload {
    /// `meshglot.dev/v1alpha1`.
    pub api_version: String,
    /// `Workload`.
    pub kind: String,
    /// Standard object metadata.
    pub metadata: Metadata,
    /// Who it is, and where it answers.
    pub spec: WorkloadSpec,
    /// What became of the object, written by the controller.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<Status>,
}

/// Who a workload is, and where it answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("x-kubernetes-validations" = [
    rule("!has(self.zone) || has(self.region)", "MG0006: zone needs region"),
    rule(ADDRESS, "MG0010: address is an IP address or a host name"),
]))]
pub struct WorkloadSpec {
    /// Its identity, in the namespace of the object (MG0101). Absent: `default`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_account_name: Option<ObjectName>,
    /// Where it answers: an IP address or a host name (MG0010).
    pub address: String,
    /// The ports that it answers on; the `targetPort` of a Service names or numbers one of them (MG0106).
    #[schemars(extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["name"], "maxItems" = 32))]
    pub ports: Vec<WorkloadPort>,
    /// The region where it runs. Absent: unknown.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("maxLength" = 63))]
    pub region: Option<String>,
    /// The zone of the region where it runs (MG0006). Absent: unknown.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("maxLength" = 63))]
    pub zone: Option<String>,
}

/// A port that a workload answers on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct WorkloadPort {
    /// Its name among the ports of the workload.
    #[schemars(extend("maxLength" = 63))]
    pub name: String,
    /// Its number.
    pub port: Port,
}

/// Digits and colons, or labels of lower case.
const ADDRESS: &str = "self.address.matches('^[0-9A-Fa-f:.]+$') || self.address.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*$')";
