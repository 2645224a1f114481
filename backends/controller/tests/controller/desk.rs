//! What a controller knows, asked of one that writes and of one that does not.

use meshglot_apiserver::{crds, installed};
use meshglot_controller::{Desk, Election, LEASE_DURATION, Settings};
use serde_json::{Value, json};

use crate::cluster::{Cluster, Running, settings, split, until, virtual_service, with};

/// Two controllers, of which one writes, and where each is asked.
async fn replicas(cluster: &Cluster) -> (Vec<Running>, Vec<Desk>) {
    let mut running = Vec::new();
    let mut desks = Vec::new();
    for identity in ["first", "second"] {
        let client = cluster.server.access().client_that_asks_once(cluster.server.admin()).await.expect("a client");
        let election = Some(Election { namespace: "shop".to_owned(), identity: identity.to_owned(), duration: LEASE_DURATION });
        let desk = Desk::default();
        desks.push(desk.clone());
        running.push(with(client, Settings { election, desk, ..settings("istio") }));
    }
    (running, desks)
}

#[tokio::test(flavor = "multi_thread")]
async fn each_replica_tells_the_policy_as_it_is_written_now() {
    if !installed() || crds().is_none() {
        return;
    }
    let cluster = Cluster::new(&["istio"]).await;
    let (running, desks) = replicas(&cluster).await;
    let holds = async |desk: &Desk, words: &str| {
        let texts = desk.texts().await.expect("it runs");
        // A Service of that name may have any number in its address.
        texts.is_complete && texts.sources.iter().any(|source| source.name() == "TrafficSplit/shop/web" && source.text().contains(words))
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

/// What is answered where the API server asks whether a split may be created.
async fn asked(desk: &Desk, split: &Value) -> Value {
    let request = json!({"uid": "1", "operation": "CREATE", "namespace": "shop", "object": split, "oldObject": null,
        "kind": {"group": "split.smi-spec.io", "version": "v1alpha4", "kind": "TrafficSplit"}});
    let review = json!({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": request});
    desk.review(&review).await.expect("an answer")["response"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_review_is_answered_by_the_policy_of_the_cluster_on_each_replica() {
    if !installed() || crds().is_none() {
        return;
    }
    let cluster = Cluster::new(&["istio"]).await;
    cluster.apply(&split("web", [90, 10])).await;
    let (running, desks) = replicas(&cluster).await;
    let warnings = async |desk: &Desk, split: &Value| {
        let told = asked(desk, split).await;
        assert_eq!(told["allowed"], true, "{told}");
        told["warnings"].to_string()
    };
    let mut lost = split("web", [1, 1]);
    lost["spec"]["backends"][0]["service"] = "nobody".into();
    let mut wrong = split("web", [1, 1]);
    wrong["spec"]["backends"][0]["weight"] = "much".into();
    for desk in &desks {
        until("it knows the cluster", async || desk.texts().await.is_some_and(|texts| texts.is_complete)).await;
        assert_eq!(warnings(desk, &split("web", [50, 50])).await, "null", "nothing is wrong with it");
        let told = warnings(desk, &lost).await;
        assert!(told.contains("MG0101 .spec.backends[0].service: "), "{told}");
        let told = warnings(desk, &split("web-too", [1, 1])).await;
        assert!(told.contains("MG0202"), "{told}");
        let told = asked(desk, &wrong).await;
        assert!(told["allowed"] == false && told["status"]["message"].as_str().is_some_and(|why| why.starts_with("MG0302 ")), "{told}");
    }
    // Nothing of the questions is in what is written.
    cluster.comes(&split("web", [90, 10]), "Ready", "True", "InForce").await;
    let written = cluster.get(&virtual_service()).await.expect("it is rendered").to_string();
    assert!(written.contains("90") && !written.contains("nobody"), "{written}");
    for one in running {
        one.end().await;
    }
    let told = warnings(&desks[0], &lost).await;
    assert!(told.contains("the controller does not answer"), "{told}");
}
