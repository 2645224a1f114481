//! A cluster with a split that loses something.

use std::fs;

use kube::api::{DynamicObject, Patch, PatchParams};
use kube::core::GroupVersionKind;
use kube::{Api, discovery};
use meshglot_apiserver::{ApiServer, crds};
use serde_json::{Value, json};

/// Our definitions and Istio's, and a split whose weights are rounded.
pub(super) async fn applied(server: &ApiServer) {
    let client = server.client().await.expect("a client");
    let folder = crds().expect("the vendors' definitions").join("istio");
    let texts = fs::read_dir(folder).expect("a folder").map(|entry| fs::read_to_string(entry.expect("an entry").path()).expect("a text"));
    let vendor: Vec<Value> = texts.flat_map(|text| documents(&text)).filter(|one| one["kind"] == "CustomResourceDefinition").collect();
    let ours = meshglot_crds::all().iter().map(|kind| kind.crd());
    for definition in ours.chain(vendor) {
        apply(&client, &definition).await;
    }
    let service = |name: &str| {
        json!({
            "apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "namespace": "default"},
            "spec": {"selector": {"app": name}, "ports": [{"name": "http", "port": 80}]},
        })
    };
    for object in [service("web"), service("web-v1"), service("web-v2"), split(4_000_000_001)] {
        apply(&client, &object).await;
    }
}

/// Another weight.
pub(super) async fn edited(server: &ApiServer) {
    apply(&server.client().await.expect("a client"), &split(4_100_000_001)).await;
}

fn split(weight: u64) -> Value {
    json!({
        "apiVersion": "split.smi-spec.io/v1alpha4", "kind": "TrafficSplit", "metadata": {"name": "web", "namespace": "default"},
        "spec": {
            "service": "web",
            "backends": [{"service": "web-v1", "weight": weight}, {"service": "web-v2", "weight": 1_000_000_000}],
        },
    })
}

fn documents(text: &str) -> Vec<Value> {
    serde_saphyr::from_multiple(text).expect("YAML")
}

async fn apply(client: &kube::Client, object: &Value) {
    let text = |place: &str| object.pointer(place).and_then(Value::as_str);
    let (group, version) = text("/apiVersion").map(|all| all.split_once('/').unwrap_or(("", all))).expect("a version");
    let kind = GroupVersionKind::gvk(group, version, text("/kind").expect("a kind"));
    let name = text("/metadata/name").expect("a name");
    // What was defined a moment ago is served a moment later.
    for _ in 0..600 {
        if let Ok((resource, _)) = discovery::pinned_kind(client, &kind).await {
            let api: Api<DynamicObject> = match text("/metadata/namespace") {
                Some(namespace) => Api::namespaced_with(client.clone(), namespace, &resource),
                None => Api::all_with(client.clone(), &resource),
            };
            if api.patch(name, &PatchParams::apply("test").force(), &Patch::Apply(object)).await.is_ok() {
                return;
            }
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    panic!("{name} is not taken");
}
