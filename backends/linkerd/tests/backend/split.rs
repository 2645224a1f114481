//! Splits from text to Linkerd's objects: the worked examples of the mapping, and one case per decision.

use meshglot_translator::diagnostic::Code;
use meshglot_translator::ir::MeshSettings;
use meshglot_translator::render::Provenance;
use serde_json::Value;
use test_case::test_case;

use crate::harness::{self, Output, bare, render, wanted};

/// Objects and losses.
fn rendered(text: &str, accepted: &[Code]) -> (Vec<Value>, Vec<String>) {
    let Output { objects, losses, .. } = harness::rendered(text, MeshSettings::default(), accepted);
    (objects, losses)
}

/// Compares all but labels and annotations, which every backend writes alike.
fn assert_objects(text: &str, want: &str) {
    let (objects, losses) = rendered(text, &[]);
    assert_eq!(losses, [""; 0]);
    assert_eq!(objects.into_iter().map(bare).collect::<Vec<_>>(), wanted(want));
}

const WEB: &str = "
{apiVersion: v1, kind: Service, metadata: {name: web, namespace: shop}, spec: {ports: [{name: http, port: 80, targetPort: 8080}]}}
---
{apiVersion: v1, kind: Service, metadata: {name: web-v1, namespace: shop}, spec: {ports: [{name: http, port: 80, targetPort: 8080}]}}
---
{apiVersion: v1, kind: Service, metadata: {name: web-v2, namespace: shop}, spec: {ports: [{name: http, port: 80, targetPort: 8080}]}}
---
";

#[test]
fn weights_pass_through() {
    let input = "
{apiVersion: split.smi-spec.io/v1alpha4, kind: TrafficSplit, metadata: {name: web-canary, namespace: shop},
 spec: {service: web, backends: [{service: web-v1, weight: 90}, {service: web-v2, weight: 10}]}}
";
    let want = r#"
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web-80, namespace: shop, labels: {app.kubernetes.io/managed-by: meshglot}}
spec:
  parentRefs: [{group: "", kind: Service, name: web, namespace: shop, port: 80}]
  rules:
  - backendRefs:
    - {group: "", kind: Service, name: web-v1, namespace: shop, port: 80, weight: 90}
    - {group: "", kind: Service, name: web-v2, namespace: shop, port: 80, weight: 10}
"#;
    assert_objects(&format!("{WEB}{input}"), want);
}

#[test]
fn a_default_opaque_port_takes_a_tcp_route() {
    let service = |name: &str| {
        format!("{{apiVersion: v1, kind: Service, metadata: {{name: {name}, namespace: shop}}, spec: {{ports: [{{port: 5432}}]}}}}\n---\n")
    };
    let input = "
{apiVersion: split.smi-spec.io/v1alpha4, kind: TrafficSplit, metadata: {name: db, namespace: shop},
 spec: {service: db, backends: [{service: db-v1, weight: 90}, {service: db-v2, weight: 10}]}}
";
    let want = r#"
{apiVersion: gateway.networking.k8s.io/v1alpha2, kind: TCPRoute, metadata: {name: db-5432, namespace: shop, labels: {app.kubernetes.io/managed-by: meshglot}},
 spec: {parentRefs: [{group: "", kind: Service, name: db, namespace: shop, port: 5432}], rules: [{backendRefs: [{group: "", kind: Service, name: db-v1, namespace: shop, port: 5432, weight: 90}, {group: "", kind: Service, name: db-v2, namespace: shop, port: 5432, weight: 10}]}]}}
"#;
    let services: String = ["db", "db-v1", "db-v2"].into_iter().map(service).collect();
    assert_objects(&format!("{services}{input}"), want);
}

#[test_case("v1alpha4", "999", "1" ; "integers")]
#[test_case("v1alpha1", "999m", "1m" ; "quantities")]
fn one_in_a_thousand(version: &str, most: &str, one: &str) {
    let input = format!(
        "
{{apiVersion: split.smi-spec.io/{version}, kind: TrafficSplit, metadata: {{name: web-canary, namespace: shop}},
 spec: {{service: web, backends: [{{service: web-v1, weight: {most}}}, {{service: web-v2, weight: {one}}}]}}}}
"
    );
    let want = r#"
{apiVersion: gateway.networking.k8s.io/v1, kind: HTTPRoute, metadata: {name: web-80, namespace: shop, labels: {app.kubernetes.io/managed-by: meshglot}},
 spec: {parentRefs: [{group: "", kind: Service, name: web, namespace: shop, port: 80}], rules: [{backendRefs: [{group: "", kind: Service, name: web-v1, namespace: shop, port: 80, weight: 999}, {group: "", kind: Service, name: web-v2, namespace: shop, port: 80, weight: 1}]}]}}
"#;
    assert_objects(&format!("{WEB}{input}"), want);
}

