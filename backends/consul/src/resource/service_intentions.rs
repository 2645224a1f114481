//! `consul.hashicorp.com/v1alpha1` ServiceIntentions.
//!
//! Source: <https://developer.hashicorp.com/consul/docs/reference/config-entry/service-intentions>

use serde::Serialize;

use super::service_router::HttpRouteMatch;

#[derive(Debug, Serialize)]
pub(crate) struct ServiceIntentionsSpec {
    pub(crate) destination: IntentionDestination,
    /// The first of one precedence decides: exact names before `*`.
    pub(crate) sources: Vec<SourceIntention>,
}

#[derive(Debug, Serialize)]
pub(crate) struct IntentionDestination {
    pub(crate) name: String,
    /// Of Consul Enterprise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) namespace: Option<String>,
}

/// Either an action or permissions.
#[derive(Debug, Serialize)]
pub(crate) struct SourceIntention {
    pub(crate) name: String,
    /// Of Consul Enterprise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) namespace: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) peer: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) action: Option<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) permissions: Vec<IntentionPermission>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct IntentionPermission {
    pub(crate) action: &'static str,
    /// The same conditions as those of a route.
    pub(crate) http: HttpRouteMatch,
}
