//! Many objects at once: each is written once, and each says so. `MESHGLOT_MANY=5000` makes it a measurement by hand.

use std::time::{Duration, Instant};

use kube::Api;
use kube::api::{DynamicObject, ListParams, PostParams};
use meshglot_apiserver::{crds, installed};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::cluster::{Cluster, service, split};
use crate::fresh::converges;

/// Splits, each of a Service of its own.
const MANY: usize = 200;

/// Requests at a time.
const TOGETHER: usize = 16;

/// What the last of them may take, each of many.
const PATIENCE: Duration = Duration::from_secs(120);

async fn create(api: &Api<DynamicObject>, objects: Vec<Value>) {
    let mut requests = JoinSet::new();
    for object in objects {
        if requests.len() >= TOGETHER {
            requests.join_next().await.expect("one is under way").expect("it is created");
        }
        let api = api.clone();
        requests.spawn(async move {
            let object: DynamicObject = serde_json::from_value(object).expect("an object");
            api.create(&PostParams::default(), &object).await.expect("the API server takes it");
        });
    }
    requests.join_all().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_objects_are_each_written_once() {
    if !installed() || crds().is_none() {
        return;
    }
    let many: usize = std::env::var("MESHGLOT_MANY").ok().and_then(|many| many.parse().ok()).unwrap_or(MANY);
    let cluster = Cluster::new(&["istio"]).await;
    let services = cluster.api("v1", "Service", Some("shop")).await;
    let splits = cluster.api("split.smi-spec.io/v1alpha4", "TrafficSplit", Some("shop")).await;
    create(&services, (0..many).map(|at| service(&format!("s{at}"))).collect()).await;
    let split_of = |at: usize| {
        let mut one = split(&format!("t{at}"), [9, 1]);
        one["spec"]["service"] = json!(format!("s{at}"));
        one
    };
    create(&splits, (0..many).map(split_of).collect()).await;

    let begun = Instant::now();
    let running = cluster.controller("istio").await;
    running.tells("in force: ").await;
    let is_ready = |one: &DynamicObject| one.data["status"]["summary"]["ready"] == "1/1";
    loop {
        let all = splits.list(&ListParams::default()).await.expect("a list").items;
        let ready = all.iter().filter(|one| is_ready(one)).count();
        if ready == many {
            break;
        }
        assert!(begun.elapsed() < PATIENCE, "{ready} of {many} are in force");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    eprintln!("{many} objects are in force, and say so, after {:.1} s", begun.elapsed().as_secs_f64());
    converges(&cluster, "istio").await;
    let applied = running.told().iter().filter(|line| line.starts_with("applied ")).count();
    assert_eq!(applied, many, "each is written once");
}