#[test]
fn unmatched_requests_go_to_the_root() {
    let input = "
{apiVersion: specs.smi-spec.io/v1alpha4, kind: HTTPRouteGroup, metadata: {name: firefox, namespace: shop},
 spec: {matches: [{name: ff, headers: [{user-agent: .*Firefox.*}]}]}}
---
{apiVersion: split.smi-spec.io/v1alpha4, kind: TrafficSplit, metadata: {name: web-ab, namespace: shop},
 spec: {service: web, matches: [{kind: HTTPRouteGroup, name: firefox}], backends: [{service: web-v1, weight: 0}, {service: web-v2, weight: 100}]}}
";
    let want = r#"
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web-80, namespace: shop, labels: {app.kubernetes.io/managed-by: meshglot}}
spec:
  parentRefs: [{group: "", kind: Service, name: web, namespace: shop, port: 80}]
  rules:
  - matches:
    - headers: [{type: RegularExpression, name: user-agent, value: "^(?:.*Firefox.*)$"}]
    backendRefs:
    - {group: "", kind: Service, name: web-v2, namespace: shop, port: 80, weight: 100}
  - backendRefs:
    - {group: "", kind: Service, name: web, namespace: shop, port: 80, weight: 1}
"#;
    assert_objects(&format!("{WEB}{input}"), want);
}

/// Services `a`, `b` and `c` with the port and the further metadata and spec of the root, a group of the matches
/// if there are any, and a split of `a`.
fn split(root: &str, port: &str, matches: &str, weight: u64) -> String {
    let (metadata, spec) = root.split_once('|').unwrap_or((root, ""));
    let condition = if matches.is_empty() { "" } else { "matches: [{kind: HTTPRouteGroup, name: g}], " };
    let group = format!(
        "{{apiVersion: specs.smi-spec.io/v1alpha4, kind: HTTPRouteGroup, metadata: {{name: g}}, spec: {{matches: [{matches}]}}}}\n---\n"
    );
    format!(
        "
{{apiVersion: v1, kind: Service, metadata: {{name: a{metadata}}}, spec: {{ports: [{{port: 80{port}}}]{spec}}}}}
---
{{apiVersion: v1, kind: Service, metadata: {{name: b}}, spec: {{ports: [{{port: 80}}]}}}}
---
{{apiVersion: v1, kind: Service, metadata: {{name: c}}, spec: {{ports: [{{port: 80}}]}}}}
---
{}{{apiVersion: split.smi-spec.io/v1alpha4, kind: TrafficSplit, metadata: {{name: s}}, spec: {{service: a, {condition}backends: [{{service: b, weight: 1}}, {{service: c, weight: {weight}}}]}}}}
",
        if matches.is_empty() { "" } else { &group }
    )
}

const ANNOTATED: &str = ", annotations: {config.linkerd.io/opaque-ports: '25,70-90'}";

