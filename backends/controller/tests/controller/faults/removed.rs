//! Kinds that are taken away while objects of them are in force.

use kube::api::DeleteParams;
use meshglot_apiserver::{crds, installed};

use crate::cluster::{Cluster, definitions, split, until, virtual_service};
use crate::fresh::converges;

#[tokio::test(flavor = "multi_thread")]
async fn what_a_mesh_loses_with_its_definitions_comes_back_with_them() {
    if !installed() || crds().is_none() {
        return;
    }
    let cluster = Cluster::new(&["istio"]).await;
    let running = cluster.controller("istio").await;
    let web = split("web", [90, 10]);
    cluster.apply(&web).await;
    cluster.comes(&web, "Ready", "True", "InForce").await;

    let crds = cluster.api("apiextensions.k8s.io/v1", "CustomResourceDefinition", None).await;
    let name = "virtualservices.networking.istio.io";
    crds.delete(name, &DeleteParams::default()).await.expect("it was there");
    until("it is gone", async || crds.get_opt(name).await.expect("an answer").is_none()).await;
    until("that is told", async || {
        let told = cluster.condition(&web, "Applied").await;
        told.is_some_and(|(_, reason, message)| reason == "Pending" && message.contains("is not installed"))
    })
    .await;
    // Others go on.
    let mut other = split("other", [0, 0]);
    other["spec"]["service"] = "web-v1".into();
    cluster.apply(&other).await;
    cluster.comes(&other, "Ready", "False", "Invalid").await;
    cluster.delete(&other).await;

    cluster.define(definitions("istio")).await;
    cluster.comes(&web, "Ready", "True", "InForce").await;
    assert!(cluster.get(&virtual_service()).await.is_some());
    running.tells("VirtualService is installed").await;
    converges(&cluster, "istio").await;
}
