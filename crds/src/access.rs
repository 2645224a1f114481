//! TrafficTarget and IdentityBinding: who may call what (SMI `access.smi-spec.io`).

use std::sync::LazyLock;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::kind::{Column, Kind, Scope};
use crate::rules::{at_least_one, rule};
use crate::shared::{IntOrString, Selector};
use crate::structural::{Body, schema};
use crate::{Metadata, Status};

pub(crate) const fn traffic_target() -> Kind {
    Kind {
        group: "access.smi-spec.io",
        versions: &["v1alpha1", "v1alpha2", "v1alpha3", "v1alpha4"],
        kind: "TrafficTarget",
        plural: "traffictargets",
        singular: "traffictarget",
        short_names: &["tt"],
        scope: Scope::Namespaced,
        own_columns: &[Column { name: "DESTINATION", type_: "string", path: ".spec.destination.name", wide: false }],
        schema: LazyLock::new(|| schema::<TrafficTarget>(Body::smi())),
    }
}

pub(crate) const fn identity_binding() -> Kind {
    Kind {
        group: "access.smi-spec.io",
        versions: &["v1alpha4"],
        kind: "IdentityBinding",
        plural: "identitybindings",
        singular: "identitybinding",
        short_names: &["ib"],
        scope: Scope::Namespaced,
        own_columns: &[],
        schema: LazyLock::new(|| schema::<IdentityBinding>(Body::smi())),
    }
}

/// Allows sources to call a destination as its rules say. It only ever allows: all targets of one destination
/// add up, and what none allows is denied there, unless `Mesh.spec.access.default` is `allow`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TrafficTarget {
    /// `access.smi-spec.io/` and a version, v1alpha1 to v1alpha4; all are read alike.
    pub api_version: String,
    /// `TrafficTarget`.
    pub kind: String,
    /// Standard object metadata.
    pub metadata: Metadata,
    /// Destination in the place of v1alpha1. Beside `spec` it must be equal to the one there (MG0013).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub destination: Option<TrafficTargetDestination>,
    /// Sources in the place of v1alpha1. Beside `spec` they must be equal to those there (MG0013).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sources: Option<Vec<TrafficTargetSource>>,
    /// Rules in the place and by the name of v1alpha1. Beside `spec` they must be equal to `spec.rules` (MG0013).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub specs: Option<Vec<TrafficTargetRule>>,
    /// Who may call what, in the place of v1alpha2 to v1alpha4.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub spec: Option<TrafficTargetSpec>,
    /// What became of the object, written by the controller.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<Status>,
}

/// Who may call what, in the place of v1alpha2 to v1alpha4.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TrafficTargetSpec {
    /// The workloads that are called. Absent: nothing is allowed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub destination: Option<TrafficTargetDestination>,
    /// Who may call; one of them is enough. Absent: nothing is allowed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sources: Option<Vec<TrafficTargetSource>>,
    /// What may be called: a request needs one of the HTTP matches, and one of the ports where rules name ports.
    /// Absent: nothing is allowed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rules: Option<Vec<TrafficTargetRule>>,
}

/// The workloads that are called, by their identity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TrafficTargetDestination {
    /// Group of the kind: `access.smi-spec.io` for an IdentityBinding (MG0103). Absent: that of the kind.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub api_group: Option<String>,
    /// `ServiceAccount` or `IdentityBinding`; with another nothing is allowed (MG0103).
    pub kind: String,
    /// Name of the ServiceAccount or IdentityBinding (MG0101).
    pub name: String,
    /// Its namespace; another than that of the object needs a ReferenceGrant there (MG0104). Absent: that of the
    /// object.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// Port that a request needs beside what the rules say, like a TCPRoute among them: a whole number from 1 to
    /// 65535, or a string of one (MG0303). Absent: the ports that the rules name, or all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub port: Option<IntOrString>,
}

/// Who may call, by identity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TrafficTargetSource {
    /// Group of the kind: `access.smi-spec.io` for an IdentityBinding (MG0103). Absent: that of the kind.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub api_group: Option<String>,
    /// `ServiceAccount` or `IdentityBinding`; another allows nobody (MG0103).
    pub kind: String,
    /// Name of the ServiceAccount or IdentityBinding (MG0101).
    pub name: String,
    /// Its namespace. Absent: that of the object.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
}

/// A route whose requests or connections may be made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TrafficTargetRule {
    /// `HTTPRouteGroup`, `TCPRoute` or `UDPRoute`; another allows nothing (MG0103).
    pub kind: String,
    /// Name of the route in the namespace of the object (MG0101).
    pub name: String,
    /// Names of matches of an HTTPRouteGroup, of which a request needs one (MG0102). Absent: all matches of the
    /// group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub matches: Option<Vec<String>>,
}

/// A name for identities, for use by the TrafficTargets of its namespace. It does nothing by itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct IdentityBinding {
    /// `access.smi-spec.io/v1alpha4`.
    pub api_version: String,
    /// `IdentityBinding`.
    pub kind: String,
    /// Standard object metadata.
    pub metadata: Metadata,
    /// The identities.
    pub spec: IdentityBindingSpec,
    /// What became of the object, written by the controller.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<Status>,
}

/// The identities.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct IdentityBindingSpec {
    /// Ways to name identities; what one of them names belongs to the binding.
    pub schemes: IdentityBindingSchemes,
}

/// Ways to name identities; what one of them names belongs to the binding.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("x-kubernetes-validations" = [
    at_least_one("schemes", &["podLabelSelector", "spiffeIdentities", "serviceAccount"]),
    rule(
        "!(has(self.serviceAccount) && has(self.podLabelSelector))",
        "MG0006: serviceAccount and podLabelSelector exclude each other",
    ),
]))]
pub struct IdentityBindingSchemes {
    /// The ServiceAccounts of these Pods of this namespace. All Pods of such an account must be among them
    /// (MG0110). Absent: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pod_label_selector: Option<Selector>,
    /// SPIFFE IDs, with or without `spiffe://`, without wildcards (MG0010). They name callers only: a destination
    /// is not found by them. Absent: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-kubernetes-list-type" = "set"))]
    pub spiffe_identities: Option<Vec<String>>,
    /// Name of a ServiceAccount of this namespace. Absent: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_account: Option<String>,
}
