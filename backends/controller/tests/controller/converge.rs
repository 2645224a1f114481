//! Policy becomes objects, an edit another object, and a deletion none.

use std::time::Duration;

use meshglot_apiserver::{Gate, crds, installed};
use serde_json::json;

use crate::cluster::{Cluster, controller, split, until, virtual_service};
use crate::fresh::{converges, live, rendered};

#[tokio::test(flavor = "multi_thread")]
async fn what_is_rendered_is_there_is_changed_and_goes() {
    if !installed() || crds().is_none() {
        return;
    }
    let cluster = Cluster::new(&["istio"]).await;
    let running = cluster.controller("istio").await;
    running.tells("in force: ").await;
    let web = split("web", [90, 10]);
    cluster.apply(&web).await;
    cluster.comes(&web, "Ready", "True", "InForce").await;
    assert_eq!(live(&cluster, "istio").await, rendered(&cluster, "istio").await);
    assert_eq!(live(&cluster, "istio").await.len(), 1);
    let summary = cluster.get(&web).await.expect("it is there")["status"]["summary"].clone();
    assert_eq!(summary, json!({"ready": "1/1", "backend": "istio", "loss": "exact", "objects": "1/1", "synced": "-"}));

    cluster.apply(&split("web", [50, 50])).await;
    cluster.comes(&web, "Ready", "True", "InForce").await;
    let weight = cluster.get(&virtual_service()).await.expect("it is there")["spec"]["http"][0]["route"][0]["weight"].clone();
    assert_eq!(weight, 1);
    assert_eq!(live(&cluster, "istio").await, rendered(&cluster, "istio").await);

    cluster.delete(&web).await;
    converges(&cluster, "istio").await;
    assert_eq!(cluster.get(&virtual_service()).await, None);
    running.tells("deleted virtualservice.networking.istio.io/shop/meshglot-web").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_object_is_told_and_others_go_on() {
    if !installed() || crds().is_none() {
        return;
    }
    let cluster = Cluster::new(&["istio"]).await;
    // The API server takes it: it cannot know that all weights are 0.
    let wrong = split("wrong", [0, 0]);
    cluster.apply(&wrong).await;
    let _running = cluster.controller("istio").await;
    cluster.comes(&wrong, "Ready", "False", "Invalid").await;
    cluster.comes(&wrong, "Stalled", "True", "Invalid").await;
    cluster.delete(&wrong).await;
    cluster.apply(&split("wrong", [0, 0])).await;
    let mut other = split("other", [3, 1]);
    other["spec"]["service"] = json!("web-v1");
    cluster.apply(&other).await;
    cluster.comes(&other, "Ready", "True", "InForce").await;
    cluster.comes(&wrong, "Ready", "False", "Invalid").await;
    cluster.apply(&split("wrong", [1, 0])).await;
    cluster.comes(&wrong, "Ready", "True", "InForce").await;
    assert_eq!(cluster.condition(&wrong, "Stalled").await, None);
    converges(&cluster, "istio").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn at_rest_nothing_is_written() {
    if !installed() || crds().is_none() {
        return;
    }
    let cluster = Cluster::new(&["istio"]).await;
    let gate = Gate::before(&cluster.server).await.expect("a gate");
    let _running = controller(gate.access().client_that_asks_once(cluster.server.admin()).await.expect("a client"), "istio");
    let web = split("web", [90, 10]);
    cluster.apply(&web).await;
    let mut wrong = split("wrong", [0, 0]);
    wrong["spec"]["service"] = json!("web-v1");
    cluster.apply(&wrong).await;
    cluster.comes(&web, "Ready", "True", "InForce").await;
    cluster.comes(&wrong, "Ready", "False", "Invalid").await;
    let writes = gate.counts().writes();
    assert!((3..12).contains(&writes), "{:?}", gate.counts());
    // What is written since then is the last of what was under way.
    until("two looks alike", async || {
        let before = gate.counts().writes();
        tokio::time::sleep(Duration::from_millis(500)).await;
        gate.counts().writes() == before
    })
    .await;
    gate.forget();
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(gate.counts().writes(), 0, "{:?}", gate.counts());
    // It is not asleep.
    cluster.apply(&split("web", [80, 20])).await;
    cluster.comes(&web, "Ready", "True", "InForce").await;
    // The object, its status twice, an Event, a generation that is kept and one that is not any more.
    assert!((2..8).contains(&gate.counts().writes()), "{:?}", gate.counts());
}
