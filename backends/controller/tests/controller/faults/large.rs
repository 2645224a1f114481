//! Policy whose rendering no API server takes.

use meshglot_apiserver::{crds, installed};
use serde_json::{Value, json};

use crate::cluster::{Cluster, deployment, split};

/// So many sources make a TrafficTarget that can be stored, and an AuthorizationPolicy that cannot.
const SOURCES: usize = 14_000;

#[tokio::test(flavor = "multi_thread")]
async fn it_is_told_and_everything_else_goes_on() {
    if !installed() || crds().is_none() {
        return;
    }
    let cluster = Cluster::new(&["istio"]).await;
    cluster.apply(&deployment("web")).await;
    let _running = cluster.controller("istio").await;
    let account = |at: usize| json!({"kind": "ServiceAccount", "name": format!("caller-with-a-long-name-{at:05}"), "namespace": "shop"});
    let sources: Vec<Value> = (0..SOURCES).map(account).collect();
    let target = json!({
        "apiVersion": "access.smi-spec.io/v1alpha3", "kind": "TrafficTarget", "metadata": {"name": "all", "namespace": "shop"},
        "spec": {
            "destination": {"kind": "ServiceAccount", "name": "web", "namespace": "shop"},
            "rules": [{"kind": "HTTPRouteGroup", "name": "all"}],
            "sources": sources,
        },
    });
    // Each is a rule of its own there, with all sources.
    let matches = ["a", "b", "c"].map(|name| json!({"name": name, "pathRegex": "/", "headers": [{"x-kind": name}]}));
    let route = json!({
        "apiVersion": "specs.smi-spec.io/v1alpha4", "kind": "HTTPRouteGroup", "metadata": {"name": "all", "namespace": "shop"},
        "spec": {"matches": matches},
    });
    assert!(target.to_string().len() > 1 << 20, "{} bytes", target.to_string().len());
    cluster.apply(&route).await;
    cluster.apply(&target).await;
    let web = split("web", [90, 10]);
    cluster.apply(&web).await;
    cluster.comes(&web, "Ready", "True", "InForce").await;
    let begin = std::time::Instant::now();
    let told = loop {
        match cluster.condition(&target, "Applied").await {
            Some((status, reason, message)) if status == "False" && reason != "Pending" => break (reason, message),
            Some((status, ..)) if status == "True" => break ("InForce".to_owned(), String::new()),
            _ => tokio::time::sleep(std::time::Duration::from_millis(50)).await,
        }
        assert!(begin.elapsed().as_secs() < 60, "nothing is told");
    };
    assert_eq!(told.0, "Rejected", "{told:?}");
    assert!(told.1.contains("too large"), "{told:?}");
    cluster.apply(&split("web", [50, 50])).await;
    cluster.comes(&web, "Ready", "True", "InForce").await;
}
