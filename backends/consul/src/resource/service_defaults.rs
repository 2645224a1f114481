//! `consul.hashicorp.com/v1alpha1` ServiceDefaults.
//!
//! Source: <https://developer.hashicorp.com/consul/docs/reference/config-entry/service-defaults>

use serde::Serialize;

#[derive(Debug, Serialize)]
pub(crate) struct ServiceDefaultsSpec {
    /// `http`, `http2` or `grpc`; `tcp` is the default and is not written.
    pub(crate) protocol: String,
}
