//! What becomes of policy is said once, on its objects.

use std::time::Duration;

use meshglot_apiserver::{crds, installed};
use meshglot_controller::REPORTER;
use serde_json::{Value, json};

use crate::cluster::{Cluster, split, until, virtual_service};

/// Events of an object, oldest first: type, reason, note.
pub(crate) async fn events(cluster: &Cluster, object: &Value) -> Vec<(String, String, String)> {
    let api = cluster.api("events.k8s.io/v1", "Event", Some("shop")).await;
    let mut all: Vec<Value> = api.list(&Default::default()).await.expect("a list").items.iter().map(|one| one.data.clone()).collect();
    let uid = cluster.get(object).await.expect("it is there")["metadata"]["uid"].clone();
    all.retain(|one| one["regarding"]["uid"] == uid && one["reportingController"] == REPORTER);
    all.sort_by_key(|one| one["eventTime"].as_str().map(str::to_owned));
    let text = |one: &Value, name: &str| one[name].as_str().unwrap_or_default().to_owned();
    all.iter().map(|one| (text(one, "type"), text(one, "reason"), text(one, "note"))).collect()
}

fn reasons(events: &[(String, String, String)]) -> Vec<&str> {
    events.iter().map(|(_, reason, _)| reason.as_str()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_change_is_an_event_and_rest_is_none() {
    if !installed() || crds().is_none() {
        return;
    }
    let cluster = Cluster::new(&["istio"]).await;
    let running = cluster.controller("istio").await;
    let web = split("web", [90, 10]);
    cluster.apply(&web).await;
    cluster.comes(&web, "Ready", "True", "InForce").await;
    until("one is there", async || reasons(&events(&cluster, &web).await) == ["Rendered"]).await;
    assert_eq!(events(&cluster, &web).await[0], ("Normal".into(), "Rendered".into(), "1 object for istio".into()));

    cluster.edit(&virtual_service(), &json!({"spec": {"hosts": ["elsewhere"]}})).await;
    running.tells("corrected ").await;
    until("drift is told", async || reasons(&events(&cluster, &web).await) == ["Rendered", "DriftCorrected"]).await;
    let (kind, _, note) = events(&cluster, &web).await.remove(1);
    assert_eq!(kind, "Warning");
    assert!(note.starts_with("kubectl-edit had changed virtualservice.networking.istio.io/shop/meshglot-web"), "{note}");

    cluster.apply(&split("web", [0, 0])).await;
    cluster.comes(&web, "Ready", "False", "Invalid").await;
    until("what is wrong is told", async || reasons(&events(&cluster, &web).await).ends_with(&["Invalid"])).await;
    // Another controller finds what was said in the status.
    running.end().await;
    let running = cluster.controller("istio").await;
    running.tells("in force: ").await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(reasons(&events(&cluster, &web).await), ["Rendered", "DriftCorrected", "Invalid"]);
}
