//! An API server that answers slowly, with errors, or not to the end.

use std::time::Duration;

use meshglot_apiserver::{Fault, Gate, crds, installed};

use super::edits::Edits;
use crate::cluster::{Cluster, controller, split};

#[tokio::test(flavor = "multi_thread")]
async fn storms_pass_and_nothing_is_lost() {
    if !installed() || crds().is_none() {
        return;
    }
    let cluster = Cluster::new(&["istio"]).await;
    let (mut edits, guard) = Edits::begin(&cluster, 3).await;
    let gate = Gate::before(&cluster.server).await.expect("a gate");
    let _running = controller(gate.access().client_that_asks_once(cluster.server.admin()).await.expect("a client"), "istio");
    let storms = [
        Fault::Answer { status: 429, retry_after: Some(1), percent: 60 },
        Fault::Answer { status: 500, retry_after: None, percent: 60 },
        Fault::Answer { status: 503, retry_after: Some(1), percent: 100 },
        Fault::Slow(Duration::from_millis(400)),
        Fault::Refuse,
    ];
    for storm in storms {
        gate.make(storm);
        for _ in 0..8 {
            edits.next(&cluster).await;
            edits.pause(400).await;
            // Whatever is carried ends in its middle.
            gate.cut();
        }
        gate.heal();
        let web = split("web", [1, 2]);
        cluster.apply(&web).await;
        cluster.comes(&web, "Ready", "True", "InForce").await;
    }
    let looks = edits.end(&cluster, &guard).await;
    eprintln!("storms: {looks} states were looked at");
}

/// Errors are answered by pauses: a storm is not made worse.
#[tokio::test(flavor = "multi_thread")]
async fn who_is_refused_asks_less_often() {
    if !installed() || crds().is_none() {
        return;
    }
    let cluster = Cluster::new(&["istio"]).await;
    let (mut edits, _guard) = Edits::begin(&cluster, 4).await;
    let gate = Gate::before(&cluster.server).await.expect("a gate");
    let running = controller(gate.access().client_that_asks_once(cluster.server.admin()).await.expect("a client"), "istio");
    running.tells("in force: ").await;
    gate.make(Fault::Answer { status: 429, retry_after: Some(1), percent: 100 });
    gate.cut();
    for _ in 0..3 {
        edits.next(&cluster).await;
    }
    gate.forget();
    tokio::time::sleep(Duration::from_secs(10)).await;
    let asked = gate.counts().reads() + gate.counts().writes();
    // Some 45 kinds are watched, each by pauses from 0.3 s that double.
    assert!(asked < 600, "{asked} requests in 10 s");
}
