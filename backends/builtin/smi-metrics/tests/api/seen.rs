//! What becomes of counts: each resource, its edges, and splits.

use meshglot_smi_metrics::{Inventory, Resource, Seen, TrafficMetrics};
use test_case::test_case;

use super::shop::{edges, inventory};

fn seen<T>(look: impl FnOnce(Seen<'_>) -> T) -> T {
    look(Seen { edges: &edges(), inventory: &inventory() })
}

/// Name, which calls, then successes, failures and latencies as `p50/p99`: `-` where there are none.
fn line(one: &TrafficMetrics) -> String {
    let value = |name: &str| one.metrics.iter().find(|metric| metric.name == name).map_or("-", |metric| metric.value.as_str());
    let backend = one.backend.as_ref().map(|backend| format!(" {}>{}:{}", backend.apex, backend.name, backend.weight));
    let (edge, end) = (&one.edge, &one.edge.resource);
    let end = format!("{}/{}/{}", end.kind, end.namespace, end.name);
    let counts = format!("{} {}", value("success_count"), value("failure_count"));
    let latencies = format!("{}/{}", value("p50_response_latency"), value("p99_response_latency"));
    format!("{}{} {} {} {end}: {counts} {latencies}", one.resource.name, backend.unwrap_or_default(), edge.direction, edge.side)
}

#[test_case(Resource::Pods, None, &[
    "batch from server //: 0 0 -/-",
    "front from server //: 3 0 -/-",
    "reviews-v1 from server //: 1489 16 2m/500m",
    "reviews-v2 from server //: 2 0 10m/25m",
]; "pods, with what was refused and failed, and one that nobody calls")]
#[test_case(Resource::Services, None, &[
    "reviews from server //: 1491 16 10m/500m",
    "reviews-v1 from server //: 1489 16 2m/500m",
    "reviews-v2 from server //: 2 0 10m/25m",
]; "services are what their pods are, with the worst bound of them")]
#[test_case(Resource::Deployments, None, &["all-reviews from server //: 1491 16 10m/500m"]; "a deployment is what its selector finds")]
#[test_case(Resource::Namespaces, None, &[
    "jobs from server //: 0 0 -/-",
    "shop from server //: 1494 16 10m/500m",
]; "namespaces")]
#[test_case(Resource::Pods, Some("jobs"), &["batch from server //: 0 0 -/-"]; "pods of one namespace")]
#[test_case(Resource::TrafficSplits, Some("shop"), &[
    "canary reviews>reviews-v1:90 from client //: 1494 11 -/-",
    "canary reviews>reviews-v2:10 from client //: 2 0 12m/2500m",
]; "splits, an object for each backend")]
#[test_case(Resource::TrafficSplits, Some("jobs"), &[]; "no split there")]
#[test_case(Resource::DaemonSets, None, &[]; "a DaemonSet without proxies, though a workload has its name")]
#[test_case(Resource::Nodes, None, &[]; "nodes")]
#[test_case(Resource::ReplicationControllers, None, &[]; "what nobody reads")]
fn lists(resource: Resource, namespace: Option<&str>, want: &[&str]) {
    let found: Vec<String> = seen(|seen| seen.list(resource, namespace, None).iter().map(line).collect());
    assert_eq!(found, want);
}

#[test_case(Resource::Pods, "shop", "reviews-v1", &[
    "reviews-v1 from server Pod/jobs/batch: 0 4 -/-",
    "reviews-v1 from server Pod/shop/front: 1489 11 -/-",
    "reviews-v1 to client Service/shop/reviews: 5 0 -/-",
]; "callers by name, who is called by the most that is known")]
#[test_case(Resource::Pods, "shop", "reviews-v2", &["reviews-v2 from server Pod/shop/front: 2 0 10m/25m"]; "an only caller has the latency")]
#[test_case(Resource::Pods, "shop", "front", &[
    "front from server ServiceAccount/shop/reviews: 3 0 -/-",
    "front to client Pod/shop/reviews-v1: 1490 11 -/-",
    "front to client Pod/shop/reviews-v2: 2 0 12m/2500m",
]; "an account that two have, and no edge to nowhere")]
#[test_case(Resource::Deployments, "shop", "all-reviews", &[
    "all-reviews from server Pod/jobs/batch: 0 4 -/-",
    "all-reviews from server Pod/shop/front: 1491 11 -/-",
    "all-reviews to client Deployment/shop/all-reviews: 5 0 -/-",
]; "a caller that is no deployment is a pod")]
#[test_case(Resource::Namespaces, "", "jobs", &["jobs to client Namespace//shop: 4 0 -/-"]; "what a namespace calls")]
#[test_case(Resource::Namespaces, "", "shop", &[
    "shop from server Namespace//jobs: 0 4 -/-",
    "shop from server Namespace//shop: 1494 11 -/-",
    "shop to client Namespace//shop: 1497 11 -/-",
]; "what calls a namespace, itself too")]
#[test_case(Resource::TrafficSplits, "shop", "canary", &[
    "canary reviews>reviews-v1:90 from client Pod/jobs/batch: 4 0 -/-",
    "canary reviews>reviews-v1:90 from client Pod/shop/front: 1490 11 -/-",
    "canary reviews>reviews-v2:10 from client Pod/shop/front: 2 0 12m/2500m",
]; "who calls the backends of a split")]
#[test_case(Resource::Pods, "shop", "nobody", &[]; "none of what is not there")]
fn edges_of(resource: Resource, namespace: &str, name: &str, want: &[&str]) {
    let found: Vec<String> = seen(|seen| seen.edges(resource, namespace, name).iter().map(line).collect());
    assert_eq!(found, want);
}

