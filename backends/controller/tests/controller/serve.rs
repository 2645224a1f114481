//! What is rendered for a mesh of which no cluster keeps objects is handed to its control plane, and statuses say what that says.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use meshglot_apiserver::installed;
use meshglot_controller::Settings;
use serde_json::json;

use crate::cluster::{Cluster, settings, split, until, with};

#[tokio::test(flavor = "multi_thread")]
async fn what_no_cluster_keeps_is_handed_over() {
    if !installed() {
        return;
    }
    let cluster = Cluster::new(&[]).await;
    let (refuses, taken) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let newest = Arc::new(Mutex::new(Vec::new()));
    let (no, count, seen) = (refuses.clone(), taken.clone(), newest.clone());
    let serve = move |plan: &meshglot_translator::plan::Plan| {
        if no.load(Ordering::Relaxed) {
            return Err("no room".to_owned());
        }
        *seen.lock().unwrap_or_else(PoisonError::into_inner) =
            plan.engines[0].1.rendered().objects.iter().map(|object| object.id.path()).collect();
        count.fetch_add(1, Ordering::Relaxed);
        Ok(())
    };
    let account = cluster.account(&["builtin"]).await;
    let client = cluster.server.access().client_that_asks_once(&account).await.expect("a client");
    let running = with(client, Settings { serve: Some(Arc::new(serve)), ..settings("builtin") });

    let web = split("web", [90, 10]);
    cluster.apply(&web).await;
    assert_eq!(cluster.comes(&web, "Ready", "True", "InForce").await, "in force on builtin");
    let slice = json!({
        "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": "IPv4",
        "metadata": {"name": "web-v1-x", "namespace": "shop", "labels": {"kubernetes.io/service-name": "web-v1"}},
        "ports": [{"name": "http", "port": 80, "protocol": "TCP"}],
        "endpoints": [{"addresses": ["192.0.2.1"], "conditions": {"ready": true}}],
    });
    let before = taken.load(Ordering::Relaxed);
    cluster.apply(&slice).await;
    until("who answers is known", async || taken.load(Ordering::Relaxed) > before).await;
    assert!(newest.lock().unwrap_or_else(PoisonError::into_inner).iter().any(|path| path.contains("web")));

    refuses.store(true, Ordering::Relaxed);
    cluster.apply(&split("web", [50, 50])).await;
    let why = cluster.comes(&web, "Applied", "False", "Rejected").await;
    assert_eq!(why, "builtin: no room");
    running.tells("no room").await;
    refuses.store(false, Ordering::Relaxed);
    cluster.apply(&split("web", [40, 60])).await;
    cluster.comes(&web, "Ready", "True", "InForce").await;
    // At rest nothing is handed over again.
    let before = taken.load(Ordering::Relaxed);
    tokio::time::sleep(std::time::Duration::from_secs(2)).await;
    assert_eq!(taken.load(Ordering::Relaxed), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_controller_that_is_no_control_plane_says_so() {
    if !installed() {
        return;
    }
    let cluster = Cluster::new(&[]).await;
    let _running = with(cluster.client.clone(), settings("builtin"));
    let web = split("web", [90, 10]);
    cluster.apply(&web).await;
    let why = cluster.comes(&web, "Applied", "False", "Pending").await;
    assert_eq!(why, "builtin: this controller is no control plane");
}
