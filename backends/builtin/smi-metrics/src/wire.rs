//! The objects of the API as they are sent (`apis/traffic-metrics/v1alpha1` of the specification).

use std::collections::BTreeMap;

use serde::Serialize;

use crate::resource::Resource;

/// Group and version.
pub(crate) const API_VERSION: &str = "metrics.smi-spec.io/v1alpha1";

/// The group.
pub(crate) const GROUP: &str = "metrics.smi-spec.io";

/// Metrics of one object, or of what it has to do with another.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TrafficMetrics {
    /// `TrafficMetrics`.
    pub kind: &'static str,
    /// `metrics.smi-spec.io/v1alpha1`.
    pub api_version: &'static str,
    /// The name of the object; its time is that of the metrics.
    pub metadata: Metadata,
    /// What the metrics are about.
    pub resource: ObjectReference,
    /// Which of its calls are counted, and where.
    pub edge: EdgeReference,
    /// Of a TrafficSplit: which of its backends.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backend: Option<Backend>,
    /// The end of the window (RFC 3339, whole seconds).
    pub timestamp: String,
    /// How long was counted, as a duration of Go such as `30s`.
    pub window: String,
    /// Latencies first, where they are known.
    pub metrics: Vec<Metric>,
}

/// `ObjectMeta`, as much of it as metrics have.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Metadata {
    /// Of the object.
    pub name: String,
    /// Of the object; empty: it has none.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub namespace: String,
    /// The path that gives it.
    pub self_link: String,
    /// The time of the metrics.
    pub creation_timestamp: String,
    /// Those of the object.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
}

/// `ObjectReference` of Kubernetes, as much of it as names an object; empty texts: any.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ObjectReference {
    /// Such as `Pod`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub kind: String,
    /// Its namespace.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub namespace: String,
    /// Its name.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// Group and version, such as `apps/v1`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub api_version: String,
}

impl ObjectReference {
    /// An object of a resource; an empty name: all of them.
    pub(crate) fn of(resource: Resource, namespace: &str, name: &str) -> Self {
        Self {
            kind: resource.kind().to_owned(),
            namespace: namespace.to_owned(),
            name: name.to_owned(),
            api_version: resource.api_version().to_owned(),
        }
    }
}

/// Which calls are counted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct EdgeReference {
    /// `to` the other end, or `from` it.
    pub direction: &'static str,
    /// Whose proxies have counted: of the `client`, or of the `server`.
    pub side: &'static str,
    /// The other end; empty: whoever it is.
    pub resource: ObjectReference,
}

impl EdgeReference {
    /// What comes, as the called sees it.
    pub(crate) fn received(resource: ObjectReference) -> Self {
        Self { direction: "from", side: "server", resource }
    }

    /// What comes, as callers see it.
    pub(crate) fn asked(resource: ObjectReference) -> Self {
        Self { direction: "from", side: "client", resource }
    }

    /// What goes out, as the caller sees it.
    pub(crate) fn sent(resource: ObjectReference) -> Self {
        Self { direction: "to", side: "client", resource }
    }
}

/// One backend of a TrafficSplit (M2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Backend {
    /// The Service that callers name.
    pub apex: String,
    /// The Service that answers.
    pub name: String,
    /// Its share, relative to those beside it.
    pub weight: u64,
}

/// One number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Metric {
    /// Such as `success_count`.
    pub name: &'static str,
    /// `seconds` of latencies.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<&'static str>,
    /// A Quantity of Kubernetes.
    pub value: String,
}

/// Several of them.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TrafficMetricsList {
    /// `TrafficMetricsList`.
    pub kind: &'static str,
    /// `metrics.smi-spec.io/v1alpha1`.
    pub api_version: &'static str,
    /// Where it was asked for.
    pub metadata: ListMetadata,
    /// What all of them are about: a kind and a namespace; of edges and of a TrafficSplit the object.
    pub resource: ObjectReference,
    /// `LabelSelector` of those that are shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub selector: Option<serde_json::Value>,
    /// By namespace and name.
    pub items: Vec<TrafficMetrics>,
}

/// `ListMeta`, as much of it as a list has that is never continued.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ListMetadata {
    /// The path that gives it.
    pub self_link: String,
}
