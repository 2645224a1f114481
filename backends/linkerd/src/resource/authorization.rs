//! `policy.linkerd.io/v1alpha1` AuthorizationPolicy and the authentications that it requires.
//!
//! Source: <https://linkerd.io/2/reference/authorization-policy/#authorizationpolicy>

use serde::Serialize;

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AuthorizationPolicySpec {
    pub(crate) target_ref: PolicyRef,
    /// Never empty: an empty list lets everybody in.
    pub(crate) required_authentication_refs: [PolicyRef; 1],
}

/// An object of the policy's own namespace.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct PolicyRef {
    pub(crate) group: &'static str,
    pub(crate) kind: &'static str,
    pub(crate) name: String,
}

/// Identities that are ORed: references or names, never both.
#[derive(Debug, Serialize)]
pub(crate) enum MeshTlsAuthenticationSpec {
    #[serde(rename = "identityRefs")]
    Refs(Vec<IdentityRef>),
    #[serde(rename = "identities")]
    Names(Vec<String>),
}

#[derive(Debug, Serialize)]
pub(crate) struct IdentityRef {
    pub(crate) kind: &'static str,
    pub(crate) name: String,
    pub(crate) namespace: String,
}

#[derive(Debug, Serialize)]
pub(crate) struct NetworkAuthenticationSpec {
    pub(crate) networks: Vec<Network>,
}

#[derive(Debug, Serialize)]
pub(crate) struct Network {
    pub(crate) cidr: String,
}
