//! `consul.hashicorp.com/v1alpha1` ServiceResolver.
//!
//! Source: <https://developer.hashicorp.com/consul/docs/reference/config-entry/service-resolver>

use serde::Serialize;

#[derive(Debug, Serialize)]
pub(crate) struct ServiceResolverSpec {
    pub(crate) redirect: Redirect,
}

#[derive(Debug, Serialize)]
pub(crate) struct Redirect {
    pub(crate) service: String,
    /// Of Consul Enterprise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) namespace: Option<String>,
}
