//! What makes the API server ask controllers about policy before it keeps it, and what that takes.

use meshglot_controller::{CONFIGURATION, HOOK, webhook_roles};
use meshglot_translator::ir::Kind;
use serde_json::{Value, json};

use super::{NAME, labels, metadata};

/// What the account needs besides.
pub(super) fn rights(account: &str, namespace: &str, injects: bool) -> Vec<Value> {
    let mut objects = webhook_roles(account, namespace, injects);
    objects.iter_mut().for_each(|object| object["metadata"]["labels"] = labels());
    objects
}

/// The way to the controllers, and who is asked there.
pub(super) fn asked(namespace: &str) -> Vec<Value> {
    let ports = json!([{"name": "webhook", "port": 443, "targetPort": "webhook"}]);
    vec![
        json!({
            "apiVersion": "v1", "kind": "Service", "metadata": metadata(HOOK, namespace),
            "spec": {"selector": {"app.kubernetes.io/name": NAME}, "ports": ports},
        }),
        configuration(namespace),
    ]
}

/// Whom it trusts is not in it: the controller that leads says that, and nobody who applies this takes it away.
fn configuration(namespace: &str) -> Value {
    let apart = json!({"key": "kubernetes.io/metadata.name", "operator": "NotIn", "values": ["kube-system", namespace]});
    let mut groups: Vec<&str> = Kind::ALL.into_iter().filter(|kind| kind.is_neutral()).map(Kind::group).collect();
    groups.sort_unstable();
    groups.dedup();
    json!({
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingWebhookConfiguration",
        "metadata": metadata(CONFIGURATION, ""),
        "webhooks": [{
            "name": "policy.meshglot.dev",
            "admissionReviewVersions": ["v1"],
            "sideEffects": "None",
            // The status says it all the same.
            "failurePolicy": "Ignore",
            "matchPolicy": "Equivalent",
            "timeoutSeconds": 5,
            "clientConfig": {"service": {"name": HOOK, "namespace": namespace, "path": "/validate", "port": 443}},
            "namespaceSelector": {"matchExpressions": [apart]},
            "rules": [{"apiGroups": groups, "apiVersions": ["*"], "resources": ["*"], "operations": ["CREATE", "UPDATE"]}],
        }],
    })
}

/// What the controllers have made, for whoever deletes it.
pub(super) fn secret(namespace: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": HOOK, "namespace": namespace}})
}
