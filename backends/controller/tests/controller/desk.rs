//! What a controller knows, asked of one that writes and of one that does not.

use meshglot_apiserver::{crds, installed};
use meshglot_controller::{Desk, Election, LEASE_DURATION, Settings};

use crate::cluster::{Cluster, settings, split, until, with};

#[tokio::test(flavor = "multi_thread")]
async fn each_replica_tells_the_policy_as_it_is_written_now() {
    if !installed() || crds().is_none() {
        return;
    }
    let cluster = Cluster::new(&["istio"]).await;
    let mut running = Vec::new();
    let mut desks = Vec::new();
    for identity in ["first", "second"] {
        let client = cluster.server.access().client_that_asks_once(cluster.server.admin()).await.expect("a client");
        let election = Some(Election { namespace: "shop".to_owned(), identity: identity.to_owned(), duration: LEASE_DURATION });
        let desk = Desk::default();
        desks.push(desk.clone());
        running.push(with(client, Settings { election, desk, ..settings("istio") }));
    }
    let holds = async |desk: &Desk, words: &str| {
        let texts = desk.texts().await.expect("it runs");
        texts.is_complete && texts.sources.iter().any(|source| source.name().contains("web") && source.text().contains(words))
    };
    cluster.apply(&split("web", [90, 10])).await;
    for desk in &desks {
        until("it is told", async || holds(desk, "90").await).await;
    }
    let before: Vec<u64> = desks.iter().map(|desk| *desk.changes().borrow()).collect();
    // Negative weights are refused by the definition; a sum of nothing is refused by each mesh, so that the one before stands in.
    cluster.apply(&split("web", [0, 0])).await;
    for (desk, before) in desks.iter().zip(before) {
        until("it is told as it is written", async || !holds(desk, "90").await).await;
        let texts = desk.texts().await.expect("it runs");
        assert!(texts.edits > before && texts.edits == *desk.changes().borrow(), "{} after {before}", texts.edits);
    }
    for one in running {
        one.end().await;
    }
    assert!(desks[0].texts().await.is_none(), "one that has ended says nothing");
}
