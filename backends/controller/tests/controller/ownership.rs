//! What is somebody else's stays, and what is ours comes back.

use meshglot_apiserver::{crds, installed};
use serde_json::{Value, json};

use crate::cluster::{Cluster, split, until, virtual_service};
use crate::fresh::converges;

#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_object_of_the_name_is_not_touched() {
    if !installed() || crds().is_none() {
        return;
    }
    let cluster = Cluster::new(&["istio"]).await;
    let mut foreign = virtual_service();
    foreign["spec"] = json!({"hosts": ["web"], "http": [{"route": [{"destination": {"host": "web-v1"}}]}]});
    cluster.apply_as("somebody", &foreign).await;
    let before = cluster.get(&foreign).await;
    let running = cluster.controller("istio").await;
    let web = split("web", [90, 10]);
    cluster.apply(&web).await;
    let message = cluster.comes(&web, "Applied", "False", "Rejected").await;
    assert!(message.contains("virtualservice.networking.istio.io/shop/meshglot-web is there already, and not ours"), "{message}");
    cluster.comes(&web, "Ready", "False", "NotApplied").await;
    running.tells("is there already, and not ours").await;
    cluster.delete(&web).await;
    assert_eq!(cluster.get(&foreign).await, before);
    // Where its owner takes it away, ours comes.
    cluster.apply(&web).await;
    cluster.comes(&web, "Applied", "False", "Rejected").await;
    assert_eq!(cluster.get(&foreign).await, before);
    cluster.delete(&foreign).await;
    cluster.comes(&web, "Ready", "True", "InForce").await;
    converges(&cluster, "istio").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_of_ours_is_corrected_and_a_deletion_undone() {
    if !installed() || crds().is_none() {
        return;
    }
    let cluster = Cluster::new(&["istio"]).await;
    let running = cluster.controller("istio").await;
    let web = split("web", [90, 10]);
    cluster.apply(&web).await;
    cluster.comes(&web, "Ready", "True", "InForce").await;
    cluster.edit(&virtual_service(), &json!({"spec": {"hosts": ["elsewhere.example"]}})).await;
    running.tells("corrected virtualservice.networking.istio.io/shop/meshglot-web").await;
    converges(&cluster, "istio").await;
    // Labels and annotations of others stay.
    cluster.edit(&virtual_service(), &json!({"metadata": {"labels": {"team": "a"}}, "spec": {"http": []}})).await;
    let is_back = |found: &Value| found["spec"]["http"][0]["route"][0]["weight"] == 9;
    until("the route", async || cluster.get(&virtual_service()).await.is_some_and(|found| is_back(&found))).await;
    assert_eq!(cluster.get(&virtual_service()).await.expect("it is there")["metadata"]["labels"]["team"], "a");
    cluster.delete(&virtual_service()).await;
    until("a new one", async || cluster.get(&virtual_service()).await.is_some_and(|found| is_back(&found))).await;
    cluster.comes(&web, "Ready", "True", "InForce").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fields_that_another_applies_as_its_own_are_a_conflict() {
    if !installed() || crds().is_none() {
        return;
    }
    let cluster = Cluster::new(&["istio"]).await;
    let _running = cluster.controller("istio").await;
    let web = split("web", [90, 10]);
    cluster.apply(&web).await;
    cluster.comes(&web, "Ready", "True", "InForce").await;
    let mut taken = virtual_service();
    taken["spec"] = json!({"hosts": ["elsewhere.example"]});
    cluster.apply_as("argocd", &taken).await;
    let message = cluster.comes(&web, "Applied", "False", "Rejected").await;
    assert!(message.contains("argocd"), "{message}");
    assert_eq!(cluster.get(&virtual_service()).await.expect("it is there")["spec"]["hosts"], json!(["elsewhere.example"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn drift_is_reported_or_ignored_where_that_is_asked_for() {
    if !installed() || crds().is_none() {
        return;
    }
    let cluster = Cluster::new(&["istio"]).await;
    let _running = cluster.controller("istio").await;
    let mut web = split("web", [90, 10]);
    web["metadata"]["annotations"] = json!({"meshglot.dev/drift": "report"});
    cluster.apply(&web).await;
    cluster.comes(&web, "Ready", "True", "InForce").await;
    cluster.edit(&virtual_service(), &json!({"spec": {"hosts": ["elsewhere.example"]}})).await;
    let message = cluster.comes(&web, "Applied", "False", "Drifted").await;
    assert!(message.contains("kubectl-edit has changed"), "{message}");
    assert_eq!(cluster.get(&virtual_service()).await.expect("it is there")["spec"]["hosts"], json!(["elsewhere.example"]));
    web["metadata"]["annotations"] = json!({"meshglot.dev/drift": "ignore"});
    cluster.apply(&web).await;
    cluster.comes(&web, "Ready", "True", "InForce").await;
    assert_eq!(cluster.get(&virtual_service()).await.expect("it is there")["spec"]["hosts"], json!(["elsewhere.example"]));
    web["metadata"]["annotations"] = json!({"meshglot.dev/drift": "correct"});
    cluster.apply(&web).await;
    converges(&cluster, "istio").await;
}
