//! Access from text to Consul's intentions: the worked examples of `docs/mapping/consul.md`, and tables of what an
//! identity and a port come to.

use meshglot_consul::config_entries;
use serde_json::{Value, json};
use test_case::test_case;

use crate::harness::{assert_edits, losses, render, specs, yaml};

/// The sources of a service's intentions; `None` if it has none.
fn sources(input: &str, service: &str) -> Option<Value> {
    let found = |object: &Value| object["kind"] == "ServiceIntentions" && object["metadata"]["name"] == service;
    specs(input).into_iter().find(found).map(|object| object["spec"]["sources"].clone())
}

fn golden(case: &str) -> String {
    let path = format!("{}/../../golden/access/{case}/input.yaml", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// A Service of namespace `shop` that selects these labels.
fn service(name: &str, selector: &str, ports: &str) -> String {
    format!(
        "---\n{{apiVersion: v1, kind: Service, metadata: {{name: {name}, namespace: shop}}, spec: {{selector: {{{selector}}}, ports: [{ports}]}}}}\n"
    )
}

/// Pods of namespace `shop` with these labels.
fn pods(name: &str, account: &str, labels: &str, ports: &str) -> String {
    format!(
        "---\n{{apiVersion: apps/v1, kind: Deployment, metadata: {{name: {name}, namespace: shop}}, spec: {{selector: {{matchLabels: {{{labels}}}}}, \
         template: {{metadata: {{labels: {{{labels}}}}}, spec: {{serviceAccountName: {account}, containers: [{{name: it, image: it, ports: [{ports}]}}]}}}}}}}}\n"
    )
}

const PORT: &str = "{port: 80, targetPort: 8080, appProtocol: http}";

/// A Service whose pods run under an account of its name.
fn app(name: &str) -> String {
    service(name, &format!("app: {name}"), PORT) + &pods(name, name, &format!("app: {name}"), "{containerPort: 8080}")
}

fn route(ports: &str) -> String {
    format!(
        "---\n{{apiVersion: specs.smi-spec.io/v1alpha4, kind: TCPRoute, metadata: {{name: tcp, namespace: shop}}, spec: {{matches: {{ports: [{ports}]}}}}}}\n"
    )
}

fn group(matches: &str) -> String {
    format!(
        "---\n{{apiVersion: specs.smi-spec.io/v1alpha4, kind: HTTPRouteGroup, metadata: {{name: http, namespace: shop}}, spec: {{matches: [{matches}]}}}}\n"
    )
}

const TCP: &str = "{kind: TCPRoute, name: tcp}";
const HTTP: &str = "{kind: HTTPRouteGroup, name: http}";

/// A target of `api`.
fn allow(name: &str, sources: &[&str], rules: &str) -> String {
    let sources: Vec<String> = sources.iter().map(|source| format!("{{kind: ServiceAccount, name: {source}}}")).collect();
    format!(
        "---\n{{apiVersion: access.smi-spec.io/v1alpha3, kind: TrafficTarget, metadata: {{name: {name}, namespace: shop}}, \
         spec: {{destination: {{kind: ServiceAccount, name: api}}, rules: [{rules}], sources: [{}]}}}}\n",
        sources.join(", ")
    )
}

fn mesh(spec: &str) -> String {
    format!("---\n{{apiVersion: meshglot.dev/v1alpha1, kind: Mesh, metadata: {{name: main}}, spec: {{backend: consul, {spec}}}}}\n")
}

#[test]
fn example_methods_and_paths() {
    let want = "
        {kind: ServiceDefaults, metadata: {name: api}, spec: {protocol: http}}
        ---
        {kind: ServiceIntentions, metadata: {name: api}, spec: {destination: {name: api}, sources: [
          {name: website, permissions: [
            {action: allow, http: {pathExact: /metrics, methods: [GET]}},
            {action: allow, http: {pathRegex: \"(?:/orders/[0-9]+).*\", methods: [GET, POST]}},
            {action: deny, http: {pathPrefix: /}}]},
          {name: \"*\", action: deny}]}}";
    assert_eq!(specs(&golden("consul-http")), yaml(want));
    let told = ["MG1307 narrowed web-to-api .spec.destination.name", "MG1316 widened api-routes"];
    let mut losses = losses(&golden("consul-http"));
    losses.sort();
    assert_eq!(losses[0], told[0]);
    assert_eq!(losses.len(), 2, "{losses:?}");
}

#[test]
fn example_tcp() {
    let want = "{kind: ServiceIntentions, metadata: {name: db}, spec: {destination: {name: db}, sources: [{name: api, action: allow}, {name: \"*\", action: deny}]}}";
    assert_eq!(specs(&golden("consul-tcp")), yaml(want));
}

#[test]
fn example_two_targets() {
    let want = "
        {kind: ServiceDefaults, metadata: {name: api}, spec: {protocol: http}}
        ---
        {kind: ServiceIntentions, metadata: {name: api}, spec: {destination: {name: api}, sources: [
          {name: prometheus, permissions: [{action: allow, http: {pathExact: /metrics, methods: [GET]}}, {action: deny, http: {pathPrefix: /}}]},
          {name: website, permissions: [
            {action: allow, http: {pathExact: /metrics, methods: [GET]}},
            {action: allow, http: {pathRegex: \"(?:/orders/[0-9]+).*\", methods: [GET, POST]}},
            {action: deny, http: {pathPrefix: /}}]},
          {name: \"*\", action: deny}]}}";
    assert_eq!(specs(&golden("consul-two-targets")), yaml(want));
}

#[test]
fn example_default_deny() {
    let want = "
        {kind: ServiceIntentions, metadata: {name: all-services}, spec: {destination: {name: \"*\"}, sources: [{name: \"*\", action: deny}]}}
        ---
        {kind: ServiceIntentions, metadata: {name: api}, spec: {destination: {name: api}, sources: [{name: \"*\", action: deny}]}}
        ---
        {kind: ServiceIntentions, metadata: {name: website}, spec: {destination: {name: website}, sources: [{name: \"*\", action: deny}]}}";
    let input = mesh("access: {default: deny}") + &app("api") + &app("website");
    assert_eq!(specs(&input), yaml(want));
    assert_eq!(losses(&input), [""; 0]);
}

#[test]
fn a_root_without_instances_has_the_entry_of_its_versions() {
    let input = golden("consul-root");
    let versions = sources(&input, "api-v1").expect("v1 is closed");
    assert_eq!(versions[0]["name"], "website");
    assert_eq!(sources(&input, "api-v2").as_ref(), Some(&versions));
    assert_eq!(sources(&input, "api"), Some(versions));
    assert!(losses(&input).iter().all(|line| !line.starts_with("MG1303")), "the root has an intention");
}

/// The callers that are named at `api`, in the order in which Consul reads them.
fn names(input: &str) -> String {
    let sources = sources(input, "api").expect("api is closed");
    let words: Vec<&str> = sources.as_array().into_iter().flatten().filter_map(|source| source["name"].as_str()).collect();
    words.join(" ")
}

const ACLS: &str = "consul: {acls: true, defaultIntentionPolicy: allow}";
const OPEN: &str = "consul: {defaultIntentionPolicy: allow}";

#[test_case(app("web"), OPEN, "web *", &[] ; "one service")]
#[test_case(service("front", "app: web", PORT) + &pods("web", "web", "app: web", ""), OPEN, "front *", &[] ; "the service has another name")]
#[test_case(service("v1", "v: a", PORT) + &pods("a", "web", "v: a", "") + &service("v2", "v: b", PORT) + &pods("b", "web", "v: b", ""),
    OPEN, "v1 v2 *", &[] ; "several services are several callers")]
#[test_case(service("root", "app: web", PORT) + &service("v1", "app: web, v: a", PORT) + &pods("a", "web", "app: web, v: a", ""),
    OPEN, "v1 *", &[] ; "a pod is the narrower service")]
#[test_case(service("all", "of: shop", PORT) + &pods("a", "web", "of: shop, app: a", "") + &pods("b", "other", "of: shop, app: b", ""),
    OPEN, "*", &["MG1313"] ; "MG1313 somebody else's pods are in the service")]
#[test_case(pods("a", "web", "app: web", ""), OPEN, "*", &["MG1301"] ; "MG1301 pods without a service")]
#[test_case(String::new(), OPEN, "*", &["MG1301"] ; "MG1301 nothing is known")]
#[test_case(String::new(), ACLS, "web *", &[] ; "names are the same with ACLs")]
#[test_case(service("front", "app: web", PORT) + &pods("web", "web", "app: web", ""), ACLS, "web *", &[] ; "whatever the inventory says")]
#[test_case(app("web") + &app("web").replace("shop", "blog"), OPEN, "*", &["MG1302"] ; "MG1302 a namesake elsewhere")]
fn who_a_source_is(inventory: String, options: &str, want: &str, lost: &[&str]) {
    let input = mesh(options) + &app("api") + &route("80") + &allow("t", &["web"], TCP) + &inventory;
    assert_eq!(names(&input), want);
    let codes: Vec<String> = losses(&input).iter().map(|line| line[..6].to_owned()).collect();
    assert_eq!(codes, lost);
}

#[test]
fn the_account_default_is_nobody() {
    let input = mesh(OPEN) + &app("api") + &route("80") + &app("default") + &allow("t", &["default"], TCP);
    assert_eq!(names(&input), "*");
    assert_eq!(losses(&input), ["MG1301 refused t .spec.sources[0].name"]);
}

#[test]
fn a_destination_that_cannot_be_told_apart_is_closed() {
    let input = mesh(OPEN)
        + &service("api", "of: shop", PORT)
        + &pods("a", "api", "of: shop, app: a", "{containerPort: 8080}")
        + &pods("b", "other", "of: shop, app: b", "{containerPort: 8080}")
        + &app("web")
        + &route("80")
        + &allow("t", &["web"], TCP);
    assert_eq!(names(&input), "*");
    assert_eq!(losses(&input), ["MG1313 refused t .spec.destination.name"]);
}

#[test]
fn one_name_in_two_namespaces_is_closed_once() {
    let input = golden("consul-name-collision");
    let closed: Vec<Value> = specs(&input).into_iter().filter(|object| object["kind"] == "ServiceIntentions").collect();
    assert_eq!(
        closed,
        yaml("{kind: ServiceIntentions, metadata: {name: api}, spec: {destination: {name: api}, sources: [{name: \"*\", action: deny}]}}")
    );
    assert!(losses(&input).iter().any(|line| line.starts_with("MG1302 refused web-to-api")));
}

#[test_case("80", PORT, "{containerPort: 8080}", true ; "the only port")]
#[test_case("8080", PORT, "{containerPort: 8080}", true ; "the container's number")]
#[test_case("", PORT, "{containerPort: 8080}, {containerPort: 9090}", true ; "P7 no port is every port")]
#[test_case("80", PORT, "{containerPort: 8080}, {containerPort: 9090}", false ; "MG1314 another container port")]
#[test_case("80, 9090", PORT, "{containerPort: 8080}, {containerPort: 9090}", true ; "both")]
#[test_case("80", "{name: a, port: 80, targetPort: 8080}, {name: b, port: 81, targetPort: 8081}", "", false ; "MG1314 another Service port")]
#[test_case("80", "{name: a, port: 80, targetPort: 8080}, {name: b, port: 81, targetPort: 8080}", "", true ; "two Service ports, one container port")]
fn ports_of_a_rule(rule: &str, service_ports: &str, container_ports: &str, exact: bool) {
    let input = mesh(OPEN)
        + &service("api", "app: api", service_ports)
        + &pods("api", "api", "app: api", container_ports)
        + &app("web")
        + &route(rule)
        + &allow("t", &["web"], TCP);
    assert_eq!(names(&input), if exact { "web *" } else { "*" });
    let codes: Vec<String> = losses(&input).iter().map(|line| line[..6].to_owned()).collect();
    assert_eq!(codes, if exact { vec![] } else { vec!["MG1314"] });
}

#[test_case("{name: a, pathRegex: /a}", json!([{"pathPrefix": "/a"}]) ; "P1 a literal is open at its end")]
#[test_case("{name: a, pathRegex: \"/a[bc]$\"}", json!([{"pathRegex": "(?:/a[bc])"}]) ; "an expression stays as it is")]
#[test_case("{name: a, pathRegex: \"/a\\\\{b$\"}", json!([{"pathExact": "/a%7Bb"}]) ; "a literal as it is compared")]
#[test_case("{name: a, methods: [POST, GET]}", json!([{"methods": ["GET", "POST"]}]) ; "P3 methods are sorted")]
#[test_case("{name: a, headers: {B: why, a: ex}}", json!([{"header": [{"name": "a", "regex": "ex"}, {"name": "b", "regex": "why"}]}]) ; "P5 whole values, sorted")]
#[test_case("{name: a, pathRegex: /b.c}, {name: b, pathRegex: /b}, {name: c, pathRegex: /z$}, {name: d, methods: [GET]}, {name: e, pathRegex: /a}",
    json!([{"pathExact": "/z"}, {"pathPrefix": "/a"}, {"pathPrefix": "/b"}, {"pathRegex": "(?:/b.c).*"}, {"methods": ["GET"]}]) ; "exact, prefix, expression, none")]
#[test_case("{name: a, pathRegex: /a}, {name: b, pathRegex: /a}", json!([{"pathPrefix": "/a"}]) ; "once each")]
fn permissions(matches: &str, want: Value) {
    let input = mesh(OPEN) + &app("api") + &app("web") + &group(matches) + &allow("t", &["web"], HTTP);
    let sources = sources(&input, "api").expect("api is closed");
    let list = sources[0]["permissions"].as_array().expect("requests are looked at");
    let (last, allows) = list.split_last().expect("a list is closed");
    assert_eq!(*last, json!({"action": "deny", "http": {"pathPrefix": "/"}}));
    assert!(allows.iter().all(|one| one["action"] == "allow"));
    assert_eq!(allows.iter().map(|one| one["http"].clone()).collect::<Value>(), want);
}

#[test]
fn a_match_for_everything_is_a_plain_allow_of_http() {
    let input = mesh(OPEN) + &app("api") + &app("web") + &group("{name: all, methods: [\"*\"]}") + &allow("t", &["web"], HTTP);
    assert_eq!(sources(&input, "api").expect("closed")[0], json!({"name": "web", "action": "allow"}));
    assert_eq!(specs(&input)[0]["kind"], "ServiceDefaults", "only requests are allowed");
    assert_eq!(losses(&input), [""; 0]);
}

#[test]
fn a_plain_allow_absorbs_permissions() {
    let input = mesh(OPEN)
        + &app("api")
        + &app("web")
        + &route("80")
        + &group("{name: a, pathRegex: /a}")
        + &allow("s", &["web"], HTTP)
        + &allow("t", &["web"], TCP);
    assert_eq!(sources(&input, "api").expect("closed")[0], json!({"name": "web", "action": "allow"}));
}

#[test]
fn peers_are_denied_before_the_rest() {
    let options = "consul: {peers: [west, east], defaultIntentionPolicy: allow}";
    let input = mesh(options) + &app("api") + &app("web") + &route("80") + &allow("t", &["web"], TCP);
    let want = json!([{"name": "web", "action": "allow"}, {"name": "*", "peer": "east", "action": "deny"},
        {"name": "*", "peer": "west", "action": "deny"}, {"name": "*", "action": "deny"}]);
    assert_eq!(sources(&input, "api"), Some(want));
}

#[test]
fn rules_that_are_only_audited_render_nothing() {
    let input = mesh("access: {default: allow}") + &app("api") + &app("web") + &route("80") + &allow("t", &["web"], TCP);
    assert_eq!(specs(&input), Vec::<Value>::new());
    assert_eq!(losses(&input), ["MG1317 dropped t .spec.destination.name"]);
}

#[test]
fn an_http_rule_needs_http() {
    let tcp = app("api").replace("appProtocol: http", "appProtocol: tcp");
    let input = mesh(OPEN) + &tcp + &app("web") + &group("{name: a, pathRegex: /a}") + &allow("t", &["web"], HTTP);
    assert_eq!(names(&input), "*");
    assert_eq!(losses(&input), ["MG1315 refused t .spec.rules[0].name"]);
}

#[test]
fn enterprise_namespaces_are_named() {
    let options = "consul: {enterprise: true, namespaces: {mirroring: true, prefix: k8s-}, defaultIntentionPolicy: allow}";
    let input = mesh(options) + &app("api") + &app("web") + &route("80") + &allow("t", &["web"], TCP);
    let entries = render(&input, config_entries);
    let want = json!([{"Kind": "service-intentions", "Name": "api", "Namespace": "k8s-shop", "Meta": {"managed-by": "meshglot"},
        "Sources": [{"Name": "web", "Namespace": "k8s-shop", "Action": "allow"}, {"Name": "*", "Namespace": "*", "Action": "deny"}]}]);
    assert_eq!(entries.into_iter().map(|(_, entry)| entry).collect::<Value>(), want);
}

#[test]
fn entries_are_spelt_as_consul_does() {
    let entries = render(&golden("consul-http"), config_entries);
    assert_eq!(
        entries[1].1,
        json!({"Kind": "service-intentions", "Name": "api", "Meta": {"managed-by": "meshglot"}, "Sources": [
            {"Name": "website", "Permissions": [
                {"Action": "allow", "HTTP": {"PathExact": "/metrics", "Methods": ["GET"]}},
                {"Action": "allow", "HTTP": {"PathRegex": "(?:/orders/[0-9]+).*", "Methods": ["GET", "POST"]}},
                {"Action": "deny", "HTTP": {"PathPrefix": "/"}}]},
            {"Name": "*", "Action": "deny"}]})
    );
}

#[test_case("consul-http" ; "http")]
#[test_case("consul-two-targets" ; "two targets")]
#[test_case("consul-deny" ; "deny")]
#[test_case("consul-root" ; "root")]
#[test_case("consul-shared-service" ; "shared service")]
#[test_case("consul-name-collision" ; "collision")]
#[test_case("consul-acls" ; "acls")]
fn an_edit_renders_what_a_fresh_start_does(case: &str) {
    assert_edits(&golden(case));
}
