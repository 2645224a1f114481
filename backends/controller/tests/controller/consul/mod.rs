//! Policy becomes config entries on a Consul server with ACLs, where the cluster has none of Consul's kinds.

mod server;
mod trouble;

use std::time::Duration;

use meshglot_apiserver::{Gate, installed, peer};
use meshglot_controller::{ConsulAccess, Settings};
use serde_json::{Value, json};

use crate::cluster::{Cluster, Running, settings, split, until, with};
use crate::kinds::{access, workload};
use server::{Consul, RIGHTS};

fn mesh(address: &str) -> Value {
    json!({
        "apiVersion": "meshglot.dev/v1alpha1", "kind": "Mesh", "metadata": {"name": "main"},
        "spec": {"backend": "consul", "consul": {"address": address}},
    })
}

/// A controller with this token, that has to find the address by itself.
async fn controller(cluster: &Cluster, token: &str) -> Running {
    let client = cluster.server.access().client_that_asks_once(cluster.server.admin()).await.expect("a client");
    let consul = ConsulAccess { token: Some(token.to_owned()), ..ConsulAccess::default() };
    with(client, Settings { consul, ..settings("consul") })
}

fn is_there() -> bool {
    installed() && peer("consul").is_some()
}

#[tokio::test(flavor = "multi_thread")]
async fn splits_and_access_are_entries_that_follow_edits() {
    if !is_there() {
        return;
    }
    let cluster = Cluster::new(&[]).await;
    let consul = Consul::start(&cluster).await;
    let gate = Gate::before(&cluster.server).await.expect("a gate");
    let token = consul.token(RIGHTS).await;
    let client = gate.access().client_that_asks_once(cluster.server.admin()).await.expect("a client");
    let access_to = ConsulAccess { token: Some(token), ..ConsulAccess::default() };
    let running = with(client, Settings { consul: access_to, ..settings("consul") });
    for object in ["api", "site"].iter().flat_map(|name| workload(name)) {
        cluster.apply(&object).await;
    }
    let [group, target] = access("/items");
    let web = split("web", [90, 10]);
    for object in [&mesh(&consul.address), &group, &target, &web] {
        cluster.apply(object).await;
    }
    for object in [&web, &target] {
        cluster.comes(object, "Ready", "True", "InForce").await;
    }
    let splitter = consul.get("service-splitter/web").await.expect("a splitter");
    assert_eq!(shares(&splitter), [("web-v1", 90.0), ("web-v2", 10.0)]);
    let meta = &splitter["Meta"];
    assert_eq!((&meta["managed-by"], &meta["meshglot.dev/mesh"]), (&json!("meshglot"), &json!("main")));
    assert_eq!(meta["meshglot.dev/sources"], "TrafficSplit/shop/web");
    let intentions = consul.get("service-intentions/api").await.expect("intentions");
    let permission = &intentions["Sources"][0]["Permissions"][0];
    assert_eq!((&intentions["Sources"][0]["Name"], &permission["HTTP"]["PathPrefix"]), (&json!("site"), &json!("/items")));

    // Quiet, on both sides.
    tokio::time::sleep(Duration::from_secs(2)).await;
    let (before, told) = (consul.entries().await, running.told());
    gate.forget();
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(gate.counts().writes(), 0, "{:?}", gate.counts());
    assert_eq!((consul.entries().await, running.told()), (before, told));

    cluster.apply(&split("web", [1, 3])).await;
    cluster.apply(&access("/items/new")[0]).await;
    for object in [&web, &target] {
        cluster.comes(object, "Ready", "True", "InForce").await;
    }
    until("both edits", async || {
        let (splitter, intentions) = (consul.get("service-splitter/web").await, consul.get("service-intentions/api").await);
        let path = |one: &Value| one["Sources"][0]["Permissions"][0]["HTTP"]["PathPrefix"] == "/items/new";
        splitter.is_some_and(|one| shares(&one) == [("web-v1", 25.0), ("web-v2", 75.0)]) && intentions.is_some_and(|one| path(&one))
    })
    .await;

    for object in [&web, &target] {
        cluster.delete(object).await;
    }
    until("nothing is left", async || consul.entries().await.is_empty()).await;
    assert!(running.told().iter().all(|line| !line.contains("Consul: ")), "{:?}", running.told());
}

