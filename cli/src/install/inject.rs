//! What makes the API server ask controllers for the sidecar of each new pod.

use meshglot_control::{BACKEND, LABEL};
use meshglot_controller::{CONFIGURATION, HOOK};
use meshglot_translator::plan::Chosen;
use serde_json::{Value, json};

use super::settings::Settings;
use super::{metadata, plane};
use crate::exit::{Exit, Failure};
use crate::inject::ours;

/// Whether there is somebody whom sidecars could ask.
///
/// # Errors
/// No sidecar is of use to these meshes.
pub(super) fn possible(chosen: &Chosen) -> Result<(), Failure> {
    if chosen.backends().iter().any(|backend| backend.name() == BACKEND) {
        return Ok(());
    }
    Err(Failure::new(Exit::Usage, "--inject: sidecars are those of the backend builtin").help("--backend builtin, or --backends with it"))
}

/// What the controller is told.
pub(super) fn words(settings: &Settings) -> Vec<String> {
    let (image, capture) = (&settings.image, &settings.capture_image);
    let control_plane = plane::address(settings);
    [("--inject-control-plane", &control_plane), ("--inject-image", image), ("--inject-capture-image", capture)]
        .into_iter()
        .flat_map(|(flag, value)| [flag.to_owned(), value.clone()])
        .collect()
}

/// The image that redirects: of this version, unless another one is named.
pub(super) fn capture_image(named: Option<&String>) -> String {
    named.cloned().unwrap_or_else(|| ours("meshglot-capture"))
}

/// Whom it trusts is not in it: the controller that leads says that. A pod without its sidecar would be outside the mesh, so that none is
/// made while nobody answers; pods of the control plane itself never wait for it.
pub(super) fn configuration(namespace: &str) -> Value {
    let apart = json!({"key": "kubernetes.io/metadata.name", "operator": "NotIn", "values": ["kube-system", namespace]});
    let wanted = json!({"key": LABEL, "operator": "In", "values": ["enabled"]});
    let not_left_out = json!({"key": LABEL, "operator": "NotIn", "values": ["disabled"]});
    json!({
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "MutatingWebhookConfiguration",
        "metadata": metadata(CONFIGURATION, ""),
        "webhooks": [{
            "name": "inject.meshglot.dev",
            "admissionReviewVersions": ["v1"],
            "sideEffects": "None",
            "failurePolicy": "Fail",
            "matchPolicy": "Equivalent",
            // Where somebody else has taken it out since, it is put in again; what has its sidecar is left as it is.
            "reinvocationPolicy": "IfNeeded",
            "timeoutSeconds": 5,
            "clientConfig": {"service": {"name": HOOK, "namespace": namespace, "path": "/inject", "port": 443}},
            "namespaceSelector": {"matchExpressions": [wanted, apart]},
            "objectSelector": {"matchExpressions": [not_left_out]},
            "rules": [{"apiGroups": [""], "apiVersions": ["v1"], "resources": ["pods"], "operations": ["CREATE"], "scope": "Namespaced"}],
        }],
    })
}
