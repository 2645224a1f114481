//! Objects of any kind, as a user applies them.

use kube::api::{DynamicObject, Patch, PatchParams};
use kube::core::GroupVersionKind;
use kube::{Api, Client, discovery};
use serde_json::{Value, json};

/// The objects of an `apiVersion` and a kind in a namespace; none: in the whole cluster.
pub(crate) async fn api(client: &Client, api_version: &str, kind: &str, namespace: Option<&str>) -> Api<DynamicObject> {
    let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
    let (resource, _) = discovery::pinned_kind(client, &GroupVersionKind::gvk(group, version, kind)).await.expect("a kind that is served");
    match namespace {
        Some(namespace) => Api::namespaced_with(client.clone(), namespace, &resource),
        None => Api::all_with(client.clone(), &resource),
    }
}

/// Server-side apply.
pub(crate) async fn apply(client: &Client, object: &Value) -> Result<DynamicObject, kube::Error> {
    let text = |place: &str| object.pointer(place).and_then(Value::as_str);
    let (version, kind) = (text("/apiVersion").expect("a version"), text("/kind").expect("a kind"));
    let api = api(client, version, kind, text("/metadata/namespace")).await;
    api.patch(text("/metadata/name").expect("a name"), &PatchParams::apply("test"), &Patch::Apply(object)).await
}

/// Makes a namespace for one test.
pub(crate) async fn namespace(client: &Client, name: &str) {
    apply(client, &json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})).await.expect("a namespace");
}

/// An object that means nothing.
pub(crate) fn config_map(namespace: &str, name: &str, value: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": namespace}, "data": {"value": value}})
}

/// The code of an answer of the API server.
pub(crate) fn code<T: std::fmt::Debug>(answer: Result<T, kube::Error>) -> u16 {
    match answer {
        Err(kube::Error::Api(status)) => status.code,
        other => panic!("no answer of the API server that says no: {other:?}"),
    }
}
