//! Where it is paused nothing is written.

use meshglot_apiserver::{crds, installed};
use serde_json::json;

use crate::cluster::{Cluster, split, virtual_service};
use crate::fresh::converges;

#[tokio::test(flavor = "multi_thread")]
async fn a_paused_mesh_stays_as_it_is() {
    if !installed() || crds().is_none() {
        return;
    }
    let cluster = Cluster::new(&["istio"]).await;
    let mut mesh = json!({
        "apiVersion": "meshglot.dev/v1alpha1", "kind": "Mesh", "metadata": {"name": "main"}, "spec": {"backend": "istio"},
    });
    cluster.apply(&mesh).await;
    let _running = cluster.controller("istio").await;
    let web = split("web", [90, 10]);
    cluster.apply(&web).await;
    cluster.comes(&web, "Ready", "True", "InForce").await;
    cluster.comes(&mesh, "Ready", "True", "InForce").await;
    mesh["spec"]["paused"] = json!(true);
    cluster.apply(&mesh).await;
    cluster.comes(&web, "Applied", "False", "Paused").await;
    let before = cluster.get(&virtual_service()).await.expect("it is there");
    cluster.apply(&split("web", [50, 50])).await;
    // Its status speaks of the edit, and nothing came of it.
    cluster.comes(&web, "Applied", "False", "Paused").await;
    cluster.edit(&virtual_service(), &json!({"metadata": {"annotations": {"note": "kept"}}})).await;
    let mut after = cluster.get(&virtual_service()).await.expect("it is there");
    assert_eq!((&after["spec"], &after["metadata"]["uid"]), (&before["spec"], &before["metadata"]["uid"]));
    cluster.edit(&virtual_service(), &json!({"metadata": {"annotations": {"note": null}}})).await;
    mesh["spec"]["paused"] = json!(false);
    cluster.apply(&mesh).await;
    cluster.comes(&web, "Ready", "True", "InForce").await;
    converges(&cluster, "istio").await;

    let mut disabled = split("web", [1, 3]);
    disabled["metadata"]["annotations"] = json!({"meshglot.dev/reconcile": "disabled"});
    cluster.apply(&disabled).await;
    cluster.comes(&web, "Applied", "False", "Paused").await;
    after = cluster.get(&virtual_service()).await.expect("it is there");
    assert_eq!(after["spec"]["http"][0]["route"][0]["weight"], 1);
    assert_eq!(after["spec"]["http"][0]["route"][1]["weight"], 1);
}
