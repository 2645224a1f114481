//! Several controllers, of which one writes.

use std::time::{Duration, Instant};

use meshglot_apiserver::{Fault, Gate, crds, installed};
use meshglot_controller::{Election, LEASE, LEASE_DURATION};
use serde_json::{Value, json};

use crate::cluster::{Cluster, Running, elected, split, until, virtual_service};
use crate::fresh::converges;

/// So that a holder that has gone is not believed for long.
pub(crate) const BRIEF: Duration = Duration::from_secs(3);

fn election(identity: &str, duration: Duration) -> Option<Election> {
    Some(Election { namespace: "shop".to_owned(), identity: identity.to_owned(), duration })
}

async fn started(cluster: &Cluster, identity: &str, duration: Duration) -> Running {
    let client = cluster.server.access().client_that_asks_once(cluster.server.admin()).await.expect("a client");
    elected(client, "istio", election(identity, duration))
}

pub(crate) fn lease() -> Value {
    json!({"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"name": LEASE, "namespace": "shop"}})
}

async fn weight(cluster: &Cluster) -> Option<Value> {
    Some(cluster.get(&virtual_service()).await?["spec"]["http"][0]["route"][0]["weight"].clone())
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_ends_hands_over_at_once() {
    if !installed() || crds().is_none() {
        return;
    }
    let cluster = Cluster::new(&["istio"]).await;
    let first = started(&cluster, "first", LEASE_DURATION).await;
    first.tells("in force: ").await;
    let second = started(&cluster, "second", LEASE_DURATION).await;
    second.tells("standing by: first writes").await;
    let web = split("web", [90, 10]);
    cluster.apply(&web).await;
    cluster.comes(&web, "Ready", "True", "InForce").await;
    assert!(!second.told().iter().any(|line| line.starts_with("applied")), "{:?}", second.told());

    let begin = Instant::now();
    first.end().await;
    assert!(begin.elapsed() < Duration::from_secs(5), "it ends after {:?}", begin.elapsed());
    cluster.apply(&split("web", [50, 50])).await;
    cluster.comes(&web, "Ready", "True", "InForce").await;
    // A holder that had not given it up would be believed for 15 s.
    assert!(begin.elapsed() < Duration::from_secs(13), "the other one takes over after {:?}", begin.elapsed());
    second.tells("in force: ").await;
    let held = cluster.get(&lease()).await.expect("it is there")["spec"].clone();
    assert_eq!((&held["holderIdentity"], &held["leaseTransitions"]), (&json!("second"), &json!(2)));
    converges(&cluster, "istio").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_is_cut_off_writes_no_more_and_another_one_does() {
    if !installed() || crds().is_none() {
        return;
    }
    let cluster = Cluster::new(&["istio"]).await;
    let gate = Gate::before(&cluster.server).await.expect("a gate");
    let behind = gate.access().client_that_asks_once(cluster.server.admin()).await.expect("a client");
    let first = elected(behind, "istio", election("first", BRIEF));
    first.tells("in force: ").await;
    let second = started(&cluster, "second", BRIEF).await;
    second.tells("standing by: first writes").await;
    let web = split("web", [90, 10]);
    cluster.apply(&web).await;
    cluster.comes(&web, "Ready", "True", "InForce").await;

    gate.make(Fault::Refuse);
    gate.cut();
    second.tells("in force: ").await;
    // It has noticed before the other one could begin.
    let stood_by = |running: &Running| running.told().iter().any(|line| line.starts_with("standing by"));
    assert!(stood_by(&first), "{:?}", first.told());
    cluster.apply(&split("web", [50, 50])).await;
    cluster.comes(&web, "Ready", "True", "InForce").await;
    gate.forget();
    gate.heal();
    first.tells("standing by: second writes").await;
    cluster.apply(&split("web", [20, 80])).await;
    until("the second one's", async || weight(&cluster).await == Some(json!(1))).await;
    cluster.comes(&web, "Ready", "True", "InForce").await;
    assert_eq!(gate.counts().writes(), 0, "{:?}", gate.counts());
    converges(&cluster, "istio").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_is_gone_is_waited_for_as_long_as_it_said() {
    if !installed() || crds().is_none() {
        return;
    }
    let cluster = Cluster::new(&["istio"]).await;
    let gate = Gate::before(&cluster.server).await.expect("a gate");
    let behind = gate.access().client_that_asks_once(cluster.server.admin()).await.expect("a client");
    let first = elected(behind, "istio", election("first", BRIEF));
    first.tells("in force: ").await;
    // It cannot give it up any more.
    gate.make(Fault::Refuse);
    gate.cut();
    drop(first);
    // Of a clock that goes wrong by a year: it is not what is looked at.
    cluster.edit(&lease(), &json!({"spec": {"renewTime": "2001-01-01T00:00:00.000000Z"}})).await;
    let begin = Instant::now();
    let second = started(&cluster, "second", BRIEF).await;
    second.tells("in force: ").await;
    assert!(begin.elapsed() > BRIEF, "after {:?}", begin.elapsed());
    let web = split("web", [90, 10]);
    cluster.apply(&web).await;
    cluster.comes(&web, "Ready", "True", "InForce").await;
}
