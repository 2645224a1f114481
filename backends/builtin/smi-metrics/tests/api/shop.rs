//! A shop with a canary, and what its proxies have counted.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use meshglot_observed::{Direction, Edge, Edges, Latency, Party, Verdict};
use meshglot_smi_metrics::{Inventory, Traffic};
use meshglot_translator::parse::Source;
use meshglot_translator::plan::Plan;
use meshglot_translator::resolve::ReadOptions;

/// A front, two versions of reviews, which share an account, and a batch of another namespace. A Deployment adopts both versions, a
/// CronJob has pods that no resource shows, and `far` has a proxy on another machine.
const POLICY: &str = "\
{apiVersion: v1, kind: Namespace, metadata: {name: shop, labels: {tier: gold}}}
---
{apiVersion: meshglot.dev/v1alpha1, kind: Workload, metadata: {name: front, namespace: shop, labels: {app: front}},
 spec: {serviceAccountName: front, address: 127.9.0.1, ports: [{name: web, port: 1}]}}
---
{apiVersion: meshglot.dev/v1alpha1, kind: Workload, metadata: {name: reviews-v1, namespace: shop, labels: {app: reviews, version: v1}},
 spec: {serviceAccountName: reviews, address: 127.9.0.2, ports: [{name: web, port: 2}]}}
---
{apiVersion: meshglot.dev/v1alpha1, kind: Workload, metadata: {name: reviews-v2, namespace: shop, labels: {app: reviews, version: v2}},
 spec: {serviceAccountName: reviews, address: 127.9.0.3, ports: [{name: web, port: 3}]}}
---
{apiVersion: meshglot.dev/v1alpha1, kind: Workload, metadata: {name: batch, namespace: jobs, labels: {app: batch}},
 spec: {serviceAccountName: batch, address: 127.9.0.4, ports: [{name: web, port: 4}]}}
---
{apiVersion: meshglot.dev/v1alpha1, kind: Workload, metadata: {name: far, namespace: shop, labels: {app: far}},
 spec: {serviceAccountName: far, address: 192.0.2.9, ports: [{name: web, port: 5}]}}
---
{apiVersion: apps/v1, kind: Deployment, metadata: {name: all-reviews, namespace: shop, labels: {team: a}},
 spec: {selector: {matchLabels: {app: reviews}}, template: {metadata: {labels: {app: reviews}}, spec: {containers: [{name: c, image: i}]}}}}
---
{apiVersion: apps/v1, kind: DaemonSet, metadata: {name: front, namespace: shop},
 spec: {selector: {matchLabels: {app: agent}}, template: {metadata: {labels: {app: agent}}, spec: {containers: [{name: c, image: i}]}}}}
---
{apiVersion: batch/v1, kind: CronJob, metadata: {name: nightly, namespace: shop},
 spec: {schedule: '0 0 * * *', jobTemplate: {spec: {template: {metadata: {labels: {app: nightly}},
  spec: {restartPolicy: Never, containers: [{name: c, image: i}]}}}}}}
---
{apiVersion: v1, kind: Service, metadata: {name: reviews, namespace: shop, labels: {team: a}},
 spec: {selector: {app: reviews}, ports: [{name: http, port: 9080, targetPort: web}]}}
---
{apiVersion: v1, kind: Service, metadata: {name: reviews-v1, namespace: shop},
 spec: {selector: {version: v1}, ports: [{name: http, port: 9080, targetPort: web}]}}
---
{apiVersion: v1, kind: Service, metadata: {name: reviews-v2, namespace: shop},
 spec: {selector: {version: v2}, ports: [{name: http, port: 9080, targetPort: web}]}}
---
{apiVersion: v1, kind: Service, metadata: {name: far, namespace: shop}, spec: {selector: {app: far}, ports: [{name: http, port: 9080}]}}
---
{apiVersion: split.smi-spec.io/v1alpha4, kind: TrafficSplit, metadata: {name: canary, namespace: shop, labels: {team: a}},
 spec: {service: reviews, backends: [{service: reviews-v1, weight: 90}, {service: reviews-v2, weight: 10}]}}
";

