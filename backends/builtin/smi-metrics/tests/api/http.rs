//! The API over HTTP: what is found by which path, and how what is not is told.

use std::sync::Arc;

use axum::body::Body;
use axum::http::header::{ACCEPT, ALLOW, CONTENT_TYPE};
use axum::http::{Request, Response};
use http_body_util::BodyExt as _;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{APIGroup, APIGroupList, APIResourceList, Status};
use meshglot_smi_metrics::{Resource, router};
use serde_json::{Value, json};
use test_case::test_case;
use tower::ServiceExt as _;

use super::shop::Shop;

const TABLE: &str = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";
const AGGREGATED: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json";

async fn asked(ready: bool, method: &str, path: &str, accept: &str) -> Response<Body> {
    let request = Request::builder().method(method).uri(path).header(ACCEPT, accept).body(Body::empty()).expect("a request");
    router(Arc::new(Shop { ready })).oneshot(request).await.unwrap_or_else(|never| match never {})
}

async fn text(response: Response<Body>) -> String {
    let bytes = response.into_body().collect().await.expect("a body").to_bytes();
    String::from_utf8(bytes.to_vec()).expect("a text")
}

async fn document(path: &str, accept: &str) -> Value {
    let response = asked(true, "GET", path, accept).await;
    assert_eq!(response.status(), 200, "{path}");
    assert_eq!(response.headers()[CONTENT_TYPE].as_bytes(), b"application/json", "{path}");
    serde_json::from_str(&text(response).await).expect("JSON")
}

fn below(path: &str) -> String {
    format!("/apis/metrics.smi-spec.io/v1alpha1/{path}")
}

async fn names(path: &str) -> Vec<String> {
    let list = document(&below(path), "*/*").await;
    assert_eq!(list["kind"], "TrafficMetricsList");
    let items = list["items"].as_array().expect("a list");
    items.iter().map(|item| item["metadata"]["name"].as_str().expect("a name").to_owned()).collect()
}

#[test_case("pods", &["batch", "front", "reviews-v1", "reviews-v2"]; "of all namespaces")]
#[test_case("namespaces/shop/pods", &["front", "reviews-v1", "reviews-v2"]; "of one")]
#[test_case("namespaces/nowhere/pods", &[]; "of one that is not there")]
#[test_case("namespaces/shop/pods?labelSelector=app%3Dreviews%2Cversion!%3Dv1&limit=500", &["reviews-v2"]; "by labels")]
#[test_case("namespaces/shop/pods?labelSelector=app+in+(front)&continue=", &["front"]; "by a set")]
#[test_case("namespaces?labelSelector=kubernetes.io%2Fmetadata.name%3Djobs", &["jobs"]; "namespaces")]
#[test_case("namespaces/shop/services?labelSelector=team", &["reviews"]; "labels of a Service are its own")]
#[test_case("namespaces/shop/deployments?labelSelector=team%3Da", &["all-reviews"]; "and those of a Deployment")]
#[test_case("nodes", &[]; "nodes")]
#[test_case("namespaces/shop/trafficsplits/canary", &["canary", "canary"]; "a split by name is a list")]
#[test_case("namespaces/shop/pods/reviews-v1/edges", &["reviews-v1", "reviews-v1", "reviews-v1"]; "edges")]
#[test_case("namespaces/shop/pods/reviews-v1/edges?labelSelector=app%3Dfront", &["reviews-v1"]; "edges by labels of the other end")]
#[tokio::test]
async fn lists(path: &str, want: &[&str]) {
    assert_eq!(names(path).await, want);
}

