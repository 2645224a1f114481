//! What is not installed, who does not answer, and ends at any time.

use std::time::Duration;

use meshglot_apiserver::{crds, installed};
use serde_json::json;

use crate::cluster::{Cluster, definitions, split, virtual_service};
use crate::fresh::converges;

#[tokio::test(flavor = "multi_thread")]
async fn a_mesh_that_is_installed_later_gets_its_objects_then() {
    if !installed() || crds().is_none() {
        return;
    }
    let cluster = Cluster::new(&[]).await;
    let running = cluster.controller("istio").await;
    let web = split("web", [90, 10]);
    cluster.apply(&web).await;
    let message = cluster.comes(&web, "Applied", "False", "Pending").await;
    assert!(message.contains("VirtualService (networking.istio.io/v1) is not installed"), "{message}");
    running.tells("VirtualService is not installed").await;
    cluster.define(definitions("istio")).await;
    cluster.comes(&web, "Ready", "True", "InForce").await;
    running.tells("VirtualService is installed").await;
    converges(&cluster, "istio").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_api_server_that_was_away_is_brought_up_to_date() {
    if !installed() || crds().is_none() {
        return;
    }
    let mut cluster = Cluster::new(&["istio"]).await;
    let running = cluster.controller("istio").await;
    let web = split("web", [90, 10]);
    cluster.apply(&web).await;
    cluster.comes(&web, "Ready", "True", "InForce").await;
    cluster.server.kill();
    running.tells("the API server does not answer").await;
    cluster.server.restart().await.expect("it comes back");
    cluster.apply(&split("web", [50, 50])).await;
    cluster.comes(&web, "Ready", "True", "InForce").await;
    converges(&cluster, "istio").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_ends_anywhere_is_taken_over_where_it_was() {
    if !installed() || crds().is_none() {
        return;
    }
    let cluster = Cluster::new(&["istio"]).await;
    let mut foreign = virtual_service();
    foreign["metadata"]["name"] = json!("theirs");
    foreign["spec"] = json!({"hosts": ["web-v2"], "http": [{"route": [{"destination": {"host": "web-v2"}}]}]});
    cluster.apply_as("somebody", &foreign).await;
    let before = cluster.get(&foreign).await;
    let mut extra = split("extra", [1, 1]);
    extra["spec"]["service"] = json!("web-v1");
    for round in 0..10 {
        let running = cluster.controller("istio").await;
        cluster.apply(&split("web", [round, 100 - round])).await;
        if round % 2 == 0 {
            cluster.apply(&extra).await;
        } else {
            cluster.delete(&extra).await;
        }
        // Before it has listed, while it writes, after it: each round somewhere else.
        tokio::time::sleep(Duration::from_millis(fastrand::u64(0..900))).await;
        drop(running);
    }
    cluster.apply(&split("web", [42, 58])).await;
    let _running = cluster.controller("istio").await;
    cluster.comes(&split("web", [42, 58]), "Ready", "True", "InForce").await;
    converges(&cluster, "istio").await;
    assert_eq!(cluster.get(&foreign).await, before);
}
