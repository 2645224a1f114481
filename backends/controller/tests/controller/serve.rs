//! What is rendered for a mesh of which no cluster keeps objects is handed to its control plane, and statuses say what that says.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use meshglot_apiserver::installed;
use meshglot_controller::{Election, Settings};
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
    // Nobody edits anything: it is offered again.
    cluster.comes(&web, "Ready", "True", "InForce").await;
    // At rest nothing is handed over again.
    let before = taken.load(Ordering::Relaxed);
    tokio::time::sleep(std::time::Duration::from_secs(2)).await;
    assert_eq!(taken.load(Ordering::Relaxed), before);
}

/// What a control plane was given: each text that is new, with what is rendered of the split.
type Given = Arc<Mutex<Vec<String>>>;

fn recorder() -> (Given, meshglot_controller::Serve) {
    let given = Given::default();
    let seen = given.clone();
    let serve = move |plan: &meshglot_translator::plan::Plan| {
        let rendered = plan.engines[0].1.rendered();
        let of_web = rendered.objects.iter().filter(|one| one.id.path() == "routeconfiguration/shared/shop/web/80");
        seen.lock().unwrap_or_else(PoisonError::into_inner).push(of_web.map(|one| one.json().to_owned()).collect());
        Ok(())
    };
    (given, Arc::new(serve))
}

fn newest(given: &Given) -> String {
    given.lock().unwrap_or_else(PoisonError::into_inner).last().cloned().unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_does_not_lead_serves_what_the_one_that_leads_serves() {
    if !installed() {
        return;
    }
    let cluster = Cluster::new(&[]).await;
    let election =
        |identity: &str| Some(Election { namespace: "shop".to_owned(), identity: identity.to_owned(), duration: Duration::from_secs(15) });
    let start = |identity: &str, serve| {
        with(cluster.client.clone(), Settings { election: election(identity), serve: Some(serve), ..settings("builtin") })
    };
    let (leads, serve) = recorder();
    let _one = start("one", serve);
    let web = split("web", [90, 10]);
    cluster.apply(&web).await;
    cluster.comes(&web, "Ready", "True", "InForce").await;
    let good = newest(&leads);
    let (follows, serve) = recorder();
    let two = start("two", serve);
    two.tells("one").await;
    until("both serve it", async || newest(&follows) == good).await;
    assert!(good.contains("90"), "{good}");
    let revisions = cluster.api("apps/v1", "ControllerRevision", Some("shop")).await;
    until("it is kept", async || !revisions.list(&Default::default()).await.expect("a list").items.is_empty()).await;

    // What cannot be: the generation before stands in, at both.
    cluster.apply(&split("web", [0, 0])).await;
    cluster.comes(&web, "Ready", "False", "Invalid").await;
    until("the one that leads goes on", async || newest(&leads) == good).await;
    until("and so does the other one", async || newest(&follows) == good).await;
    // One that comes now never serves anything else.
    let (late, serve) = recorder();
    let three = start("three", serve);
    three.tells("one").await;
    until("it serves it", async || newest(&late) == good).await;
    let all = late.lock().unwrap_or_else(PoisonError::into_inner).clone();
    assert!(all.iter().all(|one| *one == good), "{all:?}");

    // And what stood in is forgotten: the next good generation is what stands in later.
    cluster.apply(&split("web", [30, 70])).await;
    cluster.comes(&web, "Ready", "True", "InForce").await;
    until("both serve the next one", async || newest(&leads) != good && newest(&leads) == newest(&follows)).await;
    let next = newest(&leads);
    let generation = cluster.get(&web).await.expect("there")["metadata"]["generation"].as_i64().expect("a number");
    let is_kept = |one: &kube::api::DynamicObject| one.data["revision"] == generation;
    until("it is kept", async || revisions.list(&Default::default()).await.expect("a list").items.iter().any(is_kept)).await;
    cluster.apply(&split("web", [0, 0])).await;
    cluster.comes(&web, "Ready", "False", "Invalid").await;
    until("all go on by it", async || [&leads, &follows, &late].iter().all(|one| newest(one) == next)).await;
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