#[tokio::test(flavor = "multi_thread")]
async fn edits_by_others_are_undone_and_what_is_theirs_stays() {
    if !is_there() {
        return;
    }
    let cluster = Cluster::new(&[]).await;
    let consul = Consul::start(&cluster).await;
    let token = consul.token(RIGHTS).await;
    // One of the name that is needed, one of another cluster, and one that has nothing to do with us.
    let foreign = json!({"Kind": "service-resolver", "Name": "elsewhere", "ConnectTimeout": "3s"});
    let meta = json!({"managed-by": "meshglot", "meshglot.dev/cluster": "another", "meshglot.dev/object": "shop/other"});
    let another = json!({"Kind": "service-defaults", "Name": "other", "Protocol": "http", "Meta": meta});
    let in_the_way = json!({"Kind": "service-intentions", "Name": "api", "Sources": [{"Name": "*", "Action": "deny"}]});
    for entry in [&foreign, &another, &in_the_way] {
        consul.write(entry).await;
    }
    let theirs = ["service-resolver/elsewhere", "service-defaults/other", "service-intentions/api"];
    let mut before = Vec::new();
    for path in theirs {
        before.push(consul.get(path).await);
    }
    for object in ["api", "site"].iter().flat_map(|name| workload(name)) {
        cluster.apply(&object).await;
    }
    let running = controller(&cluster, &token).await;
    let [group, target] = access("/items");
    let web = split("web", [90, 10]);
    for object in [&mesh(&consul.address), &group, &target, &web] {
        cluster.apply(object).await;
    }
    let message = cluster.comes(&target, "Applied", "False", "Rejected").await;
    assert!(message.contains("service-intentions/api is there already, and not ours: it is not touched"), "{message}");
    for (path, before) in theirs.iter().zip(&before) {
        assert_eq!(consul.get(path).await, *before, "{path}");
    }
    consul.delete("service-intentions/api").await;
    cluster.comes(&target, "Ready", "True", "InForce").await;
    cluster.comes(&web, "Ready", "True", "InForce").await;

    let mut edited = consul.get("service-splitter/web").await.expect("a splitter");
    edited["Splits"] = json!([{"Weight": 100, "Service": "web-v2"}]);
    consul.write(&edited).await;
    running.tells("corrected").await;
    until("as it was", async || {
        consul.get("service-splitter/web").await.is_some_and(|one| shares(&one) == [("web-v1", 90.0), ("web-v2", 10.0)])
    })
    .await;
    consul.delete("service-splitter/web").await;
    until("it is back", async || consul.get("service-splitter/web").await.is_some()).await;

    let mut reported = web.clone();
    reported["metadata"]["annotations"] = json!({"meshglot.dev/drift": "report"});
    cluster.apply(&reported).await;
    cluster.comes(&web, "Ready", "True", "InForce").await;
    let mut edited = consul.get("service-splitter/web").await.expect("a splitter");
    edited["Splits"] = json!([{"Weight": 100, "Service": "web-v1"}]);
    consul.write(&edited).await;
    cluster.comes(&web, "Applied", "False", "Drifted").await;
    assert_eq!(shares(&consul.get("service-splitter/web").await.expect("a splitter")), [("web-v1", 100.0)]);

    cluster.delete(&web).await;
    until("ours is gone", async || consul.get("service-splitter/web").await.is_none()).await;
    for (path, before) in theirs.iter().zip(&before).take(2) {
        assert_eq!(consul.get(path).await, *before, "{path}");
    }
}

/// Services and percents of a splitter.
fn shares(splitter: &Value) -> Vec<(&str, f64)> {
    let splits = splitter["Splits"].as_array().expect("splits").iter();
    splits.map(|one| (one["Service"].as_str().expect("a service"), one["Weight"].as_f64().expect("a weight"))).collect()
}
