//! TrafficSplit: shares of the requests to a Service for other Services (SMI `split.smi-spec.io`).

use std::sync::LazyLock;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::kind::{Column, Kind, Scope};
use crate::shared::IntOrString;
use crate::structural::{Body, schema};
use crate::{Metadata, Status};

pub(crate) const fn traffic_split() -> Kind {
    Kind {
        group: "split.smi-spec.io",
        versions: &["v1alpha1", "v1alpha2", "v1alpha3", "v1alpha4"],
        kind: "TrafficSplit",
        plural: "trafficsplits",
        singular: "trafficsplit",
        short_names: &["ts"],
        scope: Scope::Namespaced,
        own_columns: &[Column { name: "SERVICE", type_: "string", path: ".spec.service", wide: false }],
        schema: LazyLock::new(|| schema::<TrafficSplit>(Body::smi())),
    }
}

/// Sends shares of the requests to one Service to other Services. It applies on the caller's side, to callers
/// within the mesh.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TrafficSplit {
    /// `split.smi-spec.io/` and a version, v1alpha1 to v1alpha4; all are read alike.
    pub api_version: String,
    /// `TrafficSplit`.
    pub kind: String,
    /// Standard object metadata.
    pub metadata: Metadata,
    /// The Service that callers name and the Services that answer.
    pub spec: TrafficSplitSpec,
    /// What became of the object, written by the controller.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<Status>,
}

/// The Service that callers name and the Services that answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TrafficSplitSpec {
    /// The Service that callers name (the root): its name in this namespace, `name.namespace`, or its full DNS name.
    pub service: String,
    /// Services of this namespace that get the requests, in proportion to their weights. All weights 0 is
    /// refused (MG0301); a Service named twice gets the sum of its weights.
    #[schemars(extend("x-kubernetes-list-type" = "atomic"))]
    pub backends: Vec<TrafficSplitBackend>,
    /// The split holds only for requests that one of these HTTPRouteGroups matches; others go to the root
    /// itself. Absent: all requests.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub matches: Option<Vec<TrafficSplitMatch>>,
}

/// One Service that gets a share.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TrafficSplitBackend {
    /// Name of a Service in this namespace. It need not exist yet while its weight is 0.
    pub service: String,
    /// Relative share: a whole number from 0 to 4294967295, or a Kubernetes quantity such as `500m` or `1k`
    /// (MG0302). It means something only beside the other weights of the split.
    pub weight: IntOrString,
}

/// A group of HTTP matches.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TrafficSplitMatch {
    /// Group of the kind: `specs.smi-spec.io` (MG0103). Absent: the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub api_group: Option<String>,
    /// `HTTPRouteGroup`; other kinds are refused (MG0103).
    pub kind: String,
    /// Name of the group in this namespace (MG0101).
    pub name: String,
}
