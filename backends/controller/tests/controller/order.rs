//! What leads nowhere else goes last: a route goes once the mesh has taken the one that is new.

use std::time::{Duration, Instant};

use kube::api::{Patch, PatchParams};
use meshglot_apiserver::{crds, installed};
use serde_json::json;

use crate::cluster::{Cluster, split, until};

#[tokio::test(flavor = "multi_thread")]
async fn an_old_route_stays_until_a_new_one_is_accepted() {
    if !installed() || crds().is_none() {
        return;
    }
    let cluster = Cluster::new(&["gateway-api"]).await;
    let running = cluster.controller("linkerd").await;
    let old = split("old", [90, 10]);
    cluster.apply(&old).await;
    cluster.comes(&old, "Ready", "True", "InForce").await;
    let mut new = split("new", [1, 1]);
    new["spec"]["service"] = json!("web-v1");
    cluster.apply(&new).await;
    cluster.comes(&new, "Ready", "True", "InForce").await;
    cluster.delete(&old).await;
    // An edit later than the deletion: once that is in force, the deletion is known.
    new["spec"]["backends"][0]["weight"] = json!(2);
    cluster.apply(&new).await;
    cluster.comes(&new, "Ready", "True", "InForce").await;
    let routes = cluster.api("gateway.networking.k8s.io/v1", "HTTPRoute", Some("shop")).await;
    let is_there = async |name: &str| routes.get_opt(name).await.expect("an answer").is_some();
    assert!(is_there("web-80").await && is_there("web-v1-80").await, "{:?}", running.told());
    let accepted = json!({
        "type": "Accepted", "status": "True", "reason": "Accepted", "message": "", "lastTransitionTime": "2026-11-22T00:00:00Z",
    });
    let parent = json!({"controllerName": "linkerd.io/policy-controller", "parentRef": {"name": "web-v1"}, "conditions": [accepted]});
    let status = json!({"status": {"parents": [parent]}});
    let begin = Instant::now();
    routes.patch_status("web-v1-80", &PatchParams::default(), &Patch::Merge(status)).await.expect("a status");
    until("the old route is gone", async || !is_there("web-80").await).await;
    // Nobody had to wait until patience was at its end: not for the new one, nor for the old one, which was never accepted either.
    assert!(begin.elapsed() < Duration::from_secs(5), "after {:?}", begin.elapsed());
    assert!(is_there("web-v1-80").await);
}
