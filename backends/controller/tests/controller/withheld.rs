//! What would allow more than the policy says is not written, and then nothing is.

use meshglot_apiserver::{crds, installed};
use serde_json::json;

use crate::cluster::{Cluster, deployment, split, until, virtual_service};
use crate::fresh::converges;

#[tokio::test(flavor = "multi_thread")]
async fn a_rule_that_protects_nobody_stops_all_writes_until_it_does() {
    if !installed() || crds().is_none() {
        return;
    }
    let cluster = Cluster::new(&["istio"]).await;
    let running = cluster.controller("istio").await;
    let web = split("web", [90, 10]);
    cluster.apply(&web).await;
    cluster.comes(&web, "Ready", "True", "InForce").await;
    let before = cluster.get(&virtual_service()).await.expect("it is there");

    let target = json!({
        "apiVersion": "access.smi-spec.io/v1alpha3", "kind": "TrafficTarget", "metadata": {"name": "callers", "namespace": "shop"},
        "spec": {
            "destination": {"kind": "ServiceAccount", "name": "web"},
            "rules": [{"kind": "TCPRoute", "name": "all"}],
            "sources": [{"kind": "ServiceAccount", "name": "caller"}],
        },
    });
    let route = json!({
        "apiVersion": "specs.smi-spec.io/v1alpha4", "kind": "TCPRoute", "metadata": {"name": "all", "namespace": "shop"},
        "spec": {"matches": {"ports": [80]}},
    });
    cluster.apply(&route).await;
    cluster.apply(&target).await;
    let message = cluster.comes(&target, "Translated", "False", "Refused").await;
    assert!(message.contains("MG0502"), "{message}");
    running.tells("nothing is written for istio: it would allow more than the policy says (MG0502)").await;
    // Neither is what has nothing to do with it, nor is anything deleted.
    cluster.apply(&split("web", [50, 50])).await;
    cluster.comes(&web, "Ready", "False", "Refused").await;
    assert_eq!(cluster.get(&virtual_service()).await.expect("it is there")["spec"], before["spec"]);

    cluster.apply(&deployment("web")).await;
    cluster.comes(&target, "Ready", "True", "InForce").await;
    cluster.comes(&web, "Ready", "True", "InForce").await;
    converges(&cluster, "istio").await;
    let policy = json!({"apiVersion": "security.istio.io/v1", "kind": "AuthorizationPolicy"});
    let api = cluster.api(policy["apiVersion"].as_str().expect("a version"), "AuthorizationPolicy", Some("shop")).await;
    let count = async || api.list(&Default::default()).await.expect("a list").items.len();
    assert_eq!(count().await, 1);
    // With the rule goes what it has closed.
    cluster.delete(&target).await;
    until("no policy", async || count().await == 0).await;
}