#[test_case("", ", name: http", "", &["HTTPRoute"], &[] ; "named http: detected")]
#[test_case("", ", appProtocol: HTTP", "", &["HTTPRoute"], &[] ; "declared http")]
#[test_case("", ", name: tcp-x", "", &["TCPRoute"], &[] ; "named tcp: detected, and the TCPRoute splits all of it")]
#[test_case("", ", appProtocol: tcp", "", &["TCPRoute"], &[] ; "declared tcp")]
#[test_case("", ", appProtocol: example.com/x", "", &["TCPRoute"], &[] ; "an unknown word is opaque")]
#[test_case("", "", "", &["HTTPRoute"], &["MG1203 narrowed a"] ; "undeclared")]
#[test_case("", "", "{name: m, methods: [GET]}", &["HTTPRoute"], &[] ; "undeclared, and a rule looks at requests")]
#[test_case("", ", appProtocol: grpc", "", &["TCPRoute"], &["MG1222 narrowed a"] ; "grpc is opaque")]
#[test_case("", ", appProtocol: grpc", "{name: m, methods: [GET]}", &[], &["MG1204 refused g"] ; "matches on an opaque port")]
#[test_case("", ", name: tcp", "{name: m, methods: [GET]}", &[], &["MG1204 refused g"] ; "matches on a tcp port")]
#[test_case(ANNOTATED, "", "", &["TCPRoute"], &[] ; "annotated as opaque")]
#[test_case(ANNOTATED, ", appProtocol: http", "", &["HTTPRoute"], &[] ; "appProtocol wins over the annotation")]
#[test_case(", annotations: {config.linkerd.io/opaque-ports: ''}", ", targetPort: 5432, name: http", "", &["HTTPRoute"], &[] ; "an empty annotation lists nothing")]
#[test_case("", ", targetPort: 5432, name: x", "", &["TCPRoute"], &[] ; "the default list counts container ports")]
#[test_case("|, clusterIP: None", "", "", &[], &["MG1205 refused a"] ; "headless")]
#[test_case("|, type: ExternalName", "", "", &[], &["MG1205 refused a"] ; "ExternalName")]
#[test_case("", ", name: http", "{name: m, headers: [{x: a}, {x: b}]}", &[], &["MG1209 refused b"] ; "a header named twice")]
fn kind_of_route(root: &str, port: &str, matches: &str, kinds: &[&str], losses: &[&str]) {
    let (objects, told) = rendered(&split(root, port, matches, 1), &[]);
    let found: Vec<&str> = objects.iter().filter_map(|object| object["kind"].as_str()).collect();
    assert_eq!((found, told), (kinds.to_vec(), losses.iter().map(|loss| (*loss).to_owned()).collect()));
}

#[test]
fn the_namespace_lists_opaque_ports_for_services_that_do_not() {
    let namespace =
        "{apiVersion: v1, kind: Namespace, metadata: {name: default, annotations: {config.linkerd.io/opaque-ports: '80'}}}\n---";
    let (objects, _) = rendered(&format!("{namespace}{}", split("", "", "", 1)), &[]);
    assert_eq!(objects[0]["kind"], "TCPRoute");
}

#[test_case(1_000_000, 1, 1_000_000, None ; "as written")]
#[test_case(1_000_001, 1, 999_999, Some("MG1201") ; "scaled")]
#[test_case(4_000_000_000, 1, 999_999, Some("MG1201") ; "a canary never vanishes")]
fn large_weights(weight: u64, first: u64, second: u64, code: Option<&str>) {
    let (objects, losses) = rendered(&split("", ", name: http", "", weight), &[]);
    let backends = &objects[0]["spec"]["rules"][0]["backendRefs"];
    assert_eq!((backends[0]["weight"].as_u64(), backends[1]["weight"].as_u64()), (Some(first), Some(second)));
    assert_eq!(losses.first().map(|loss| &loss[..6]), code);
}

#[test]
fn an_accepted_loss_leaves_its_match_out() {
    let input = split("", ", name: http", "{name: m, headers: [{x: a}, {x: b}]}, {name: other, methods: [PUT, GET]}", 1);
    assert_eq!(rendered(&input, &[]).0, [""; 0]);
    assert_eq!(rendered(&input, &[Code::MG1208]).0, [""; 0]);
    let (objects, _) = rendered(&input, &[Code::MG1209]);
    let methods = serde_json::json!([{"method": "GET"}, {"method": "PUT"}]);
    assert_eq!(objects[0]["spec"]["rules"][0]["matches"], methods);
    assert_eq!(objects[0]["metadata"]["annotations"]["meshglot.dev/accepted-losses"], "MG1209");
}

#[test]
fn a_match_without_a_condition_is_written_out() {
    let (objects, _) = rendered(&split("", ", name: http", "{name: m, pathRegex: /?.*}, {name: all, pathRegex: .*}", 1), &[]);
    let want = serde_json::json!([
        {"path": {"type": "RegularExpression", "value": "^(?:/?.*).*$"}},
        {"path": {"type": "PathPrefix", "value": "/"}},
    ]);
    assert_eq!(objects[0]["spec"]["rules"][0]["matches"], want);
}

