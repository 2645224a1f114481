//! A controller that is killed at random points of a stream of edits. `MESHGLOT_KILLS=200` makes it more by hand.

use meshglot_apiserver::{crds, installed};

use super::edits::Edits;
use super::process::Controller;
use crate::cluster::Cluster;

/// How often it is killed.
const KILLS: usize = 40;

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_and_nobody_is_let_in_wherever_it_is_killed() {
    if !installed() || crds().is_none() {
        return;
    }
    let kills: usize = std::env::var("MESHGLOT_KILLS").ok().and_then(|kills| kills.parse().ok()).unwrap_or(KILLS);
    let cluster = Cluster::new(&["istio"]).await;
    let kubeconfig = cluster.server.kubeconfig(cluster.server.admin()).expect("written");
    let (mut edits, guard) = Edits::begin(&cluster, 2).await;
    for round in 0..kills {
        let running = Controller::start(&kubeconfig, None, []);
        // Before it has listed, while it writes, after it: each round somewhere else.
        for _ in 0..3 {
            edits.next(&cluster).await;
            edits.pause(if round % 2 == 0 { 300 } else { 1_000 }).await;
        }
        drop(running);
    }
    let _running = Controller::start(&kubeconfig, None, []);
    let looks = edits.end(&cluster, &guard).await;
    eprintln!("{kills} kills: {looks} states were looked at");
    assert!(looks > kills, "{looks} states");
}
