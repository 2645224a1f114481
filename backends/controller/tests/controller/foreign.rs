//! Definitions of SMI that somebody else has installed: one version, no status.

use meshglot_apiserver::{crds, installed};
use serde_json::{Value, json};

use crate::cluster::{Cluster, split, until, virtual_service};
use crate::events::events;

/// Splits as an older mesh defines them.
fn definition() -> Value {
    let schema = json!({"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}});
    json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": "trafficsplits.split.smi-spec.io"},
        "spec": {
            "group": "split.smi-spec.io", "scope": "Namespaced",
            "names": {"kind": "TrafficSplit", "listKind": "TrafficSplitList", "plural": "trafficsplits", "singular": "trafficsplit"},
            "versions": [{"name": "v1alpha2", "served": true, "storage": true, "schema": schema}],
        },
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn they_are_used_as_they_are_and_events_say_what_a_status_would() {
    if !installed() || crds().is_none() {
        return;
    }
    let cluster = Cluster::with(vec![definition()], &["istio"]).await;
    let running = cluster.controller("istio").await;
    let of = |weights: [i64; 2]| {
        let mut web = split("web", weights);
        web["apiVersion"] = json!("split.smi-spec.io/v1alpha2");
        web
    };
    let web = of([90, 10]);
    cluster.apply(&web).await;
    running.tells("applied virtualservice").await;
    let last = async || events(&cluster, &web).await.pop().map(|(_, reason, _)| reason);
    until("it is in force", async || last().await.as_deref() == Some("Rendered")).await;
    cluster.apply(&of([0, 0])).await;
    until("it is wrong", async || last().await.as_deref() == Some("Invalid")).await;
    assert!(cluster.get(&virtual_service()).await.is_some(), "the last good one stays");
    assert_eq!(cluster.get(&web).await.expect("it is there").get("status"), None);
    // What is kept of it is there for the next one, which says it once more.
    drop(running);
    let running = cluster.controller("istio").await;
    running.tells("in force: ").await;
    assert!(cluster.get(&virtual_service()).await.is_some());
    cluster.apply(&of([50, 50])).await;
    until("it is in force again", async || last().await.as_deref() == Some("Rendered")).await;
    let kept = cluster.get(&virtual_service()).await.expect("it is there")["spec"]["http"][0]["route"][0]["weight"].clone();
    assert_eq!(kept, 1);
}
