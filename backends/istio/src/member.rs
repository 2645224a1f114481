//! Which pods are in the mesh.

use serde_json::Value;

/// A sidecar, or the sign that the ambient data plane has taken the pod's connections.
pub(crate) fn is_member(pod: &Value) -> bool {
    let is_ambient = pod["metadata"]["annotations"]["ambient.istio.io/redirection"] == "enabled";
    is_ambient || meshglot_translator::render::has_container(pod, "istio-proxy")
}
