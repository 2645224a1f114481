//! References of Gateway API routes to Services.
//!
//! Source: <https://gateway-api.sigs.k8s.io/reference/spec/#backendref>,
//! <https://gateway-api.sigs.k8s.io/reference/spec/#parentreference>

use meshglot_translator::ir::ServiceKey;
use serde::Serialize;

/// A Service with a port. All five fields are always written: a parent without `group` would be a Gateway, one
/// without `port` means every port, and a backend without `namespace` is looked up beside the parent, not
/// beside the route.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct ServiceRef {
    group: &'static str,
    kind: &'static str,
    name: String,
    namespace: String,
    port: u16,
}

impl ServiceRef {
    pub(crate) fn new(service: &ServiceKey, port: u16) -> Self {
        Self { group: "", kind: "Service", name: service.name.to_string(), namespace: service.namespace.to_string(), port }
    }
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct BackendRef {
    #[serde(flatten)]
    pub(crate) service: ServiceRef,
    /// Relative, 1 to 1000000. Written for a single backend too: the CRD's default is 1 either way.
    pub(crate) weight: u64,
}
