//! What the recorded verdicts do not show: objects that are not read, and rules that a table of its own makes plain.

use meshglot_translator::eval::{Call, Caller, Decision, Inventory, Request, Verdict};
use meshglot_translator::ir::{Kind, ObjectKey, ServiceKey};
use meshglot_translator::parse::{Source, parse};
use meshglot_translator::resolve::{Model, ReadOptions};
use serde_json::{Value, json};
use test_case::test_case;

use super::read;

const WORKLOADS: &str = "
{apiVersion: v1, kind: Service, metadata: {name: api, namespace: shop}, spec: {selector: {app: api}, ports: [{port: 80, targetPort: 8080, name: http}, {port: 9000, name: tcp}]}}
---
{apiVersion: apps/v1, kind: Deployment, metadata: {name: api, namespace: shop}, spec: {selector: {matchLabels: {app: api}}, template: {metadata: {labels: {app: api}}, spec: {serviceAccountName: api, containers: []}}}}
---
{apiVersion: v1, kind: Service, metadata: {name: v2, namespace: shop}, spec: {selector: {app: v2}, ports: [{port: 80, targetPort: 8080, name: http}]}}
---
{apiVersion: apps/v1, kind: Deployment, metadata: {name: v2, namespace: shop}, spec: {selector: {matchLabels: {app: v2}}, template: {metadata: {labels: {app: v2}}, spec: {serviceAccountName: v2, containers: []}}}}
---
{apiVersion: apps/v1, kind: Deployment, metadata: {name: web, namespace: front}, spec: {selector: {matchLabels: {app: web}}, template: {metadata: {labels: {app: web}}, spec: {serviceAccountName: web, containers: []}}}}
";

fn documents(text: &str) -> Vec<Value> {
    let (documents, diagnostics) = parse(&[Source::new("objects.yaml".to_owned(), text.to_owned())]);
    assert!(diagnostics.is_empty(), "{diagnostics:?}");
    documents.iter().map(|document| document.root().to_json()).collect()
}

fn decide(objects: &str, defaults: &Value, port: u16, call: Call) -> Decision {
    let (inventory, _) = parse(&[Source::new("workloads.yaml".to_owned(), WORKLOADS.to_owned())]);
    let inventory = Inventory::of(&Model::new(inventory, ReadOptions::default()));
    let workload = ObjectKey { kind: Kind::Deployment, namespace: "front".into(), name: "web".into() };
    let caller = Caller { namespace: "front".into(), service_account: "web".into(), workload: Some(workload), meshed: true };
    let request = Request { caller, service: ServiceKey { namespace: "shop".into(), name: "api".into() }, port, call };
    read(&documents(objects), &inventory, defaults).evaluate(&request)
}

fn get(target: &str, headers: &[(&str, &str)]) -> Call {
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Call::Http { method: "GET".to_owned(), target: target.to_owned(), headers }
}