#[tokio::test]
async fn a_list_says_what_it_is_of() {
    let list = document(&below("namespaces/shop/pods?labelSelector=app%3Dreviews,!x&window=5s"), "application/json").await;
    assert_eq!(list["apiVersion"], "metrics.smi-spec.io/v1alpha1");
    assert_eq!(list["metadata"]["selfLink"], below("namespaces/shop/pods"));
    assert_eq!(list["resource"], json!({ "kind": "Pod", "namespace": "shop", "apiVersion": "v1" }));
    let selector = json!({ "matchLabels": { "app": "reviews" }, "matchExpressions": [{ "key": "x", "operator": "DoesNotExist" }] });
    assert_eq!(list["selector"], selector);
    assert_eq!(list["items"][0]["window"], "5s");
    let edges = document(&below("namespaces/shop/pods/front/edges"), "*/*").await;
    assert_eq!(edges["resource"], json!({ "kind": "Pod", "namespace": "shop", "name": "front", "apiVersion": "v1" }));
    assert_eq!(edges["metadata"]["selfLink"], below("namespaces/shop/pods/front/edges"));
    assert_eq!(edges["items"][0]["metadata"]["selfLink"], edges["metadata"]["selfLink"]);
    let one = document(&below("namespaces/shop/pods/front"), "*/*").await;
    assert_eq!((&one["kind"], one.get("items")), (&json!("TrafficMetrics"), None));
    let namespace = document(&below("namespaces/shop"), "*/*").await;
    assert_eq!(namespace["metadata"]["selfLink"], below("namespaces/shop"));
    assert_eq!(namespace["resource"], json!({ "kind": "Namespace", "name": "shop", "apiVersion": "v1" }));
    assert_eq!(namespace["metadata"].get("namespace"), None);
}

#[test_case("GET", "namespaces/shop/pods/nobody", "*/*", 404, "NotFound", "pods.metrics.smi-spec.io \"nobody\" not found"; "nobody")]
#[test_case("GET", "namespaces/shop/pods/far", "*/*", 404, "NotFound", "pods.metrics.smi-spec.io \"far\" not found"; "nothing known of it")]
#[test_case("GET", "namespaces/shop/pods/nobody/edges", "*/*", 404, "NotFound", "pods.metrics.smi-spec.io \"nobody\" not found"; "nobody's edges")]
#[test_case("GET", "nodes/one", "*/*", 404, "NotFound", "nodes.metrics.smi-spec.io \"one\" not found"; "a node")]
#[test_case("GET", "cronjobs", "*/*", 404, "NotFound", "the server could not find the requested resource"; "no such resource")]
#[test_case("GET", "pods?labelSelector=%3D", "*/*", 400, "BadRequest", "unable to parse requirement: \"\" is no key of a label"; "no selector")]
#[test_case("GET", "pods?window=0s", "*/*", 400, "BadRequest", "\"0s\" is no window: such as 30s, 5m or 1m30s"; "no window")]
#[test_case("DELETE", "pods", "*/*", 405, "MethodNotAllowed", "the server does not allow this method on the requested resource"; "to delete")]
#[test_case("GET", "pods?watch=true", "*/*", 405, "MethodNotAllowed", "the server does not allow this method on the requested resource"; "to watch")]
#[test_case("GET", "pods", "application/yaml", 406, "NotAcceptable", "only the following media types are accepted: application/json, application/json;as=Table;g=meta.k8s.io;v=v1"; "another form")]
#[tokio::test]
async fn what_is_not_answered_is_a_status(method: &str, path: &str, accept: &str, code: u16, reason: &str, message: &str) {
    let response = asked(true, method, &below(path), accept).await;
    assert_eq!((response.status().as_u16(), response.headers().contains_key(ALLOW)), (code, code == 405));
    let status: Status = serde_json::from_str(&text(response).await).expect("a Status");
    assert_eq!((status.code, status.reason.as_deref(), status.message.as_deref()), (Some(code.into()), Some(reason), Some(message)));
    assert_eq!(status.status.as_deref(), Some("Failure"));
    let details = status.details.expect("details");
    let named = message.ends_with("not found");
    assert_eq!((details.name.is_some(), details.group.as_deref()), (named, named.then_some("metrics.smi-spec.io")));
}

