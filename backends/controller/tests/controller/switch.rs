//! A Mesh that names another backend than before: both get its policy until the new one has it and no pod is in the old one any more.

use meshglot_apiserver::{Gate, crds, definitions, installed};
use meshglot_controller::Settings;
use meshglot_translator::plan::Chosen;
use serde_json::{Value, json};

use crate::cluster::{Cluster, Running, backends, deployment, settings, split, until, with};
use crate::faults::edits::{group, target};
use crate::fresh::{comes_whole, live};

/// The definitions of both.
pub(crate) const VENDORS: [&str; 3] = ["istio", "linkerd", "gateway-api"];

/// What a controller of both does.
pub(crate) fn of_both() -> Settings {
    Settings { chosen: Chosen::NamedOf(backends(&["istio", "linkerd"])), ..settings("istio") }
}

pub(crate) fn mesh(name: &str, backend: &str, selector: Value) -> Value {
    json!({
        "apiVersion": "meshglot.dev/v1alpha1", "kind": "Mesh", "metadata": {"name": name},
        "spec": {"backend": backend, "namespaceSelector": selector},
    })
}

/// A pod behind the Service `web-v1`, as a ReplicaSet makes it and an injector has left it.
pub(crate) fn pod(name: &str, proxy: &str) -> Value {
    let owner = json!({"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web-v1", "uid": "00000000-0000-4000-8000-000000000000"});
    json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": name, "namespace": "shop", "labels": {"app": "web-v1"}, "ownerReferences": [owner]},
        "spec": {
            "serviceAccountName": "web", "automountServiceAccountToken": false, "terminationGracePeriodSeconds": 0,
            "containers": [{"name": "main", "image": "web"}, {"name": proxy, "image": "proxy"}],
        },
    })
}

pub(crate) fn account(name: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name, "namespace": "shop"}})
}

/// Policy on Istio, in force, with pods there; a controller by an account that may do nothing else.
async fn on_istio() -> (Cluster, Running) {
    let cluster = Cluster::new(&VENDORS).await;
    let names = ["istio", "linkerd"];
    let by = cluster.account(&names).await;
    let running = with(cluster.server.access().client_that_asks_once(&by).await.expect("a client"), of_both());
    cluster.apply(&mesh("main", "istio", json!({}))).await;
    for object in [account("web"), deployment("web"), pod("web-v1-a", "istio-proxy"), pod("web-v1-b", "istio-proxy")] {
        cluster.apply(&object).await;
    }
    for object in [group("/api"), split("web", [90, 10]), target("callers", &["ann"])] {
        cluster.apply(&object).await;
        cluster.comes(&object, "Ready", "True", "InForce").await;
    }
    cluster.comes(&mesh("main", "istio", json!({})), "Ready", "True", "InForce").await;
    (cluster, running)
}

/// A rendered object that names a caller.
fn names(objects: &std::collections::BTreeMap<String, Value>, caller: &str) -> bool {
    objects
        .values()
        .any(|object| object.to_string().contains(&format!("sa/{caller}")) || object.to_string().contains(&format!("\"{caller}\"")))
}

