//! Flagger rolls applications out by TrafficSplits of three versions, and the mesh follows each of its steps.

mod metrics;
mod rollout;

use meshglot_apiserver::{Process, crds, installed, peer};
use serde_json::{Value, json};

use crate::cluster::{Cluster, until};
use metrics::Metrics;
use rollout::{Rollout, STEPS, deploys, weights};

/// Flagger beside a cluster; it ends when this is dropped, and where a test fails, the end of its log is told.
struct Flagger(Process);

impl Drop for Flagger {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("Flagger said last:\n{}", self.0.said());
        }
    }
}

fn flagger(cluster: &Cluster, metrics: &Metrics) -> Option<Flagger> {
    let kubeconfig = cluster.server.kubeconfig(cluster.server.admin()).expect("a kubeconfig");
    let words = [
        format!("-kubeconfig={}", kubeconfig.display()),
        format!("-metrics-server=http://{}", metrics.address),
        "-control-loop-interval=100ms".to_owned(),
        "-namespace=shop".to_owned(),
        "-port=0".to_owned(),
    ];
    let process = Process::start(&peer("flagger")?, &words, &cluster.server.folder().join("flagger.log"));
    Some(Flagger(process.expect("it starts")))
}

#[tokio::test(flavor = "multi_thread")]
async fn every_step_of_a_canary_is_in_force_on_istio() {
    if !installed() || crds().is_none() || peer("flagger").is_none() {
        return;
    }
    let cluster = Cluster::new(&["istio", "flagger"]).await;
    let metrics = Metrics::start().await;
    let _flagger = flagger(&cluster, &metrics);
    let _controller = cluster.controller("istio").await;
    let quantities = Rollout { name: "quantities", version: "v1alpha1" };
    let failing = Rollout { name: "failing", version: "v1alpha2" };
    let numbers = Rollout { name: "numbers", version: "v1alpha3" };
    let follows = async |rollout: &Rollout, phase: &str, share: i64| {
        follows(&cluster, rollout, phase, share, async || in_virtual_service(&cluster, rollout).await).await;
    };
    let all = async {
        for rollout in [&quantities, &failing, &numbers] {
            rollout.begin(&cluster, "istio").await;
            follows(rollout, "Initialized", 0).await;
            rollout.edit(&cluster).await;
            follows(rollout, "Progressing", STEPS[0]).await;
        }
        for rollout in [&quantities, &numbers] {
            follows(rollout, "Progressing", STEPS[1]).await;
            follows(rollout, "Succeeded", 0).await;
        }
        metrics.fails(failing.name);
        follows(&failing, "Failed", 0).await;
    };
    tokio::select! {
        () = all => {}
        () = deploys(&cluster) => unreachable!("it goes on"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_step_of_a_canary_is_in_force_on_linkerd() {
    if !installed() || crds().is_none() || peer("flagger").is_none() {
        return;
    }
    let cluster = Cluster::new(&["gateway-api", "flagger"]).await;
    let metrics = Metrics::start().await;
    let _flagger = flagger(&cluster, &metrics);
    let _controller = cluster.controller("linkerd").await;
    let rollout = Rollout { name: "numbers", version: "v1alpha2" };
    let all = async {
        rollout.begin(&cluster, "linkerd").await;
        for (phase, share) in [("Initialized", 0), ("Progressing", STEPS[0]), ("Progressing", STEPS[1]), ("Succeeded", 0)] {
            follows(&cluster, &rollout, phase, share, async || in_route(&cluster, &rollout).await).await;
            if phase == "Initialized" {
                rollout.edit(&cluster).await;
            }
        }
    };
    tokio::select! {
        () = all => {}
        () = deploys(&cluster) => unreachable!("it goes on"),
    }
}

/// Flagger takes its steps until there, and the mesh follows. `read`: weights of canary and primary as they are in force.
async fn follows(cluster: &Cluster, rollout: &Rollout, phase: &str, share: i64, read: impl AsyncFn() -> Option<[i64; 2]>) {
    rollout.comes_to(cluster, phase, share).await;
    until(&format!("{share} % for the canary of {}", rollout.name), async || {
        read().await.is_some_and(|[canary, primary]| canary * 100 == share * (canary + primary))
    })
    .await;
    cluster.comes(&rollout.newest(), "Ready", "True", "InForce").await;
    is_untouched(cluster, rollout).await;
}

/// Weights of canary and primary in the one VirtualService of the application.
async fn in_virtual_service(cluster: &Cluster, rollout: &Rollout) -> Option<[i64; 2]> {
    let name = format!("meshglot-{}", rollout.name);
    let object = json!({"apiVersion": "networking.istio.io/v1", "kind": "VirtualService", "metadata": {"name": name, "namespace": "shop"}});
    let found = cluster.get(&object).await?;
    Some(pair(found["spec"]["http"][0]["route"].as_array()?, rollout, |one| &one["destination"]["host"]))
}

/// The same in the one HTTPRoute of its port.
async fn in_route(cluster: &Cluster, rollout: &Rollout) -> Option<[i64; 2]> {
    let name = format!("{}-80", rollout.name);
    let object =
        json!({"apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute", "metadata": {"name": name, "namespace": "shop"}});
    let found = cluster.get(&object).await?;
    Some(pair(found["spec"]["rules"][0]["backendRefs"].as_array()?, rollout, |one| &one["name"]))
}

/// A destination that is not there gets nothing, and one without a weight everything.
fn pair(destinations: &[Value], rollout: &Rollout, name: impl Fn(&Value) -> &Value) -> [i64; 2] {
    ["canary", "primary"].map(|role| {
        let service = format!("{}-{role}", rollout.name);
        let is_it = |one: &&Value| name(one).as_str().is_some_and(|name| name.split('.').next() == Some(&service));
        destinations.iter().find(is_it).map_or(0, |one| one["weight"].as_i64().unwrap_or(1))
    })
}

/// Of the TrafficSplit we have written the status alone.
async fn is_untouched(cluster: &Cluster, rollout: &Rollout) {
    let split = rollout.split(cluster).await.expect("a split");
    let managers = split["metadata"]["managedFields"].as_array().expect("managers").clone();
    let (ours, theirs): (Vec<&Value>, Vec<&Value>) = managers.iter().partition(|one| one["manager"] == "meshglot");
    assert!(!ours.is_empty() && ours.iter().all(|one| one["subresource"] == "status"), "{managers:#?}");
    let is_written = |one: &Value| one["manager"] == "flagger" && !one["fieldsV1"]["f:spec"].is_null();
    assert!(theirs.iter().any(|one| is_written(one)), "{managers:#?}");
    assert_eq!(weights(&split, rollout.name).iter().sum::<i64>(), 100);
}
