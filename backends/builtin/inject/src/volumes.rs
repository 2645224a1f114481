//! What the sidecar reads, and where it writes.

use serde_json::{Value, json};

use crate::Settings;
use crate::settings::Roots;

/// Annotation with the roots, where no ConfigMap has them.
const ROOTS: &str = "meshglot.dev/roots";

/// Where token and roots are.
pub(crate) const JOIN: &str = "/var/run/meshglot";

/// Where the sidecar keeps its key, which no disk sees.
pub(crate) const STATE: &str = "/var/lib/meshglot";

/// The names of both volumes.
pub(crate) const NAMES: [&str; 2] = ["meshglot-join", "meshglot-state"];

/// Both volumes. The kubelet renews the token, which is for the control plane alone.
pub(crate) fn volumes(settings: &Settings) -> [Value; 2] {
    let roots = match &settings.roots {
        Roots::ConfigMap(name) => json!({ "configMap": { "name": name, "items": [{ "key": "ca.crt", "path": "ca.crt" }] } }),
        Roots::Text(_) => {
            let field = json!({ "fieldPath": format!("metadata.annotations['{ROOTS}']") });
            json!({ "downwardAPI": { "items": [{ "path": "ca.crt", "fieldRef": field }] } })
        }
    };
    let token = json!({ "serviceAccountToken": { "audience": "meshglot", "expirationSeconds": 3600, "path": "token" } });
    let [join, state] = NAMES;
    [
        json!({ "name": join, "projected": { "sources": [token, roots] } }),
        json!({ "name": state, "emptyDir": { "medium": "Memory", "sizeLimit": "32Mi" } }),
    ]
}

/// The annotation that the volume of the roots reads; `None`: a ConfigMap has them.
pub(crate) fn annotation(settings: &Settings) -> Option<(&'static str, &str)> {
    match &settings.roots {
        Roots::ConfigMap(_) => None,
        Roots::Text(text) => Some((ROOTS, text)),
    }
}