#[tokio::test(flavor = "multi_thread")]
async fn both_get_the_policy_until_the_last_pod_has_moved() {
    if !installed() || crds().is_none() || definitions("linkerd").is_none() {
        return;
    }
    let (cluster, running) = on_istio().await;
    let istio = live(&cluster, "istio").await;
    assert!(!istio.is_empty() && live(&cluster, "linkerd").await.is_empty());

    let main = mesh("main", "linkerd", json!({}));
    cluster.apply(&main).await;
    let why = cluster.comes(&main, "Ready", "False", "NotApplied").await;
    assert!(why.contains("istio: on its way to linkerd"), "{why}");
    running.tells("shop/web-v1-a and 1 more are in istio still: restart them in linkerd").await;
    comes_whole(&cluster, "linkerd").await;
    assert_eq!(live(&cluster, "istio").await, istio, "pods are in it");
    // Both are told of in what is on its way, and both are in force.
    cluster.comes(&target("callers", &[]), "Ready", "True", "InForce").await;
    let status = cluster.get(&target("callers", &[])).await.expect("it is there")["status"].clone();
    assert_eq!(status["summary"]["backend"], "2 backends", "{status:#}");

    // An edit reaches whichever mesh a pod is in.
    cluster.apply(&target("callers", &["ann", "bob"])).await;
    until("both know bob", async || names(&live(&cluster, "istio").await, "bob") && names(&live(&cluster, "linkerd").await, "bob")).await;

    cluster.delete(&pod("web-v1-a", "")).await;
    running.tells("shop/web-v1-b is in istio still: restart it in linkerd").await;
    cluster.apply(&pod("web-v1-c", "linkerd-proxy")).await;
    assert_eq!(live(&cluster, "istio").await.len(), istio.len());
    cluster.delete(&pod("web-v1-b", "")).await;
    running.tells("Mesh/main runs on linkerd: what istio has of it goes").await;
    until("nothing is left on istio", async || live(&cluster, "istio").await.is_empty()).await;
    comes_whole(&cluster, "linkerd").await;
    let why = cluster.comes(&main, "Ready", "True", "InForce").await;
    assert!(why.ends_with("in force on linkerd"), "{why}");
    let status = cluster.get(&target("callers", &[])).await.expect("it is there")["status"].clone();
    until("one backend", async || {
        cluster.get(&target("callers", &[])).await.expect("it is there")["status"]["summary"]["backend"] == "linkerd"
    })
    .await;
    assert_eq!(status["observedGeneration"], 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mesh_that_is_turned_back_keeps_what_it_had() {
    if !installed() || crds().is_none() || definitions("linkerd").is_none() {
        return;
    }
    let (cluster, running) = on_istio().await;
    let before = live(&cluster, "istio").await;
    cluster.apply(&mesh("main", "linkerd", json!({}))).await;
    running.tells("are in istio still").await;
    comes_whole(&cluster, "linkerd").await;
    let back = mesh("main", "istio", json!({}));
    cluster.apply(&back).await;
    cluster.comes(&back, "Ready", "True", "InForce").await;
    until("nothing is left on linkerd", async || live(&cluster, "linkerd").await.is_empty()).await;
    assert_eq!(live(&cluster, "istio").await, before);
    assert!(running.told().iter().filter(|line| line.starts_with("deleted")).all(|line| !line.contains("istio")), "{:?}", running.told());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pod_that_nobody_has_heard_of_keeps_the_old_one() {
    if !installed() || crds().is_none() || definitions("linkerd").is_none() {
        return;
    }
    let cluster = Cluster::new(&VENDORS).await;
    let gate = Gate::before(&cluster.server).await.expect("a gate");
    let running = with(gate.access().client_that_asks_once(cluster.server.admin()).await.expect("a client"), of_both());
    cluster.apply(&mesh("main", "istio", json!({}))).await;
    for object in [account("web"), deployment("web"), group("/api"), split("web", [90, 10]), target("callers", &["ann"])] {
        cluster.apply(&object).await;
    }
    cluster.comes(&target("callers", &[]), "Ready", "True", "InForce").await;
    let before = live(&cluster, "istio").await;
    // A watch is behind the one of Meshes, and nothing says so.
    gate.hold("pods");
    cluster.apply(&pod("web-v1-a", "istio-proxy")).await;
    cluster.apply(&mesh("main", "linkerd", json!({}))).await;
    running.tells("shop/web-v1-a is in istio still: restart it in linkerd").await;
    comes_whole(&cluster, "linkerd").await;
    assert_eq!(live(&cluster, "istio").await, before);
    gate.release();
    cluster.delete(&pod("web-v1-a", "")).await;
    until("nothing is left on istio", async || live(&cluster, "istio").await.is_empty()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_new_one_cannot_take_keeps_the_old_one() {
    if !installed() || crds().is_none() || definitions("linkerd").is_none() {
        return;
    }
    // No definitions of Linkerd's own: its routes can be written, its policy cannot.
    let cluster = Cluster::new(&["istio", "gateway-api"]).await;
    let by = cluster.account(&["istio", "linkerd"]).await;
    let running = with(cluster.server.access().client_that_asks_once(&by).await.expect("a client"), of_both());
    cluster.apply(&mesh("main", "istio", json!({}))).await;
    cluster.apply(&deployment("web")).await;
    for object in [group("/api"), split("web", [90, 10]), target("callers", &["ann"])] {
        cluster.apply(&object).await;
        cluster.comes(&object, "Ready", "True", "InForce").await;
    }
    let before = live(&cluster, "istio").await;
    let main = mesh("main", "linkerd", json!({}));
    cluster.apply(&main).await;
    running.tells("Mesh/main is on its way from istio to linkerd: linkerd has not all of it in force").await;
    cluster.comes(&target("callers", &[]), "Ready", "False", "NotApplied").await;
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    assert_eq!(live(&cluster, "istio").await, before, "nobody is in it, and nothing else protects what it protects");
    // A backend that nobody here serves is no place to go to.
    cluster.apply(&mesh("main", "builtin", json!({}))).await;
    running.tells("Mesh/main is on its way from istio to builtin: this controller does not serve builtin").await;
    assert_eq!(live(&cluster, "istio").await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn namespaces_go_to_the_backends_of_their_meshes() {
    if !installed() || crds().is_none() || definitions("linkerd").is_none() {
        return;
    }
    let cluster = Cluster::new(&VENDORS).await;
    let running = with(cluster.client.clone(), of_both());
    let by_label = |name: &str| json!({"matchLabels": {"mesh": name}});
    for (namespace, name) in [("shop", "one"), ("bank", "two")] {
        cluster.apply(&json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace, "labels": {"mesh": name}}})).await;
    }
    cluster.apply(&deployment("web")).await;
    cluster.apply(&mesh("one", "istio", by_label("one"))).await;
    cluster.apply(&mesh("two", "linkerd", by_label("two"))).await;
    let in_bank = |mut object: Value| {
        object["metadata"]["namespace"] = json!("bank");
        object
    };
    for name in ["web", "web-v1", "web-v2"] {
        cluster.apply(&in_bank(crate::cluster::service(name))).await;
    }
    let (one, two) = (split("web", [90, 10]), in_bank(split("web", [90, 10])));
    for (object, backend) in [(&one, "istio"), (&two, "linkerd")] {
        cluster.apply(object).await;
        let why = cluster.comes(object, "Ready", "True", "InForce").await;
        assert_eq!(why, format!("in force on {backend}"));
    }
    until("each Mesh tells what runs on it", async || {
        let status = cluster.get(&mesh("one", "istio", json!({}))).await.expect("it is there")["status"].clone();
        (&status["namespaces"], &status["workloads"]) == (&json!(1), &json!(1))
    })
    .await;
    let version = async || cluster.get(&mesh("one", "istio", json!({}))).await.expect("it is there")["status"]["version"].clone();
    assert_eq!(version().await, Value::Null, "nobody has seen one");
    let mut istiod = deployment("istiod");
    istiod["metadata"]["labels"] = json!({"app": "istiod"});
    istiod["spec"]["template"]["spec"]["containers"][0]["image"] = json!("docker.io/istio/pilot:1.27.0");
    cluster.apply(&istiod).await;
    until("it tells which version its backend has", async || version().await == "1.27.0").await;
    cluster.delete(&istiod).await;
    until("and that it is gone", async || version().await.is_null()).await;
    let of = async |backend: &str| live(&cluster, backend).await.into_keys().collect::<Vec<_>>();
    let (istio, linkerd) = (of("istio").await, of("linkerd").await);
    assert!(istio.len() == 1 && istio[0].contains("shop") && linkerd.len() == 1 && linkerd[0].contains("bank"), "{istio:?} {linkerd:?}");

    // One namespace alone goes to the other Mesh, where it has a place at once: nobody is in the old one.
    cluster.apply(&json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop", "labels": {"mesh": "two"}}})).await;
    until("all is on linkerd", async || of("istio").await.is_empty() && of("linkerd").await.len() == 2).await;
    assert_eq!(cluster.comes(&one, "Ready", "True", "InForce").await, "in force on linkerd");
    assert!(running.told().iter().any(|line| line.contains("Mesh/two is on its way from istio to linkerd")), "{:?}", running.told());
}
