//! What an API server fills into an object is no difference, on a mesh whose kinds have defaults.

use std::time::Duration;

use kube::api::ListParams;
use meshglot_apiserver::{Gate, crds, installed};
use serde_json::json;

use crate::cluster::{Cluster, controller, split};

#[tokio::test(flavor = "multi_thread")]
async fn routes_with_defaults_are_written_once() {
    if !installed() || crds().is_none() {
        return;
    }
    let cluster = Cluster::new(&["gateway-api"]).await;
    let gate = Gate::before(&cluster.server).await.expect("a gate");
    let running = controller(gate.access().client_that_asks_once(cluster.server.admin()).await.expect("a client"), "linkerd");
    running.tells("Server is not installed").await;
    let web = split("web", [90, 10]);
    cluster.apply(&web).await;
    cluster.comes(&web, "Ready", "True", "InForce").await;
    let routes = cluster.api("gateway.networking.k8s.io/v1", "HTTPRoute", Some("shop")).await;
    let found = routes.list(&ListParams::default().labels("meshglot.dev/backend=linkerd")).await.expect("a list").items;
    assert_eq!(found.len(), 1);
    // The API server has filled something in, so that this is a test.
    let written = &found[0].data["spec"]["rules"][0];
    assert_eq!(written["matches"], json!([{"path": {"type": "PathPrefix", "value": "/"}}]));
    let generation = found[0].metadata.generation;
    tokio::time::sleep(Duration::from_secs(2)).await;
    gate.forget();
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(gate.counts().writes(), 0, "{:?}", gate.counts());
    let name = found[0].metadata.name.as_deref().expect("a name");
    assert_eq!(routes.get(name).await.expect("it is there").metadata.generation, generation);
    assert!(running.told().iter().all(|line| !line.starts_with("corrected")), "{:?}", running.told());
}
