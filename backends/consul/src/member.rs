//! Which pods are in the mesh.

use serde_json::Value;

/// What the injector says of a pod that has its proxy; the proxy's own name depends on how many Services the pod has.
pub(crate) fn is_member(pod: &Value) -> bool {
    pod["metadata"]["annotations"]["consul.hashicorp.com/connect-inject-status"] == "injected"
}