#[test_case("{apiVersion: networking.istio.io/v1alpha3, kind: EnvoyFilter, metadata: {name: x, namespace: shop}, spec: {}}", Verdict::Unknown ; "EnvoyFilter at the callee")]
#[test_case("{apiVersion: networking.istio.io/v1alpha3, kind: EnvoyFilter, metadata: {name: x, namespace: front}, spec: {workloadSelector: {labels: {app: web}}}}", Verdict::Unknown ; "EnvoyFilter at the caller")]
#[test_case("{apiVersion: networking.istio.io/v1alpha3, kind: EnvoyFilter, metadata: {name: x, namespace: other}, spec: {}}", Verdict::Allow ; "EnvoyFilter elsewhere")]
#[test_case("{apiVersion: networking.istio.io/v1, kind: Sidecar, metadata: {name: x, namespace: front}, spec: {}}", Verdict::Unknown ; "Sidecar")]
#[test_case("{apiVersion: security.istio.io/v1, kind: RequestAuthentication, metadata: {name: x, namespace: shop}, spec: {selector: {matchLabels: {app: api}}}}", Verdict::Unknown ; "RequestAuthentication")]
#[test_case("{apiVersion: security.istio.io/v1, kind: RequestAuthentication, metadata: {name: x, namespace: shop}, spec: {selector: {matchLabels: {app: v2}}}}", Verdict::Allow ; "RequestAuthentication of another")]
#[test_case("{apiVersion: security.istio.io/v1, kind: Novelty, metadata: {name: x, namespace: other}}", Verdict::Unknown ; "a kind that is not known")]
#[test_case("{apiVersion: gateway.networking.k8s.io/v1, kind: HTTPRoute, metadata: {name: x, namespace: shop}}", Verdict::Unknown ; "Gateway API")]
#[test_case("{apiVersion: telemetry.istio.io/v1, kind: Telemetry, metadata: {name: x, namespace: shop}}", Verdict::Allow ; "Telemetry")]
#[test_case("{apiVersion: networking.istio.io/v1, kind: ServiceEntry, metadata: {name: x, namespace: other}, spec: {hosts: [x.example], ports: [{number: 80, protocol: TCP}]}}", Verdict::Unknown ; "ServiceEntry of the port")]
#[test_case("{apiVersion: networking.istio.io/v1, kind: ServiceEntry, metadata: {name: x, namespace: other}, spec: {hosts: [x.example], ports: [{number: 443, protocol: TLS}]}}", Verdict::Allow ; "ServiceEntry of another port")]
#[test_case("{apiVersion: security.istio.io/v1, kind: PeerAuthentication, metadata: {name: x, namespace: shop}, spec: {mtls: {mode: NOVELTY}}}", Verdict::Unknown ; "mode that is not known")]
#[test_case("{apiVersion: security.istio.io/v1, kind: PeerAuthentication, metadata: {name: x, namespace: istio-system}, spec: {mtls: {mode: STRICT}}}", Verdict::Allow ; "strict for the mesh")]
#[test_case("{apiVersion: networking.istio.io/v1, kind: DestinationRule, metadata: {name: x, namespace: shop}, spec: {host: api, trafficPolicy: {tls: {mode: SIMPLE}}}}", Verdict::Unknown ; "own certificates")]
#[test_case("{apiVersion: networking.istio.io/v1, kind: DestinationRule, metadata: {name: x, namespace: shop}, spec: {host: api, workloadSelector: {matchLabels: {app: web}}}}", Verdict::Unknown ; "DestinationRule of some callers")]
fn objects(objects: &str, want: Verdict) {
    assert_eq!(decide(objects, &Value::Null, 80, get("/", &[])).verdict, want);
}

#[test_case("action: CUSTOM, provider: {name: x}, rules: [{}]", Verdict::Unknown ; "somebody else decides")]
#[test_case("action: CUSTOM, provider: {name: x}, rules: [{to: [{operation: {paths: [/other]}}]}]", Verdict::Allow ; "somebody else decides about another path")]
#[test_case("action: AUDIT, rules: [{}]", Verdict::Allow ; "AUDIT")]
#[test_case("action: NOVELTY, rules: [{}]", Verdict::Unknown ; "an action that is not known")]
#[test_case("rules: [{from: [{source: {ipBlocks: [10.0.0.0/8]}}]}]", Verdict::Unknown ; "addresses are not known")]
#[test_case("rules: [{from: [{source: {ipBlocks: [10.0.0.0/8], namespaces: [other]}}]}]", Verdict::Deny ; "another part is known")]
#[test_case("rules: [{from: [{source: {novelty: [x]}}]}]", Verdict::Unknown ; "a field that is not known")]
#[test_case("rules: [{from: []}]", Verdict::Allow ; "an empty list is anyone")]
#[test_case("rules: [{when: [{key: novelty, values: [x]}]}]", Verdict::Unknown ; "a key that is not known")]
#[test_case("rules: [{when: [{key: 'request.headers[x-request-id]', values: ['*']}]}]", Verdict::Unknown ; "a header that proxies write")]
#[test_case("rules: [{to: [{operation: {paths: ['/a{*}']}}]}]", Verdict::Unknown ; "a template that no webhook lets through")]
#[test_case("rules: [{from: [{source: {serviceAccounts: [front/web]}}]}]", Verdict::Allow ; "service account")]
#[test_case("rules: [{from: [{source: {requestPrincipals: ['*']}}]}]", Verdict::Deny ; "nobody reads tokens")]
#[test_case("selector: {matchLabels: {app: v2}}, rules: []", Verdict::Allow ; "of another workload")]
#[test_case("targetRefs: [{kind: Service, group: '', name: api}], rules: []", Verdict::Allow ; "sidecars are no target")]
fn policies(spec: &str, want: Verdict) {
    let head = "apiVersion: security.istio.io/v1, kind: AuthorizationPolicy, metadata: {name: x, namespace: shop}";
    assert_eq!(decide(&format!("{{{head}, spec: {{{spec}}}}}"), &Value::Null, 80, get("/", &[])).verdict, want);
}

const TO_V2: &str = "route: [{destination: {host: v2}}]";

