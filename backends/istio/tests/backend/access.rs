//! Access rules from text to AuthorizationPolicies: the worked examples of the mapping, the table of paths row by
//! row, and what is refused.

use meshglot_translator::diagnostic::Code;
use serde_json::{Value, json};
use test_case::test_case;

use crate::harness::{assert_policies, policies, rendered, with_match, workload};

const EXAMPLE_5: &str = include_str!("../../../../golden/access/istio-methods-and-paths/input.yaml");
const EXAMPLE_6: &str = include_str!("../../../../golden/access/istio-tcp-ports/input.yaml");
const EXAMPLE_7: &str = include_str!("../../../../golden/access/istio-two-targets/input.yaml");
const EXAMPLE_17: &str = include_str!("../../../../golden/access/istio-http-beside-tcp/input.yaml");
const EXAMPLE_18: &str = include_str!("../../../../golden/access/istio-exact-regexes/input.yaml");

#[test]
fn methods_and_paths() {
    let want = r#"
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: meshglot-allow-api, namespace: shop, annotations: {meshglot.dev/sources: "HTTPRouteGroup/shop/api-routes,TrafficTarget/shop/api-web"}}
spec:
  action: ALLOW
  selector: {matchLabels: {app: api}}
  rules:
  - from: [{source: {principals: [cluster.local/ns/front/sa/web]}}]
    to:
    - operation: {methods: [GET], paths: [/metrics]}
    - operation: {methods: [GET, POST], paths: ["/orders/{*}/lines", "/orders/{*}/notes"]}
    - operation: {paths: [/v1/*], notPaths: [/v1/]}
"#;
    assert_policies(EXAMPLE_5, want, &["MG1104 narrowed", "MG1110 equivalent"]);
}

#[test]
fn tcp_ports_are_those_of_the_pods() {
    let want = r#"
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: meshglot-allow-db, namespace: data, annotations: {meshglot.dev/sources: "TCPRoute/data/mysql,TrafficTarget/data/db-api"}}
spec:
  action: ALLOW
  selector: {matchLabels: {app: db}}
  rules:
  - from: [{source: {principals: [cluster.local/ns/shop/sa/api]}}]
    to: [{operation: {ports: ["6446", "13306"]}}]
"#;
    assert_policies(EXAMPLE_6, want, &[]);
}

#[test]
fn two_targets_are_one_policy() {
    let want = r#"
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: meshglot-allow-api, namespace: default, annotations: {meshglot.dev/sources: "HTTPRouteGroup/default/api-routes,TCPRoute/default/api-port,TrafficTarget/default/api-api,TrafficTarget/default/api-metrics"}}
spec:
  action: ALLOW
  selector: {matchLabels: {app: api}}
  rules:
  - from: [{source: {principals: [cluster.local/ns/default/sa/payments, cluster.local/ns/default/sa/website]}}]
    to: [{operation: {paths: [/api*], ports: ["8080"]}}]
  - from: [{source: {principals: [cluster.local/ns/default/sa/prometheus]}}]
    to: [{operation: {methods: [GET], paths: [/metrics*], ports: ["8080"]}}]
"#;
    assert_policies(EXAMPLE_7, want, &["MG1110 equivalent", "MG1110 equivalent"]);
}

#[test]
fn requests_and_ports_never_share_a_rule() {
    let want = r#"
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: meshglot-allow-api, namespace: shop, annotations: {meshglot.dev/sources: "HTTPRouteGroup/shop/api-x,TCPRoute/shop/api-raw,TrafficTarget/shop/a-http,TrafficTarget/shop/b-raw"}}
spec:
  action: ALLOW
  selector: {matchLabels: {app: api}}
  rules:
  - from: [{source: {principals: [cluster.local/ns/shop/sa/web]}}]
    to: [{operation: {methods: [GET], paths: [/x]}}]
  - from: [{source: {principals: [cluster.local/ns/shop/sa/web]}}]
    to: [{operation: {ports: ["9000"]}}]
"#;
    assert_policies(EXAMPLE_17, want, &[]);
}

#[test]
fn regexes_that_look_lost_and_are_exact() {
    let want = r#"
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: meshglot-allow-api, namespace: shop, annotations: {meshglot.dev/sources: "HTTPRouteGroup/shop/api-routes,TrafficTarget/shop/api-web"}}
spec:
  action: ALLOW
  selector: {matchLabels: {app: api}}
  rules:
  - from: [{source: {principals: [cluster.local/ns/shop/sa/web]}}]
    to: [{operation: {methods: [GET], paths: [/users/0*, /users/1*, /users/2*, /users/3*, /users/4*, /users/5*, /users/6*, /users/7*, /users/8*, /users/9*]}}]
  - from: [{source: {principals: [cluster.local/ns/shop/sa/web]}}]
    to: [{operation: {notPaths: [/api/list], paths: ["*/list"]}}]
    when: [{key: "request.headers[:path]", values: [/api/*]}]
"#;
    assert_policies(EXAMPLE_18, want, &["MG1110 equivalent"]);
}

/// `to` and `when` of each rule for one match, as `PATHS|PATHS!NOT_PATHS` operations and `KEY=VALUES!NOT_VALUES`.
fn shape(one: &str) -> (Vec<String>, Vec<String>) {
    let (objects, losses) = rendered(&with_match(one), &[]);
    let words = |value: &Value| -> String {
        value.as_array().map(|list| list.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" ")).unwrap_or_default()
    };
    let except = |plus: String, minus: String| if minus.is_empty() { plus } else { format!("{plus} ! {minus}") };
    let mut rules = Vec::new();
    for rule in objects[0]["spec"]["rules"].as_array().into_iter().flatten() {
        let operations = rule["to"].as_array().into_iter().flatten().map(|to| &to["operation"]);
        let mut parts: Vec<String> = operations.map(|one| except(words(&one["paths"]), words(&one["notPaths"]))).collect();
        let when = rule["when"].as_array().into_iter().flatten();
        parts.extend(
            when.map(|one| {
                except(format!("{}={}", one["key"].as_str().unwrap_or_default(), words(&one["values"])), words(&one["notValues"]))
            }),
        );
        rules.push(parts.join(" | "));
    }
    let losses = losses.into_iter().filter(|loss| !loss.starts_with("MG1110")).map(|loss| loss[..6].to_owned()).collect();
    (rules, losses)
}

#[test_case(".*", "/*" ; "any")]
#[test_case("/.*", "/*" ; "slash and any")]
#[test_case("/", "/*" ; "open slash")]
#[test_case("/a$", "/a" ; "literal")]
#[test_case("/a.*", "/a*" ; "literal and any")]
#[test_case("/a(/.*)?$", "/a /a/*" ; "a path and all below it")]
#[test_case("/u/[0-3]+", "/u/0* /u/1* /u/2* /u/3*" ; "a class before an open end")]
#[test_case("/u/[0-3]", "/u/0* /u/1* /u/2* /u/3*" ; "once")]
#[test_case("/u/[01]{2,5}", "/u/00* /u/01* /u/10* /u/11*" ; "the least count")]
#[test_case("/u/[^ab]+", "/u/* ! /u/ /u/a* /u/b*" ; "a negated class")]
#[test_case(".*/list$", "*/list" ; "any and literal")]
#[test_case(".+/list$", "*/list ! /list" ; "something and literal")]
#[test_case("/v1/.+", "/v1/* ! /v1/" ; "literal and something")]
#[test_case("/u/[^/]+", "/u/* ! /u/ /u//*" ; "an open segment")]
#[test_case("/u/[^/]+.*$", "/u/* ! /u/ /u//*" ; "an open segment written out")]
#[test_case("/ab.*bc$", "*bc ! /abc | request.headers[:path]=/ab*" ; "two ends that overlap")]
#[test_case("/ab.+bc$", "*bc ! /abbc /abc | request.headers[:path]=/ab*" ; "two ends with something between")]
#[test_case("/.*[.]css$", "*.css" ; "every path begins with a slash")]
#[test_case("/a/[^/\\\\[\\\\]]+/b$", "/a/{*}/b" ; "a segment without brackets")]
#[test_case("/a|/ab|/c/d$", "/a* /c/d" ; "covered values are left out")]
#[test_case("/a?b*", "/*" ; "optional ends are nothing")]
#[test_case("/(a|b)(c|d)$", "/ac /ad /bc /bd" ; "groups are written out")]
#[test_case("/a[{|]", "/a%7B* /a%7C*" ; "as the proxy normalises")]
#[test_case("/a[^{]", "/a* ! /a /a%7B*" ; "as the proxy normalises, negated")]
#[test_case("/x|/b$", "/b /x*" ; "an end within an alternative")]
#[test_case("(?i)/ab$", "/AB /Ab /aB /ab" ; "either case")]
#[test_case("[^a]x$", "/x" ; "a first character is a slash")]
#[test_case("/a$|b", "/a" ; "a branch that no path takes")]
fn exact_paths(regex: &str, want: &str) {
    assert_eq!(shape(&format!("pathRegex: \"{regex}\"")), (vec![want.to_owned()], Vec::new()));
}

#[test_case("/a/[^/]+/b$", "/a/{*}/b" ; "a segment")]
#[test_case("/a/[^/]+/.*", "/a/{*}/{**}" ; "a segment and all below it")]
#[test_case("/a/[^/]+/b", "/a/{*}/b /a/{*}/b/{**}" ; "an open end is cut at a segment")]
#[test_case("/a/[^/]+/b/[^/]+", "/a/{*}/b/{*} /a/{*}/b/{*}/{**}" ; "two segments, open")]
#[test_case("/a/[^/]*/b$", "/a//b /a/{*}/b" ; "a segment that may be empty")]
#[test_case("/a/[^/]+/(x|y)$", "/a/{*}/x /a/{*}/y" ; "several")]
fn narrowed_paths(regex: &str, want: &str) {
    assert_eq!(shape(&format!("pathRegex: \"{regex}\"")), (vec![want.to_owned()], vec!["MG1104".to_owned()]));
}

#[test_case("/users/[0-9]+$", "MG1103" ; "a class repeated before the end")]
#[test_case("/users/[0-9]+/x$", "MG1103" ; "a class repeated before a literal")]
#[test_case("/a.*b.*", "MG1103" ; "two ends, open")]
#[test_case(".*a.*", "MG1103" ; "contains")]
#[test_case("/[a-z][a-z]", "MG1103" ; "over 64 branches")]
#[test_case("/(ab)+$", "MG1103" ; "a repeated group")]
#[test_case("/a\\\\bb", "MG1103" ; "a word boundary")]
#[test_case("/a[*]$", "MG1103" ; "a star at the end")]
#[test_case("/a/[^/]+/b c$", "MG1103" ; "a character that templates do not take")]
#[test_case("/a/[^/]+//b$", "MG1103" ; "an empty segment")]
#[test_case("/a/[^/]+x/b$", "MG1103" ; "half a segment")]
#[test_case("/a/.*/b/[^/]+/c$", "MG1103" ; "a variable after the rest")]
#[test_case("/a/[^/x]+/b$", "MG1103" ; "a narrower class would be widened")]
#[test_case("/a[?]b[xy]", "MG1103" ; "a path ends before the query")]
fn refused_paths(regex: &str, code: &str) {
    assert_eq!(shape(&format!("pathRegex: \"{regex}\"")), (Vec::new(), vec![code.to_owned()]));
}

#[test]
fn a_long_template_is_refused() {
    let one = format!("pathRegex: \"/{}/[^/]+/b$\"", "x".repeat(260));
    assert_eq!(shape(&one), (Vec::new(), vec!["MG1127".to_owned()]));
}

#[test_case("{x: a}", "request.headers[x]=a" ; "literal")]
#[test_case("{x: a|b}", "request.headers[x]=a b" ; "branches are values")]
#[test_case("{x: v.*}", "request.headers[x]=v*" ; "prefix")]
#[test_case("{x: .*v}", "request.headers[x]=*v" ; "suffix")]
#[test_case("{x: .*}", "request.headers[x]=*" ; "present")]
#[test_case("{X-A: v}", "request.headers[x-a]=v" ; "lower case")]
#[test_case("{x: a}, {y: b}", "request.headers[x]=a | request.headers[y]=b" ; "two headers")]
#[test_case("{x: a.*}, {x: .*b}", "request.headers[x]=*b | request.headers[x]=a*" ; "two conditions on one")]
#[test_case("{x: ab.*bc}", "request.headers[x]=ab* | request.headers[x]=*bc ! abc" ; "two ends")]
fn headers(written: &str, want: &str) {
    assert_eq!(shape(&format!("headers: [{written}]")), (vec![want.to_owned()], Vec::new()));
}

#[test_case(".+" ; "something")]
#[test_case(".*Firefox.*" ; "contains")]
#[test_case("[*]a" ; "star at the start")]
#[test_case("a[*]" ; "star at the end")]
#[test_case("[0-9]+" ; "digits")]
#[test_case("" ; "empty")]
fn refused_headers(value: &str) {
    assert_eq!(shape(&format!("headers: [{{x: '{value}'}}]")), (Vec::new(), vec!["MG1105".to_owned()]));
}

#[test]
fn a_match_with_headers_is_a_rule_of_its_own() {
    let (objects, losses) = rendered(include_str!("../../../../golden/access/istio-headers/input.yaml"), &[]);
    let rules = objects[0]["spec"]["rules"].as_array().map_or(&[][..], Vec::as_slice);
    assert_eq!(rules.len(), 2, "{rules:?}");
    assert_eq!(rules[0]["to"], json!([{"operation": {"paths": ["/api*"]}}]));
    assert_eq!(rules[0]["when"], json!([{"key": "request.headers[x-stage]", "values": ["beta", "canary-*"]}]));
    assert_eq!(rules[1].get("to"), None);
    assert!(losses.iter().any(|loss| loss.starts_with("MG1105 refused")), "{losses:?}");
}

#[test]
fn nothing_left_is_closed_without_an_empty_list() {
    let (objects, _) = rendered(include_str!("../../../../golden/access/istio-all-refused/input.yaml"), &[]);
    assert_eq!(objects[0]["spec"], json!({"action": "ALLOW", "selector": {"matchLabels": {"app": "api"}}}));
}

#[test]
fn accepting_a_loss_leaves_the_match_out() {
    let input = include_str!("../../../../golden/access/istio-path-refused/input.yaml");
    let (objects, losses) = rendered(input, &[Code::MG1103]);
    assert_eq!(objects[0]["spec"]["rules"][0]["to"], json!([{"operation": {"paths": ["/health"]}}]));
    assert_eq!(objects[0]["metadata"]["annotations"]["meshglot.dev/accepted-losses"], "MG1103");
    assert_eq!(losses.len(), 1);
}

#[test]
fn every_request_is_not_every_connection() {
    let input = include_str!("../../../../golden/access/istio-every-request/input.yaml");
    assert_eq!(rendered(input, &[]).0[0]["spec"]["rules"][0]["to"], json!([{"operation": {"paths": ["/*"]}}]));
}

#[test]
fn a_rule_on_requests_allows_nothing_on_tcp() {
    let (objects, losses) = rendered(include_str!("../../../../golden/access/istio-http-rule-on-tcp/input.yaml"), &[]);
    assert_eq!(objects[0]["spec"].get("rules"), None);
    assert_eq!(losses, ["MG1102 refused all"]);
}

#[test]
fn labels_of_another_account_close_both() {
    let (objects, losses) = rendered(include_str!("../../../../golden/access/istio-shared-labels/input.yaml"), &[]);
    assert_eq!(objects[0]["spec"], json!({"action": "ALLOW", "selector": {"matchLabels": {"app": "api"}}}));
    assert_eq!(losses, ["MG1106 narrowed api", "MG1106 refused api"]);
}

#[test]
fn default_deny_closes_namespaces_and_workloads() {
    let found = policies(include_str!("../../../../golden/access/istio-default-deny/input.yaml"));
    let names: Vec<&str> = found.iter().filter_map(|object| object["metadata"]["name"].as_str()).collect();
    assert_eq!(names, ["meshglot-allow-api", "meshglot-allow-web", "meshglot-default-deny"]);
    assert_eq!(found[1]["spec"], json!({"action": "ALLOW", "selector": {"matchLabels": {"app": "web"}}}));
    assert_eq!(found[2]["spec"], json!({}));
}

#[test]
fn rules_that_are_not_enforced_are_audited() {
    let found = policies(include_str!("../../../../golden/access/istio-audit/input.yaml"));
    assert_eq!((&found[0]["spec"]["action"], &found[0]["metadata"]["name"]), (&json!("AUDIT"), &json!("meshglot-audit-api")));
}

#[test]
fn without_the_pseudo_header_a_template() {
    let (objects, losses) = rendered(include_str!("../../../../golden/access/istio-no-pseudo-header/input.yaml"), &[]);
    assert_eq!(objects[0]["spec"]["rules"][0]["to"], json!([{"operation": {"paths": ["/api/{**}/list"]}}]));
    assert!(losses[0].starts_with("MG1104"), "{losses:?}");
}

#[test]
fn accounts_of_any_trust_domain_come_in_sixteens() {
    let found = policies(include_str!("../../../../golden/access/istio-any-trust-domain/input.yaml"));
    let from = found[0]["spec"]["rules"][0]["from"].as_array().cloned().unwrap_or_default();
    let sizes: Vec<usize> = from.iter().filter_map(|from| from["source"]["serviceAccounts"].as_array().map(Vec::len)).collect();
    assert_eq!(sizes, [16, 1]);
    assert_eq!(from[1]["source"]["serviceAccounts"], json!(["shop/web-9"]));
}

#[test]
fn two_kinds_of_one_name_have_two_policies() {
    let both = EXAMPLE_17.to_owned() + "---\n" + &workload("StatefulSet", "api", "app: other");
    let names: Vec<Value> = policies(&both).iter().map(|object| object["metadata"]["name"].clone()).collect();
    let names: Vec<&str> = names.iter().filter_map(Value::as_str).collect();
    assert!(
        matches!(names[..], [one, other] if one.starts_with("meshglot-allow-deployment-api-") && other.starts_with("meshglot-allow-statefulset-api-")),
        "{names:?}"
    );
}
