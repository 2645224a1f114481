//! Kinds by the names that their objects have.

use kube::core::{ApiResource, GroupVersionKind};

/// A kind by what its objects say; its plural is the usual one, as those of Kubernetes itself are.
pub(crate) fn resource(api_version: &str, kind: &str) -> ApiResource {
    let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
    ApiResource::from_gvk(&GroupVersionKind::gvk(group, version, kind))
}
