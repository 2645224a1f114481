//! Definitions of ours and of vendors, as a real API server takes them.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use kube::Client;
use meshglot_apiserver::{crds, installed, shared};
use meshglot_crds::Scope;
use serde_json::{Value, json};

use crate::objects::{api, apply, namespace};

const CRD: &str = "apiextensions.k8s.io/v1";

/// Applies definitions, and waits until objects of them can be made.
async fn establish(client: &Client, definitions: &[Value]) {
    for definition in definitions {
        apply(client, definition).await.expect("the API server takes it");
    }
    let crds = api(client, CRD, "CustomResourceDefinition", None).await;
    let end = Instant::now() + Duration::from_secs(60);
    for definition in definitions {
        let name = definition["metadata"]["name"].as_str().expect("a name");
        loop {
            let state = crds.get(name).await.expect("it is there").data["status"]["conditions"].clone();
            let is = |kind: &str, word: &str| {
                state.as_array().into_iter().flatten().any(|condition| condition["type"] == kind && condition["status"] == word)
            };
            // What the API server finds wrong with a schema that it has stored it says here.
            assert!(!is("NonStructuralSchema", "True"), "{name}: {state}");
            if is("Established", "True") && is("NamesAccepted", "True") {
                break;
            }
            assert!(Instant::now() < end, "{name}: never established: {state}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

async fn ours(client: &Client) {
    let definitions: Vec<Value> = meshglot_crds::all().iter().map(|kind| kind.crd()).collect();
    establish(client, &definitions).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ours_are_established_and_serve_each_version() {
    if !installed() {
        return;
    }
    let client = shared().await.expect("a server").client().await.expect("a client");
    ours(&client).await;
    // A second time, as at the next start of whatever installs them, changes nothing.
    let generation = |client: Client| async move {
        let crds = api(&client, CRD, "CustomResourceDefinition", None).await;
        crds.get("trafficsplits.split.smi-spec.io").await.expect("it is there").metadata.generation
    };
    let before = generation(client.clone()).await;
    ours(&client).await;
    assert_eq!(generation(client.clone()).await, before);

    let mut served = 0;
    for kind in meshglot_crds::all() {
        let space = (kind.scope == Scope::Namespaced).then_some("default");
        for version in kind.versions {
            let api = api(&client, &format!("{}/{version}", kind.group), kind.kind, space).await;
            let list = api.list(&Default::default()).await;
            list.unwrap_or_else(|error| panic!("{}/{version} {}: {error}", kind.group, kind.kind));
            served += 1;
        }
    }
    assert!(served > meshglot_crds::all().len(), "only {served} versions");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_object_of_one_smi_version_is_read_as_every_other() {
    if !installed() {
        return;
    }
    let client = shared().await.expect("a server").client().await.expect("a client");
    ours(&client).await;
    namespace(&client, "versions").await;
    let split = meshglot_crds::find("TrafficSplit").expect("a kind");
    assert!(split.versions.len() > 1, "{:?}", split.versions);
    for written in split.versions {
        let name = format!("split-{written}");
        let object = json!({
            "apiVersion": format!("{}/{written}", split.group), "kind": "TrafficSplit",
            "metadata": {"name": name, "namespace": "versions"},
            "spec": {"service": "web", "backends": [{"service": "web-v1", "weight": 90}, {"service": "web-v2", "weight": 10}]},
        });
        apply(&client, &object).await.unwrap_or_else(|error| panic!("{written}: {error}"));
        for read in split.versions {
            let api = api(&client, &format!("{}/{read}", split.group), "TrafficSplit", Some("versions")).await;
            let found = api.get(&name).await.expect("it is there");
            assert_eq!(found.data["spec"], object["spec"], "{written} read as {read}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_our_rules_forbid_is_refused_in_our_words() {
    if !installed() {
        return;
    }
    let client = shared().await.expect("a server").client().await.expect("a client");
    ours(&client).await;
    namespace(&client, "refused").await;
    let kind = meshglot_crds::find("IdentityBinding").expect("a kind");
    let mut object = json!({
        "apiVersion": kind.api_version(), "kind": kind.kind, "metadata": {"name": "both", "namespace": "refused"},
        "spec": {"schemes": {"serviceAccount": "web", "podLabelSelector": {"matchLabels": {"app": "web"}}}},
    });
    let error = apply(&client, &object).await.expect_err("two ways to say who");
    assert!(error.to_string().contains("MG0006: serviceAccount and podLabelSelector exclude each other"), "{error}");
    object["spec"]["schemes"].as_object_mut().expect("an object").remove("podLabelSelector");
    apply(&client, &object).await.expect("one way is good");
}

#[tokio::test(flavor = "multi_thread")]
async fn those_of_istio_and_gateway_api_can_be_installed() {
    let (true, Some(folder)) = (installed(), crds()) else { return };
    let client = shared().await.expect("a server").client().await.expect("a client");
    for vendor in ["istio", "gateway-api"] {
        let definitions: Vec<Value> =
            documents(&folder.join(vendor)).into_iter().filter(|one| one["kind"] == "CustomResourceDefinition").collect();
        assert!(definitions.len() > 9, "{vendor}: only {}", definitions.len());
        establish(&client, &definitions).await;
    }
    namespace(&client, "vendors").await;
    let object = json!({
        "apiVersion": "networking.istio.io/v1", "kind": "VirtualService", "metadata": {"name": "web", "namespace": "vendors"},
        "spec": {"hosts": ["web"], "http": [{"route": [{"destination": {"host": "web"}}]}]},
    });
    apply(&client, &object).await.expect("Istio's definition takes it");
}

/// All YAML documents of the files of a folder.
fn documents(folder: &Path) -> Vec<Value> {
    let files = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    let texts = files.map(|path| fs::read_to_string(path).expect("a text"));
    texts.flat_map(|text| serde_saphyr::from_multiple::<Value>(&text).expect("YAML")).collect()
}
