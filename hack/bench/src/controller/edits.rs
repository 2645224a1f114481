//! From an edit of policy until its mesh object is as it should be, as whoever watches that sees it.

use std::pin::pin;
use std::time::{Duration, Instant};

use futures_util::StreamExt as _;
use kube::runtime::watcher::{Config, Event, watcher};
use serde_json::{Value, json};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::time::timeout;

use super::cluster::{Cluster, api, one};
use super::process::{Controller, sum};

/// Above the rows of edits.
pub(super) const HEAD: &str = "\
| Edit | p50 ms | p99 ms | worst ms | of it the controller, p50 ms | its CPU ms |
|---|---|---|---|---|---|";

/// Edits of each sort, one after the other.
const EDITS: usize = 200;

/// Objects that are edited in the same moment.
const BURST: usize = 100;

/// What takes longer has failed.
const PATIENCE: Duration = Duration::from_secs(60);

/// Objects of the mesh as they are told, as text.
type Seen = UnboundedReceiver<String>;

/// A row for each sort of edit.
pub(super) async fn measured(cluster: &Cluster, controller: &Controller) -> Vec<String> {
    let mut splits = watched(cluster, "networking.istio.io/v1", "VirtualService");
    let mut rules = watched(cluster, "security.istio.io/v1", "AuthorizationPolicy");
    // What is told at first is what is there.
    tokio::time::sleep(Duration::from_secs(3)).await;
    let weights =
        each("weights of a split", cluster, controller, &mut splits, |at| (split(at, 1000 + at), format!("\"weight\":{}", 1000 + at)))
            .await;
    let callers = each("callers of a workload", cluster, controller, &mut rules, |at| (target(at), format!("sa/edited-{at:03}\""))).await;
    vec![weights, callers, burst(cluster, controller, &mut splits).await]
}

fn watched(cluster: &Cluster, api_version: &str, kind: &str) -> Seen {
    let (tell, seen) = unbounded_channel();
    let api = api(&cluster.client, api_version, kind, None);
    tokio::spawn(async move {
        let mut events = pin!(watcher(api, Config::default()));
        while let Some(event) = events.next().await {
            if let Ok(Event::Apply(object)) = event {
                let _ = tell.send(object.data["spec"].to_string());
            }
        }
    });
    seen
}

async fn each(what: &str, cluster: &Cluster, controller: &Controller, seen: &mut Seen, edit: impl Fn(usize) -> (Value, String)) -> String {
    let (before, cpu) = (controller.counters(), controller.cpu());
    let mut times = Vec::new();
    for at in 0..EDITS {
        let (object, words) = edit(at);
        let begin = Instant::now();
        one(&cluster.client, &object).await;
        until(seen, &words).await;
        times.push(begin.elapsed());
        // The status is written after that, and is part of the edit.
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    row(what, times, (controller, &before, cpu))
}

/// Many at once: until each of them is applied.
async fn burst(cluster: &Cluster, controller: &Controller, seen: &mut Seen) -> String {
    let (before, cpu) = (controller.counters(), controller.cpu());
    let begin = Instant::now();
    let edits = (0..BURST).map(|at| async move { one(&cluster.client, &split(at, 5000 + at)).await });
    let asked = async {
        futures_util::stream::iter(edits).buffer_unordered(16).for_each(async |()| {}).await;
    };
    let told = async {
        let mut wanted: Vec<String> = (0..BURST).map(|at| format!("\"weight\":{}", 5000 + at)).collect();
        let mut times = Vec::new();
        while !wanted.is_empty() {
            let text = timeout(PATIENCE, seen.recv()).await.expect("it comes").expect("the watch lives");
            let count = wanted.len();
            wanted.retain(|words| !text.contains(words));
            times.extend((wanted.len()..count).map(|_| begin.elapsed()));
        }
        times
    };
    let ((), times) = tokio::join!(asked, told);
    row(&format!("weights of {BURST} splits at once"), times, (controller, &before, cpu))
}

async fn until(seen: &mut Seen, words: &str) {
    while !timeout(PATIENCE, seen.recv()).await.expect("it comes").expect("the watch lives").contains(words) {}
}

fn row(what: &str, mut times: Vec<Duration>, (controller, before, cpu): (&Controller, &str, Duration)) -> String {
    times.sort();
    let ms = |at: usize| times[at].as_secs_f64() * 1e3;
    let count = times.len();
    let cpu = (controller.cpu() - cpu).as_secs_f64() * 1e3 / count as f64;
    let median = median(&controller.counters(), before);
    format!("| {what} | {:.0} | {:.0} | {:.0} | {median} | {cpu:.0} |", ms(count / 2), ms(count * 99 / 100), ms(count - 1))
}

/// The smallest bound of the controller's own account below which half of what came since then is.
fn median(now: &str, before: &str) -> String {
    let bucket = |text: &str, bound: &str| sum(text, "meshglot_reconcile_seconds_bucket{", &format!("stage=\"applied\",le=\"{bound}\""));
    let since = |bound: &str| bucket(now, bound).saturating_sub(bucket(before, bound));
    let bounds = ["0.001", "0.0025", "0.005", "0.01", "0.025", "0.05", "0.1", "0.25", "0.5", "1", "2.5", "5"];
    let found = bounds.into_iter().find(|bound| 2 * since(bound) >= since("+Inf"));
    found.map_or("more than 5000".to_owned(), |bound| format!("below {}", bound.parse::<f64>().expect("a number") * 1e3))
}

/// A split of the large policy with other weights.
pub(super) fn split(at: usize, weight: usize) -> Value {
    let (team, service) = (at % 20, at / 20);
    let name = |service: usize| format!("app-{team:02}-{service:02}");
    // Beside 1, so that there is no smaller ratio that is written in place of it.
    json!({
        "apiVersion": "split.smi-spec.io/v1alpha4", "kind": "TrafficSplit",
        "metadata": {"name": format!("split-{service:02}"), "namespace": format!("team-{team:02}")},
        "spec": {
            "service": name(service),
            "backends": [{"service": name(service), "weight": weight}, {"service": name(service + 1), "weight": 1}],
        },
    })
}

/// A rule of the large policy with another caller.
fn target(at: usize) -> Value {
    let (team, service) = (at % 20, at / 20);
    json!({
        "apiVersion": "access.smi-spec.io/v1alpha4", "kind": "TrafficTarget",
        "metadata": {"name": format!("to-{service:02}-0"), "namespace": format!("team-{team:02}")},
        "spec": {
            "destination": {"kind": "ServiceAccount", "name": format!("app-{team:02}-{service:02}"), "namespace": format!("team-{team:02}")},
            "sources": [{"kind": "ServiceAccount", "name": format!("edited-{at:03}"), "namespace": "team-00"}],
            "rules": [{"kind": "HTTPRouteGroup", "name": "group-00", "matches": ["read"]}],
        },
    })
}
