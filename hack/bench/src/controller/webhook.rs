//! The webhook of a controller that knows a large policy: from a review until it is answered, as its client sees it.

use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::time::{Duration, Instant};

use meshglot_apiserver::installed;
use serde_json::{Value, json};

use super::client::Client;
use super::cluster::Cluster;
use super::edits::split;
use super::process::Controller;

/// The word of the command line.
pub(crate) const WORD: &str = "webhook";

/// The review of a number.
type Question = fn(usize) -> Value;

/// Above the rows.
const HEAD: &str = "\
| Review | by | of | median ms | p99 ms | most ms |
|---|---|---|---|---|---|";

/// Reviews over one connection, as an API server asks.
const KEPT: usize = 5000;

/// Reviews over connections of their own.
const NEW: usize = 1000;

/// Prints the table, of the command line `tool`.
pub(crate) fn run(tool: &Path) {
    if !installed() {
        return;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
    runtime.block_on(all(tool));
}

async fn all(tool: &Path) {
    let cluster = Cluster::with(&crate::web::text()).await;
    let folder = tempfile::tempdir().expect("a folder");
    let client = Client::new(free(), folder.path());
    let certificate = folder.path().display().to_string();
    let address = client.address.to_string();
    let webhook = ["--webhook-address", &address, "--webhook-certificate", &certificate, "--inject-control-plane", "mesh.example:15010"];
    let controller = Controller::start_with(tool, &cluster.kubeconfig(), &webhook);
    controller.until_in_force("all is as it should be").await;
    println!("{HEAD}");
    for (path, review) in [("/inject", pod as Question), ("/validate", edit)] {
        let mut connection = client.connect().await;
        let mut times = Vec::with_capacity(KEPT);
        for at in 0..KEPT {
            let review = review(at);
            let begin = Instant::now();
            let answer = connection.ask(path, &review).await;
            times.push(begin.elapsed());
            assert_eq!(answer["response"]["allowed"], true, "{path}: {answer}");
            assert_eq!(answer["response"]["patch"].is_string(), path == "/inject", "{path}: {answer}");
        }
        println!("{}", row(path, "one connection", times));
        let mut times = Vec::with_capacity(NEW);
        for at in 0..NEW {
            let review = review(at);
            let begin = Instant::now();
            client.connect().await.ask(path, &review).await;
            times.push(begin.elapsed());
        }
        println!("{}", row(path, "a connection each", times));
    }
}

/// A port that is free.
fn free() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port")
}

fn row(path: &str, by: &str, mut times: Vec<Duration>) -> String {
    times.sort();
    let count = times.len();
    let [median, p99, most] = [count / 2, count * 99 / 100, count - 1].map(|at| format!("{:.2}", times[at].as_secs_f64() * 1e3));
    format!("| `{path}` | {by} | {count} | {median} | {p99} | {most} |")
}

fn review(kind: &Value, object: &Value) -> Value {
    let request = json!({"uid": "7", "kind": kind, "operation": "CREATE", "namespace": object["metadata"]["namespace"], "object": object});
    json!({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": request})
}

/// A pod of a Deployment with three containers, all of which are probed.
fn pod(at: usize) -> Value {
    let container = |number: usize| {
        let port = 8080 + number;
        let probe = json!({"httpGet": {"path": "/health", "port": port}});
        json!({
            "name": format!("main-{number}"), "image": "registry.example/main:1", "ports": [{"containerPort": port}],
            "readinessProbe": probe, "livenessProbe": probe, "env": (0..20).map(|at| json!({"name": format!("N{at}"), "value": "some"})).collect::<Vec<_>>(),
        })
    };
    let name = format!("web-{at}-5d9f");
    let object = json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {
            "generateName": format!("{name}-"), "namespace": "team-00", "labels": {"app": "web", "pod-template-hash": "5d9f"},
            "ownerReferences": [{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": name, "controller": true, "uid": "8"}],
        },
        "spec": {"serviceAccountName": "web", "containers": (0..3).map(container).collect::<Vec<_>>(), "volumes": []},
    });
    review(&json!({"group": "", "version": "v1", "kind": "Pod"}), &object)
}

/// Other weights of a split that is there.
fn edit(at: usize) -> Value {
    review(&json!({"group": "split.smi-spec.io", "version": "v1alpha4", "kind": "TrafficSplit"}), &split(at % 100, 1 + at % 90))
}
