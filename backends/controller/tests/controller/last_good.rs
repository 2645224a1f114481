//! What cannot be given to the mesh leaves in force what was, where that allows nothing more.

use meshglot_apiserver::{crds, installed};
use serde_json::{Value, json};

use crate::cluster::{Cluster, deployment, split, until, virtual_service};
use crate::fresh::converges;

async fn spec(cluster: &Cluster, object: &Value) -> Option<Value> {
    Some(cluster.get(object).await?["spec"].clone())
}

/// Names of what is kept, with their generations.
async fn kept(cluster: &Cluster) -> Vec<(String, i64)> {
    let api = cluster.api("apps/v1", "ControllerRevision", Some("shop")).await;
    let all = api.list(&Default::default()).await.expect("a list").items;
    let of = |one: kube::api::DynamicObject| (one.metadata.name.expect("a name"), one.data["revision"].as_i64().expect("a number"));
    all.into_iter().map(of).collect()
}

async fn keeps(cluster: &Cluster, kind: &str, generation: i64) {
    until(&format!("{kind} {generation} is kept"), async || {
        let of_kind: Vec<i64> = kept(cluster).await.into_iter().filter(|(name, _)| name.contains(kind)).map(|(_, one)| one).collect();
        of_kind == [generation]
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_split_that_says_nothing_leaves_the_last_that_did() {
    if !installed() || crds().is_none() {
        return;
    }
    let cluster = Cluster::new(&["istio"]).await;
    let running = cluster.controller("istio").await;
    let web = split("web", [90, 10]);
    cluster.apply(&web).await;
    cluster.comes(&web, "Ready", "True", "InForce").await;
    keeps(&cluster, "trafficsplit", 1).await;
    let good = cluster.get(&virtual_service()).await.expect("it is there");

    cluster.apply(&split("web", [0, 0])).await;
    let message = cluster.comes(&web, "Ready", "False", "Invalid").await;
    assert!(message.ends_with("; generation 1 stays in force"), "{message}");
    let backend = cluster.get(&web).await.expect("it is there")["status"]["backends"][0].clone();
    assert_eq!(backend["lastGood"]["generation"], 1, "{backend}");
    assert!(backend["lastGood"]["revision"].as_str().is_some_and(|name| name.starts_with("web-trafficsplit-")), "{backend}");
    assert_eq!((&backend["desired"], &backend["applied"]), (&json!(1), &json!(0)));
    assert_eq!(cluster.get(&virtual_service()).await, Some(good.clone()));
    drop(running);

    // Another one knows it, too, and writes nothing else first.
    let running = cluster.controller("istio").await;
    running.tells("in force: ").await;
    let other = split("other", [1, 1]);
    let mut other = other;
    other["spec"]["service"] = json!("web-v1");
    cluster.apply(&other).await;
    cluster.comes(&other, "Ready", "True", "InForce").await;
    assert_eq!(cluster.get(&virtual_service()).await, Some(good));
    cluster.comes(&web, "Stalled", "True", "Invalid").await;

    cluster.apply(&split("web", [50, 50])).await;
    cluster.comes(&web, "Ready", "True", "InForce").await;
    keeps(&cluster, "web-trafficsplit", 3).await;
    converges(&cluster, "istio").await;
    // What is deleted leaves nothing, whatever was kept of it.
    cluster.apply(&split("web", [0, 0])).await;
    cluster.comes(&web, "Ready", "False", "Invalid").await;
    cluster.delete(&web).await;
    until("it is gone", async || cluster.get(&virtual_service()).await.is_none()).await;
}

fn group(path: &str) -> Value {
    json!({
        "apiVersion": "specs.smi-spec.io/v1alpha4", "kind": "HTTPRouteGroup", "metadata": {"name": "api", "namespace": "shop"},
        "spec": {"matches": [{"name": "all", "pathRegex": path, "methods": ["GET"]}]},
    })
}

fn target() -> Value {
    json!({
        "apiVersion": "access.smi-spec.io/v1alpha3", "kind": "TrafficTarget", "metadata": {"name": "callers", "namespace": "shop"},
        "spec": {
            "destination": {"kind": "ServiceAccount", "name": "web"},
            "rules": [{"kind": "HTTPRouteGroup", "name": "api"}],
            "sources": [{"kind": "ServiceAccount", "name": "caller"}],
        },
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn access_stays_where_the_newer_rule_allows_it_and_closes_where_not() {
    if !installed() || crds().is_none() {
        return;
    }
    let cluster = Cluster::new(&["istio"]).await;
    cluster.apply(&deployment("web")).await;
    let _running = cluster.controller("istio").await;
    cluster.apply(&group("/api")).await;
    cluster.apply(&target()).await;
    cluster.comes(&target(), "Ready", "True", "InForce").await;
    cluster.comes(&group("/api"), "Ready", "True", "InForce").await;
    keeps(&cluster, "api-httproutegroup", 1).await;
    keeps(&cluster, "callers-traffictarget", 1).await;
    let api = cluster.api("security.istio.io/v1", "AuthorizationPolicy", Some("shop")).await;
    let policies = api.list(&Default::default()).await.expect("a list").items;
    let policy = serde_json::to_value(&policies[0]).expect("JSON");
    assert_eq!(policies.len(), 1);
    let open = spec(&cluster, &policy).await.expect("it is there");
    assert!(open.to_string().contains("/api"), "{open:#}");

    // Istio cannot say it, and it holds all that was allowed before.
    let wider = group("/(api|x+y)");
    cluster.apply(&wider).await;
    let message = cluster.comes(&wider, "Translated", "False", "Refused").await;
    assert!(message.ends_with("; generation 1 stays in force"), "{message}");
    assert_eq!(spec(&cluster, &policy).await.as_ref(), Some(&open));

    // What was allowed is not any more.
    let other = group("/x+y");
    cluster.apply(&other).await;
    let message = cluster.comes(&other, "Translated", "False", "Refused").await;
    assert!(message.ends_with("; nothing of it is in force there"), "{message}");
    until("it is closed", async || spec(&cluster, &policy).await.is_some_and(|spec| !spec.to_string().contains("/api"))).await;
    let closed = spec(&cluster, &policy).await.expect("it is there");
    assert_eq!(closed["rules"], Value::Null, "{closed:#}");

    cluster.apply(&group("/ops")).await;
    cluster.comes(&target(), "Ready", "True", "InForce").await;
    converges(&cluster, "istio").await;
}