#[test]
fn whoever_does_not_tell_is_not_shown_as_idle() {
    let far = |resource| seen(|seen| seen.list(resource, Some("shop"), Some("far")));
    assert_eq!([far(Resource::Pods), far(Resource::Services)], [Vec::new(), Vec::new()]);
    let silent = |resource, name| seen(|seen| seen.silent(resource, Some("shop"), name).len());
    let found = [silent(Resource::Pods, None), silent(Resource::Services, Some("far")), silent(Resource::Pods, Some("front"))];
    assert_eq!(found, [1, 1, 0]);
    // One that has told until a moment ago is.
    let mut edges = edges();
    edges.silent.push("shop/reviews-v1: its proxy does not run".to_owned());
    let seen = Seen { edges: &edges, inventory: &inventory() };
    assert_eq!(seen.list(Resource::Pods, Some("shop"), Some("reviews-v1")).len(), 1);
}

#[test]
fn before_anybody_calls_all_is_nothing() {
    let mut edges = edges();
    edges.edges.clear();
    let inventory = inventory();
    let seen = Seen { edges: &edges, inventory: &inventory };
    let lines: Vec<String> = seen.list(Resource::Pods, None, None).iter().map(line).collect();
    assert_eq!(lines.len(), 4);
    assert!(lines.iter().all(|line| line.ends_with(": 0 0 -/-")), "{lines:?}");
    assert!(seen.edges(Resource::Pods, "shop", "front").is_empty());
    assert_eq!(seen.list(Resource::TrafficSplits, None, None).len(), 2);
    edges.silent =
        ["jobs/batch", "shop/far", "shop/front~Workload", "shop/reviews-v1", "shop/reviews-v2"].map(|one| format!("{one}: -")).into();
    let seen = Seen { edges: &edges, inventory: &inventory };
    for resource in Resource::ALL {
        assert!(seen.list(resource, None, None).is_empty(), "{resource:?}: nobody tells");
    }
    assert!(Seen { edges: &edges, inventory: &Inventory::default() }.list(Resource::Pods, None, None).is_empty());
}

#[test]
fn an_object_is_as_the_specification_writes_it() {
    let items = seen(|seen| seen.list(Resource::Pods, Some("shop"), Some("reviews-v2")));
    let found = serde_json::to_value(&items[0]).expect("an object");
    let want = serde_json::json!({
        "kind": "TrafficMetrics",
        "apiVersion": "metrics.smi-spec.io/v1alpha1",
        "metadata": {
            "name": "reviews-v2",
            "namespace": "shop",
            "selfLink": "/apis/metrics.smi-spec.io/v1alpha1/namespaces/shop/pods/reviews-v2",
            "creationTimestamp": "2026-11-22T10:20:30Z",
            "labels": { "app": "reviews", "version": "v2" },
        },
        "resource": { "kind": "Pod", "namespace": "shop", "name": "reviews-v2", "apiVersion": "v1" },
        "edge": { "direction": "from", "side": "server", "resource": {} },
        "timestamp": "2026-11-22T10:20:30Z",
        "window": "29.75s",
        "metrics": [
            { "name": "p99_response_latency", "unit": "seconds", "value": "25m" },
            { "name": "p90_response_latency", "unit": "seconds", "value": "10m" },
            { "name": "p50_response_latency", "unit": "seconds", "value": "10m" },
            { "name": "success_count", "value": "2" },
            { "name": "failure_count", "value": "0" },
        ],
    });
    assert_eq!(found, want);
}
