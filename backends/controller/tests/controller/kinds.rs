//! Splits and access on the meshes whose definitions are their own: in force, edited, changed by others, gone, and quiet at rest.

use std::time::Duration;

use meshglot_apiserver::{Gate, definitions, installed};
use serde_json::{Value, json};

use crate::cluster::{Cluster, controller, split, until};
use crate::fresh::{live, rendered};

/// What the callers of `api` may do; `path`: of the one thing that they may read.
pub(crate) fn access(path: &str) -> [Value; 2] {
    let metadata = |name: &str| json!({"name": name, "namespace": "shop"});
    let group = json!({
        "apiVersion": "specs.smi-spec.io/v1alpha4", "kind": "HTTPRouteGroup", "metadata": metadata("api"),
        "spec": {"matches": [{"name": "read", "pathRegex": path, "methods": ["GET"]}]},
    });
    let account = |name: &str| json!({"kind": "ServiceAccount", "name": name, "namespace": "shop"});
    let target = json!({
        "apiVersion": "access.smi-spec.io/v1alpha3", "kind": "TrafficTarget", "metadata": metadata("site-to-api"),
        "spec": {
            "destination": account("api"), "sources": [account("site")],
            "rules": [{"kind": "HTTPRouteGroup", "name": "api", "matches": ["read"]}],
        },
    });
    [group, target]
}

/// A Service and what stands behind it, of its own account.
pub(crate) fn workload(name: &str) -> [Value; 2] {
    let metadata = json!({"name": name, "namespace": "shop"});
    let labels = json!({"app": name});
    let container = json!({"name": "app", "image": "app", "ports": [{"containerPort": 8080}]});
    let service = json!({
        "apiVersion": "v1", "kind": "Service", "metadata": metadata,
        "spec": {"selector": labels, "ports": [{"name": "http", "port": 80, "targetPort": 8080, "appProtocol": "http"}]},
    });
    let template = json!({"metadata": {"labels": labels}, "spec": {"serviceAccountName": name, "containers": [container]}});
    let deployment = json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata,
        "spec": {"selector": {"matchLabels": labels}, "template": template},
    });
    [service, deployment]
}

#[tokio::test(flavor = "multi_thread")]
async fn linkerd_gets_what_is_rendered_and_no_more() {
    if !installed() || definitions("linkerd").is_none() {
        return;
    }
    let cluster = Cluster::new(&["gateway-api", "linkerd"]).await;
    let changed =
        json!({"apiVersion": "policy.linkerd.io/v1beta3", "kind": "Server", "metadata": {"name": "api-8080", "namespace": "shop"}});
    goes_through(&cluster, "linkerd", &changed, &json!({"spec": {"accessPolicy": "all-unauthenticated"}})).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn consul_gets_what_is_rendered_and_no_more() {
    if !installed() || definitions("consul").is_none() {
        return;
    }
    let cluster = Cluster::new(&["consul"]).await;
    let changed = json!({"apiVersion": "consul.hashicorp.com/v1alpha1", "kind": "ServiceIntentions", "metadata": {"name": "api", "namespace": "shop"}});
    goes_through(&cluster, "consul", &changed, &json!({"spec": {"sources": [{"name": "*", "action": "allow"}]}})).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_route_that_no_mesh_can_say_is_told() {
    if !installed() || definitions("istio").is_none() {
        return;
    }
    let cluster = Cluster::new(&["istio"]).await;
    let _running = controller(cluster.client.clone(), "istio");
    let metadata = json!({"name": "dns", "namespace": "shop"});
    let route = |port: u32| {
        let spec = json!({"matches": {"ports": [port]}});
        json!({"apiVersion": "specs.smi-spec.io/v1alpha4", "kind": "UDPRoute", "metadata": metadata, "spec": spec})
    };
    cluster.apply(&route(53)).await;
    let why = cluster.comes(&route(53), "Ready", "True", "InForce").await;
    assert!(why.contains("MG0114") && why.contains("no effect"), "{why}");
    cluster.comes(&route(53), "Lossless", "False", "Lossy").await;
    assert_eq!(cluster.get(&route(53)).await.expect("it is there")["status"]["summary"]["loss"], "dropped");
    cluster.apply(&route(70_000)).await;
    let why = cluster.comes(&route(70_000), "Ready", "False", "Invalid").await;
    assert!(why.contains("MG0303"), "{why}");
}

/// `changed`: a rendered object that somebody else edits by a patch that lets everybody in.
async fn goes_through(cluster: &Cluster, backend: &str, changed: &Value, patch: &Value) {
    let gate = Gate::before(&cluster.server).await.expect("a gate");
    let running = controller(gate.access().client_that_asks_once(cluster.server.admin()).await.expect("a client"), backend);
    for object in ["api", "site"].iter().flat_map(|name| workload(name)) {
        cluster.apply(&object).await;
    }
    let [group, target] = access("/items");
    let web = split("web", [90, 10]);
    for object in [&group, &target, &web] {
        cluster.apply(object).await;
    }
    in_force(cluster, backend, &[&web, &target]).await;
    let kinds = live(cluster, backend).await.into_keys().map(|path| path.split('/').next().expect("a kind").to_owned());
    assert!(kinds.collect::<std::collections::BTreeSet<String>>().len() > 1, "{:?}", live(cluster, backend).await);
    is_quiet(&gate).await;

    let before = live(cluster, backend).await;
    cluster.apply(&split("web", [1, 1])).await;
    cluster.apply(&access("/items/new")[0]).await;
    in_force(cluster, backend, &[&web, &target]).await;
    assert_ne!(live(cluster, backend).await, before);
    is_quiet(&gate).await;

    cluster.edit(changed, patch).await;
    running.tells("corrected").await;
    in_force(cluster, backend, &[&web, &target]).await;

    for object in [&web, &target] {
        cluster.delete(object).await;
    }
    until("nothing is left", async || live(cluster, backend).await.is_empty()).await;
    is_quiet(&gate).await;
    let corrected = running.told().iter().filter(|line| line.starts_with("corrected")).count();
    assert_eq!(corrected, 1, "{:?}", running.told());
}

/// Waits until what is rendered is there, whatever the API server has filled in, and the objects say so.
async fn in_force(cluster: &Cluster, backend: &str, policy: &[&Value]) {
    until("what is rendered", async || {
        let (wanted, live) = (rendered(cluster, backend).await, live(cluster, backend).await);
        wanted.keys().eq(live.keys()) && wanted.iter().all(|(path, object)| holds(object, &live[path]))
    })
    .await;
    for object in policy {
        cluster.comes(object, "Ready", "True", "InForce").await;
    }
}

/// Whether all that one object says stands in the other.
fn holds(wanted: &Value, live: &Value) -> bool {
    match (wanted, live) {
        (Value::Object(wanted), Value::Object(live)) => {
            wanted.iter().all(|(key, value)| live.get(key).is_some_and(|live| holds(value, live)))
        }
        (Value::Array(wanted), Value::Array(live)) => {
            wanted.len() == live.len() && wanted.iter().zip(live).all(|(one, other)| holds(one, other))
        }
        (wanted, live) => wanted == live,
    }
}

/// Once what is under way has ended, nothing is written.
async fn is_quiet(gate: &Gate) {
    until("two looks alike", async || {
        let before = gate.counts().writes();
        tokio::time::sleep(Duration::from_millis(700)).await;
        gate.counts().writes() == before
    })
    .await;
    gate.forget();
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(gate.counts().writes(), 0, "{:?}", gate.counts());
}