/// Of the policy; the front's proxy is not that of the DaemonSet of the same name, which has none.
pub(crate) fn inventory() -> Inventory {
    let plan = Plan::policy(&[Source::new("shop.yaml", POLICY)], Vec::new(), ReadOptions::default());
    assert_eq!(plan.errors().count(), 0, "{:?}", plan.diagnostics);
    let proxies: BTreeSet<&str> = ["jobs/batch", "shop/far", "shop/front~Workload", "shop/reviews-v1", "shop/reviews-v2"].into();
    Inventory::of(&plan.model, |workload| proxies.contains(workload))
}

fn workload(name: &str, account: Option<&str>) -> Party {
    Party { workload: Some(name.to_owned()), identity: account.map(identity), ..Party::default() }
}

fn identity(account: &str) -> String {
    let (namespace, name) = account.split_once('/').expect("a namespace");
    format!("spiffe://cluster.local/ns/{namespace}/sa/{name}")
}

fn service(name: &str) -> Party {
    Party { service: Some(name.to_owned()), ..Party::default() }
}

fn latency(p50: f64, p99: f64) -> Option<Latency> {
    Some(Latency { p50_ms: p50, p90_ms: p50, p95_ms: p99, p99_ms: p99 })
}

fn edge(direction: Direction, (source, destination): (Party, Party), verdict: Verdict, [calls, succeeded]: [u64; 2]) -> Edge {
    Edge { direction, source, destination, verdict, policy: None, calls, per_second: 0.0, succeeded, latency: None }
}

/// What was counted: 1,500 calls of the front to version 1, of which some failed, 2 to version 2, and 4 of the batch that were denied.
pub(crate) fn edges() -> Edges {
    let inbound = |from: Party, to: &str, verdict, counts| edge(Direction::Inbound, (from, workload(to, None)), verdict, counts);
    let outbound = |from: &str, to: Party, verdict, counts| edge(Direction::Outbound, (workload(from, None), to), verdict, counts);
    let front = || workload("shop/front~Workload", Some("shop/front"));
    let account = Party { identity: Some(identity("shop/reviews")), ..Party::default() };
    let mut edges = vec![
        inbound(front(), "shop/reviews-v1", Verdict::Allowed, [1490, 1489]),
        inbound(front(), "shop/reviews-v1", Verdict::Failed, [10, 0]),
        inbound(workload("jobs/batch", Some("jobs/batch")), "shop/reviews-v1", Verdict::Denied, [4, 0]),
        inbound(Party::default(), "shop/reviews-v1", Verdict::Denied, [1, 0]),
        inbound(front(), "shop/reviews-v2", Verdict::Allowed, [2, 2]),
        inbound(account, "shop/front~Workload", Verdict::Allowed, [3, 3]),
        outbound("shop/front~Workload", service("shop/reviews-v1"), Verdict::Allowed, [1490, 1490]),
        outbound("shop/front~Workload", service("shop/reviews-v1"), Verdict::Failed, [11, 0]),
        outbound("jobs/batch", service("shop/reviews-v1"), Verdict::Allowed, [4, 4]),
        outbound("shop/front~Workload", service("shop/reviews-v2"), Verdict::Allowed, [2, 2]),
        outbound("shop/reviews-v1", service("shop/reviews"), Verdict::Allowed, [5, 5]),
        outbound("shop/front~Workload", Party::default(), Verdict::Failed, [6, 0]),
    ];
    for edge in &mut edges {
        edge.latency = match (edge.direction, edge.destination.workload.as_deref(), edge.destination.service.as_deref()) {
            (Direction::Inbound, Some("shop/reviews-v1"), _) => latency(2.0, 500.0),
            (Direction::Inbound, Some("shop/reviews-v2"), _) => latency(10.0, 25.0),
            (Direction::Outbound, _, Some("shop/reviews-v2")) => latency(12.0, 2500.0),
            _ => None,
        };
    }
    let silent = vec!["shop/far: no \"proxy\" of \u{e9}\n runs".to_owned()];
    Edges { at: "2026-11-22T10:20:30.456Z".to_owned(), window_seconds: 29.7501, edges, silent }
}

/// The shop as a mesh that runs; `ready`: its policy is in force.
pub(crate) struct Shop {
    pub(crate) ready: bool,
}

impl Traffic for Shop {
    fn edges(&self, window: Duration) -> Edges {
        let edges = edges();
        Edges { window_seconds: edges.window_seconds.min(window.as_secs_f64()), ..edges }
    }

    fn inventory(&self) -> Option<Arc<Inventory>> {
        self.ready.then(|| Arc::new(inventory()))
    }
}
