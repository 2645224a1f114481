//! Somebody who edits what is ours again and again.

use std::time::{Duration, Instant};

use meshglot_apiserver::{Gate, crds, installed};
use serde_json::json;

use crate::cluster::{Cluster, controller, split, virtual_service};
use crate::fresh::converges;

#[tokio::test(flavor = "multi_thread")]
async fn a_manager_that_rewrites_our_fields_is_corrected_once_each_time() {
    if !installed() || crds().is_none() {
        return;
    }
    let cluster = Cluster::new(&["istio"]).await;
    let gate = Gate::before(&cluster.server).await.expect("a gate");
    let running = controller(gate.access().client_that_asks_once(cluster.server.admin()).await.expect("a client"), "istio");
    let web = split("web", [90, 10]);
    cluster.apply(&web).await;
    cluster.comes(&web, "Ready", "True", "InForce").await;
    gate.forget();
    let begin = Instant::now();
    let mut edits: u64 = 0;
    while begin.elapsed() < Duration::from_secs(5) {
        let weight = 100 + edits;
        cluster
            .edit(&virtual_service(), &json!({"spec": {"http": [{"route": [{"destination": {"host": "web-v2"}, "weight": weight}]}]}}))
            .await;
        edits += 1;
        tokio::time::sleep(Duration::from_millis(60)).await;
    }
    converges(&cluster, "istio").await;
    cluster.comes(&web, "Ready", "True", "InForce").await;
    let corrected = running.told().iter().filter(|line| line.starts_with("corrected")).count();
    assert!(corrected > 0, "{:?}", running.told());
    // A correction is a conflict and a forced apply; beside it statuses and Events are written at their own pace.
    let writes = gate.counts().writes();
    assert!(writes < 5 * edits + 20, "{writes} writes for {edits} edits: {:?}", gate.counts());
    tokio::time::sleep(Duration::from_secs(2)).await;
    gate.forget();
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(gate.counts().writes(), 0, "{:?}", gate.counts());
}
