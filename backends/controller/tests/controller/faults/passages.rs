//! A Mesh that is sent from one backend to the other and back, at random moments of a stream of edits, by a controller that is killed at
//! random points. All states that were ever there are read as each mesh reads them that a pod is in.

use meshglot_apiserver::{crds, definitions, installed};
use serde_json::json;

use super::edits::{Edits, denied};
use super::process::{BOTH, Controller};
use super::record::Record;
use crate::cluster::{Cluster, backends, deployment, service, until, with};
use crate::fresh::{comes_whole, live};
use crate::switch::{VENDORS, account, mesh, of_both, pod};

/// How often it is killed. `MESHGLOT_KILLS=200` makes it more by hand.
const KILLS: usize = 40;

/// Where the Mesh and its only pod are.
struct Place {
    named: &'static str,
    pod: (String, &'static str),
    moves: usize,
}

impl Place {
    /// Restarts the pod in the other mesh, if the Mesh says that nothing else is left to be done.
    async fn follow(&mut self, cluster: &Cluster) {
        let ready = cluster.condition(&mesh("main", self.named, json!({})), "Ready").await;
        let waits = format!("in {} still: restart it in {}", self.pod.1, self.named);
        if !ready.is_some_and(|(_, _, why)| why.contains(&waits)) {
            return;
        }
        self.moves += 1;
        let next = (format!("web-{}", self.moves), self.named);
        cluster.apply(&pod(&next.0, &format!("{}-proxy", next.1))).await;
        cluster.delete(&pod(&self.pod.0, "")).await;
        self.pod = next;
    }

    async fn turn(&mut self, cluster: &Cluster) {
        self.named = if self.named == "istio" { "linkerd" } else { "istio" };
        cluster.apply(&mesh("main", self.named, json!({}))).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_let_in_on_the_way_wherever_the_controller_is_killed() {
    if !installed() || crds().is_none() || definitions("linkerd").is_none() {
        return;
    }
    let kills: usize = std::env::var("MESHGLOT_KILLS").ok().and_then(|kills| kills.parse().ok()).unwrap_or(KILLS);
    let cluster = Cluster::new(&VENDORS).await;
    let kubeconfig = cluster.server.kubeconfig(cluster.server.admin()).expect("written");
    let mut place = Place { named: "istio", pod: ("web-0".to_owned(), "istio"), moves: 0 };
    let main = mesh("main", "istio", json!({}));
    for object in [&main, &account("web"), &pod("web-0", "istio-proxy")] {
        cluster.apply(object).await;
    }
    let mut edits = Edits::of(&cluster, 3).await;
    let first = with(cluster.client.clone(), of_both());
    edits.settle(&cluster).await;
    first.end().await;
    let record = Record::of(&cluster, backends(&["istio", "linkerd"])).await;
    for round in 0..kills {
        let running = Controller::start(&kubeconfig, None, [BOTH]);
        for _ in 0..3 {
            if edits.one_of(3) {
                place.turn(&cluster).await;
            }
            edits.next(&cluster).await;
            edits.pause(if round % 2 == 0 { 300 } else { 1_500 }).await;
            place.follow(&cluster).await;
        }
        drop(running);
    }
    assert!(place.moves > 2, "the pod has moved {} times: that is no test of it", place.moves);
    // It comes to rest where it was not at first.
    let _running = Controller::start(&kubeconfig, None, [BOTH]);
    if place.named == "istio" {
        place.turn(&cluster).await;
    }
    edits.settle(&cluster).await;
    let place = tokio::sync::Mutex::new(place);
    until("the Mesh has arrived", async || {
        let mut place = place.lock().await;
        place.follow(&cluster).await;
        place.pod.1 == "linkerd" && live(&cluster, "istio").await.is_empty()
    })
    .await;
    cluster.comes(&mesh("main", "linkerd", json!({})), "Ready", "True", "InForce").await;
    comes_whole(&cluster, "linkerd").await;
    edits.spares_others(&cluster).await;
    let looks = record.replay(&[service("web-v1"), deployment("web")], &denied());
    eprintln!("{kills} kills, {} moves: {looks} states were looked at", place.lock().await.moves);
    assert!(looks > kills, "{looks} states");
}
