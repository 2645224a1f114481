//! An API server with the definitions of all kinds and the objects of a text.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use kube::api::{DynamicObject, Patch, PatchParams};
use kube::core::{ApiResource, GroupVersionKind};
use kube::{Api, Client};
use meshglot_apiserver::{Access, ApiServer, definitions};
use serde_json::{Value, json};
use tokio::task::JoinSet;

/// Requests at a time.
const TOGETHER: usize = 16;

pub(super) struct Cluster {
    pub(super) server: ApiServer,
    pub(super) client: Client,
    /// How many of the text.
    pub(super) objects: usize,
}

impl Cluster {
    pub(super) async fn with(text: &str) -> Self {
        let server = ApiServer::start().await.expect("a server");
        let client = server.client().await.expect("a client");
        let folder = definitions("istio").expect("the vendor's definitions");
        let files =
            fs::read_dir(folder).expect("a folder").map(|entry| fs::read_to_string(entry.expect("an entry").path()).expect("a text"));
        let vendor = files.flat_map(|text| documents(&text)).filter(|one| one["kind"] == "CustomResourceDefinition");
        apply(&client, meshglot_crds::all().iter().map(|kind| kind.crd()).chain(vendor).collect()).await;
        // One reader takes no more than so many documents of a text.
        let objects: Vec<Value> = text.split("---\n").skip(1).map(|one| serde_saphyr::from_str(one).expect("YAML")).collect();
        let namespaces: BTreeSet<&str> = objects.iter().filter_map(|one| one["metadata"]["namespace"].as_str()).collect();
        let namespace = |name| json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}});
        apply(&client, namespaces.into_iter().map(namespace).collect()).await;
        let count = objects.len();
        apply(&client, objects).await;
        Self { server, client, objects: count }
    }

    pub(super) fn kubeconfig(&self) -> PathBuf {
        self.server.kubeconfig(self.server.admin()).expect("written")
    }

    /// The same by another way.
    pub(super) fn kubeconfig_of(&self, access: &Access) -> PathBuf {
        let path = self.server.folder().join("gate.kubeconfig");
        fs::write(&path, access.kubeconfig(self.server.admin())).expect("written");
        path
    }
}

fn documents(text: &str) -> Vec<Value> {
    serde_saphyr::from_multiple(text).expect("YAML")
}

async fn apply(client: &Client, objects: Vec<Value>) {
    let mut requests = JoinSet::new();
    for object in objects {
        if requests.len() >= TOGETHER {
            requests.join_next().await.expect("one is under way").expect("it is applied");
        }
        let client = client.clone();
        requests.spawn(async move { one(&client, &object).await });
    }
    requests.join_all().await;
}

pub(crate) async fn one(client: &Client, object: &Value) {
    let text = |place: &str| object.pointer(place).and_then(Value::as_str);
    let name = text("/metadata/name").expect("a name");
    let api = api(client, text("/apiVersion").expect("a version"), text("/kind").expect("a kind"), text("/metadata/namespace"));
    // A kind is served a moment after it was defined.
    for _ in 0..300 {
        if api.patch(name, &PatchParams::apply("bench").force(), &Patch::Apply(object)).await.is_ok() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("{name} is not taken");
}

/// The plural of every kind here is its name with an `s`.
pub(crate) fn api(client: &Client, api_version: &str, kind: &str, namespace: Option<&str>) -> Api<DynamicObject> {
    let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
    let kind = GroupVersionKind::gvk(group, version, kind);
    let mut resource = ApiResource::from_gvk(&kind);
    if kind.kind == "AuthorizationPolicy" {
        "authorizationpolicies".clone_into(&mut resource.plural);
    }
    match namespace {
        Some(namespace) => Api::namespaced_with(client.clone(), namespace, &resource),
        None => Api::all_with(client.clone(), &resource),
    }
}