#[tokio::test]
async fn clients_discover_what_there_is() {
    let groups: APIGroupList = serde_json::from_value(document("/apis", "*/*").await).expect("groups");
    let group: APIGroup = serde_json::from_value(document("/apis/metrics.smi-spec.io", "*/*").await).expect("a group");
    assert_eq!(groups.groups, std::slice::from_ref(&group));
    assert_eq!(group.preferred_version.map(|version| version.group_version).as_deref(), Some("metrics.smi-spec.io/v1alpha1"));
    let list: APIResourceList = serde_json::from_value(document("/apis/metrics.smi-spec.io/v1alpha1", "*/*").await).expect("resources");
    let all: Vec<_> = list.resources.iter().filter(|one| !one.name.contains('/')).collect();
    let want = "namespaces nodes pods replicationcontrollers services daemonsets deployments replicasets statefulsets jobs trafficsplits";
    assert_eq!(all.iter().map(|one| one.name.as_str()).collect::<Vec<_>>().join(" "), want);
    for one in &all {
        assert_eq!((one.kind.as_str(), one.verbs.join(" ").as_str()), ("TrafficMetrics", "get list"));
        assert_eq!(one.namespaced, one.name != "namespaces" && one.name != "nodes");
    }
    assert_eq!(list.resources.len(), 2 * all.len());
    assert!(all.iter().all(|one| list.resources.iter().any(|edges| edges.name == format!("{}/edges", one.name))));

    // At once, and with a kind each, so that `kubectl get` finds its way back.
    let response = asked(true, "GET", "/apis", AGGREGATED).await;
    let media = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";
    assert_eq!(response.headers()[CONTENT_TYPE].as_bytes(), media.as_bytes());
    let all: Value = serde_json::from_str(&text(response).await).expect("JSON");
    assert_eq!(all["apiVersion"], "apidiscovery.k8s.io/v2");
    let resources = all["items"][0]["versions"][0]["resources"].as_array().expect("a list").clone();
    let kinds: std::collections::BTreeSet<_> = resources.iter().map(|one| one["responseKind"]["kind"].to_string()).collect();
    assert_eq!((resources.len(), kinds.len()), (Resource::ALL.len(), Resource::ALL.len()));
    assert!(kinds.contains("\"TrafficMetrics\""), "which is that of objects");
    let core: Value = serde_json::from_str(&text(asked(true, "GET", "/api", AGGREGATED).await).await).expect("JSON");
    assert_eq!(core["items"], json!([]));
}

#[tokio::test]
async fn kubectl_prints_a_table() {
    let table = document(&below("namespaces/shop/pods"), TABLE).await;
    assert_eq!((&table["kind"], &table["apiVersion"]), (&json!("Table"), &json!("meta.k8s.io/v1")));
    let heads = |table: &Value| -> String {
        let columns = table["columnDefinitions"].as_array().expect("columns");
        columns.iter().map(|one| one["name"].as_str().expect("a name")).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(heads(&table), "Name Success Failure P50 P90 P99 Window");
    assert_eq!(table["rows"][1]["cells"], json!(["reviews-v1", "1489", "16", "2ms", "2ms", "500ms", "29.75s"]));
    assert_eq!(table["rows"][0]["cells"], json!(["front", "3", "0", "-", "-", "-", "29.75s"]));
    assert_eq!(table["rows"][1]["object"]["metadata"]["namespace"], "shop");
    let splits = document(&below("trafficsplits"), TABLE).await;
    assert_eq!(heads(&splits), "Name Backend Weight Success Failure P50 P90 P99 Window");
    assert_eq!(splits["rows"][1]["cells"], json!(["canary", "reviews-v2", 10, "2", "0", "12ms", "12ms", "2500ms", "29.75s"]));
    let edges = document(&below("namespaces/shop/pods/front/edges"), TABLE).await;
    assert_eq!(heads(&edges), "Name Direction Side Other Success Failure P50 P90 P99 Window");
    let want = json!(["front", "from", "server", "serviceaccount/shop/reviews", "3", "0", "-", "-", "-", "29.75s"]);
    assert_eq!(edges["rows"][0]["cells"], want);
}

#[tokio::test]
async fn whoever_does_not_tell_is_named_in_a_warning() {
    let response = asked(true, "GET", &below("pods"), "*/*").await;
    let warnings: Vec<_> = response.headers().get_all("warning").iter().collect();
    assert_eq!(warnings, ["299 - \"shop/far: no proxy of  runs\""]);
    let response = asked(true, "GET", &below("namespaces/shop/pods/front"), "*/*").await;
    assert!(!response.headers().contains_key("warning"));
}

#[tokio::test]
async fn without_policy_it_lives_and_is_not_ready() {
    for (ready, path, code) in [
        (false, "/healthz", 200),
        (false, "/livez", 200),
        (false, "/readyz", 503),
        (true, "/readyz", 200),
        (false, "/apis/metrics.smi-spec.io/v1alpha1", 200),
        (false, "/apis/metrics.smi-spec.io/v1alpha1/pods", 503),
        (true, "/openapi/v2", 404),
    ] {
        assert_eq!(asked(ready, "GET", path, "*/*").await.status(), code, "{path}");
    }
}
