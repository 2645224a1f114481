//! `consul.hashicorp.com/v1alpha1` ServiceSplitter.
//!
//! Source: <https://developer.hashicorp.com/consul/docs/reference/config-entry/service-splitter>

use serde::Serialize;

use crate::weight::Weight;

#[derive(Debug, Serialize)]
pub(crate) struct ServiceSplitterSpec {
    pub(crate) splits: Vec<ServiceSplit>,
}

#[derive(Debug, Serialize)]
pub(crate) struct ServiceSplit {
    pub(crate) weight: Weight,
    pub(crate) service: String,
    /// Of Consul Enterprise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) namespace: Option<String>,
}
