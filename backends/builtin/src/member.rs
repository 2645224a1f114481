//! Which pods are in the mesh.

use serde_json::Value;

/// A sidecar, native or not.
pub(crate) fn is_member(pod: &Value) -> bool {
    meshglot_translator::render::has_container(pod, "meshglot-proxy")
}