#[test_case(127, &[64, 63, 0] ; "many matches are several rules of the same backends")]
#[test_case(128, &[] ; "one has no place beside the last rule")]
fn limit_of_matches(number: usize, want: &[usize]) {
    let matches: Vec<String> = (0..number).map(|index| format!("{{name: m{index}, pathRegex: /{index}$}}")).collect();
    let (objects, losses) = rendered(&split("", ", name: http", &matches.join(", "), 1), &[]);
    let rules = objects.first().and_then(|object| object["spec"]["rules"].as_array());
    let sizes: Vec<usize> = rules.into_iter().flatten().map(|rule| rule["matches"].as_array().map_or(0, Vec::len)).collect();
    assert_eq!(sizes, want);
    assert_eq!(losses.iter().any(|loss| loss.contains("MG1208")), want.is_empty());
}

/// Splits `s1`, `s2` with these matches, to `web-v1` and to the Service named, and a third without matches to
/// this number of Services.
fn two(first: &str, second: &str, to: &str, rest: usize) -> String {
    let group = |name: &str, one: &str| {
        format!(
            "{{apiVersion: specs.smi-spec.io/v1alpha4, kind: HTTPRouteGroup, metadata: {{name: {name}, namespace: shop}}, spec: {{matches: [{{name: m-{name}, {one}}}]}}}}\n---\n"
        )
    };
    let split = |name: &str, matches: &str, backends: &str| {
        format!(
            "{{apiVersion: split.smi-spec.io/v1alpha4, kind: TrafficSplit, metadata: {{name: {name}, namespace: shop}}, spec: {{service: web, {matches}backends: [{backends}]}}}}\n---\n"
        )
    };
    let matches = |name: &str| format!("matches: [{{kind: HTTPRouteGroup, name: {name}}}], ");
    let many: Vec<String> = (0..rest).map(|index| format!("{{service: r{index}, weight: 1}}")).collect();
    [
        WEB.to_owned(),
        group("g1", first),
        group("g2", second),
        split("s1", &matches("g1"), "{service: web-v1, weight: 1}"),
        split("s2", &matches("g2"), &format!("{{service: {to}, weight: 1}}")),
        if rest > 0 { split("s3", "", &many.join(", ")) } else { String::new() },
    ]
    .concat()
}

/// First backend of each rule.
fn backends(objects: &[Value]) -> Vec<&str> {
    let rules = objects.iter().filter_map(|object| object["spec"]["rules"].as_array()).flatten();
    rules.filter_map(|rule| rule["backendRefs"][0]["name"].as_str()).collect()
}

#[test_case("methods: [GET]", "methods: [PUT]", "web-v2", &["web-v1", "web-v2", "web"] ; "disjoint")]
#[test_case("headers: {x: a}", "methods: [PUT]", "web-v2", &["web-v1", "web"] ; "the second might win")]
#[test_case("headers: {x: a}", "methods: [PUT]", "web-v1", &["web-v1", "web-v1", "web"] ; "the same backends: any order")]
fn two_splits_with_matches(first: &str, second: &str, to: &str, want: &[&str]) {
    let (objects, losses) = rendered(&two(first, second, to, 0), &[]);
    assert_eq!(backends(&objects), want);
    assert_eq!(losses.is_empty(), want.len() == 3, "{losses:?}");
}

#[test]
fn a_refused_last_rule_leaves_the_root() {
    let (objects, losses) = rendered(&two("methods: [GET]", "methods: [PUT]", "web-v2", 17), &[]);
    assert_eq!(backends(&objects), ["web-v1", "web-v2", "web"]);
    assert!(losses[0].starts_with("MG1208 refused"), "{losses:?}");
}

#[test]
fn every_field_has_its_place_in_the_input() {
    let input = split("", ", name: http", "{name: m, methods: [GET, PUT]}", 0);
    let places = render(&input, MeshSettings::default(), &[], |rendered| {
        let place = |one: &Provenance| format!("{} {}", one.path, one.origin.written());
        rendered.objects[0].provenance.iter().map(place).collect::<Vec<String>>()
    });
    let matches = |index: usize| format!(".spec.rules[0].matches[{index}] ");
    assert!(places[0].starts_with(&matches(0)) && places[1].starts_with(&matches(1)), "{places:?}");
    assert_eq!(
        places[2..],
        [
            ".spec.rules[0].backendRefs[0].name b",
            ".spec.rules[0].backendRefs[0].weight 1",
            ".spec.rules[1].backendRefs[0].name a",
            ".spec.rules[1].backendRefs[0].weight a",
        ]
    );
}