#[test_case("match: [{uri: {exact: /a/c}}], rewrite: {uri: /b}", "deny /b", Verdict::Deny ; "the callee sees the path rewritten")]
#[test_case("match: [{uri: {prefix: /a}}], rewrite: {uri: /b}", "deny /b/c", Verdict::Deny ; "of a prefix, the rest stays")]
#[test_case("rewrite: {uri: /b}", "deny /ba/c", Verdict::Deny ; "a route without match has the prefix of one slash")]
#[test_case("rewrite: {authority: b}", "deny b", Verdict::Deny ; "the host rewritten")]
#[test_case("headers: {request: {set: {x-a: b}}}", "deny x-a b", Verdict::Deny ; "a header set")]
#[test_case("headers: {request: {set: {x-a: '%PROTOCOL%'}}}", "deny x-a b", Verdict::Unknown ; "a header made by the proxy")]
#[test_case("fault: {abort: {httpStatus: 503, percentage: {value: 100}}}", "", Verdict::Error ; "aborted")]
#[test_case("delegate: {name: x}", "", Verdict::Unknown ; "delegate")]
#[test_case("novelty: 1", "", Verdict::Unknown ; "a field that is not known")]
#[test_case("match: [{uri: {regex: '('}}]", "", Verdict::Unknown ; "an expression that is none")]
#[test_case("match: [{port: 81}]", "", Verdict::Allow ; "no route of the port: the Service itself")]
#[test_case("match: [{uri: {prefix: /b}}]", "", Verdict::NoRoute ; "no route takes it")]
fn routes(route: &str, denied: &str, want: Verdict) {
    let words: Vec<&str> = denied.split(' ').collect();
    let rule = match words.as_slice() {
        ["deny", path] if path.starts_with('/') => format!("to: [{{operation: {{paths: [{path}]}}}}]"),
        ["deny", host] => format!("to: [{{operation: {{hosts: [{host}]}}}}]"),
        ["deny", name, value] => format!("when: [{{key: 'request.headers[{name}]', values: [{value}]}}]"),
        _ => "to: [{operation: {paths: [/never]}}]".to_owned(),
    };
    let objects = format!(
        "{{apiVersion: networking.istio.io/v1, kind: VirtualService, metadata: {{name: x, namespace: shop}}, spec: {{hosts: [api], http: [{{{route}, {TO_V2}}}]}}}}
---
{{apiVersion: security.istio.io/v1, kind: AuthorizationPolicy, metadata: {{name: x, namespace: shop}}, spec: {{action: DENY, rules: [{{{rule}}}]}}}}"
    );
    assert_eq!(decide(&objects, &Value::Null, 80, get("/a/c", &[])).verdict, want);
}

#[test_case(json!({"default": "deny"}), &[], Verdict::Unknown ; "Istio has no such default")]
#[test_case(json!({"meshConfig": {"novelty": 1}}), &[], Verdict::Unknown ; "a setting that is not known")]
#[test_case(json!({}), &[("host", "nobody.example")], Verdict::Deny ; "a host that nobody knows goes on in plain text")]
#[test_case(json!({"meshConfig": {"outboundTrafficPolicy": {"mode": "REGISTRY_ONLY"}}}), &[("host", "nobody.example")], Verdict::Error ; "or nowhere")]
#[test_case(json!({}), &[("host", "v2.shop")], Verdict::Allow ; "the host decides, not the address")]
#[test_case(json!({"meshConfig": {"trustDomain": "td"}}), &[], Verdict::Allow ; "the trust domain has an alias")]
fn settings(defaults: Value, headers: &[(&str, &str)], want: Verdict) {
    let objects = "{apiVersion: security.istio.io/v1, kind: AuthorizationPolicy, metadata: {name: x, namespace: shop}, spec: {rules: [{from: [{source: {principals: [cluster.local/ns/front/sa/web]}}]}]}}";
    assert_eq!(decide(objects, &defaults, 80, get("/", headers)).verdict, want);
}

#[test_case(80, Call::Tcp, Verdict::Error ; "bytes on an HTTP port")]
#[test_case(9000, Call::Tcp, Verdict::Allow ; "bytes on a TCP port")]
#[test_case(9000, get("/%00", &[]), Verdict::Allow ; "nobody looks at paths there")]
#[test_case(80, get("/%00", &[]), Verdict::Error ; "an escaped NUL")]
#[test_case(81, get("/", &[]), Verdict::Error ; "a port that the Service does not have")]
fn ports(port: u16, call: Call, want: Verdict) {
    assert_eq!(decide("", &Value::Null, port, call).verdict, want);
}
