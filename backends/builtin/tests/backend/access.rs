//! Who may call: the worked examples 8.4 to 8.7 of `docs/mapping/builtin.md`, and what they leave out.

use serde_json::{Value, json};
use test_case::test_case;

use crate::resources::{Resources, SHARED, deployment, sans, services};

/// A target of an account of namespace `shop`.
fn target(name: &str, destination: &str, rules: &str, sources: &[&str]) -> String {
    let sources: Vec<String> = sources.iter().map(|name| format!("{{kind: ServiceAccount, name: {name}}}")).collect();
    let sources = sources.join(", ");
    format!(
        "{{apiVersion: access.smi-spec.io/v1alpha3, kind: TrafficTarget, metadata: {{name: {name}, namespace: shop}}, spec: {{destination: \
         {{kind: ServiceAccount, name: {destination}}}, rules: [{rules}], sources: [{sources}]}}}}"
    )
}

fn spec(kind: &str, name: &str, spec: &str) -> String {
    format!("{{apiVersion: specs.smi-spec.io/v1alpha4, kind: {kind}, metadata: {{name: {name}, namespace: shop}}, spec: {{{spec}}}}}")
}

fn mesh(default: &str) -> String {
    format!(
        "{{apiVersion: meshglot.dev/v1alpha1, kind: Mesh, metadata: {{name: mesh}}, spec: {{backend: builtin, namespaceSelector: {{}}, \
         access: {{default: {default}}}}}}}"
    )
}

fn workload(name: &str, ports: &[u16]) -> String {
    let ports: Vec<String> = ports.iter().map(|port| format!("{{containerPort: {port}}}")).collect();
    deployment(name).replace("{name: main}", &format!("{{name: main, ports: [{}]}}", ports.join(", ")))
}

fn api() -> String {
    let ports = "{name: http, port: 80, targetPort: 8080}, {name: http-admin, port: 9100}";
    [services(ports, &[("api", "10.96.0.1")]), workload("api", &[8080, 9100])].join("\n---\n")
}

fn id(account: &str) -> String {
    format!("spiffe://cluster.local/ns/shop/sa/{account}")
}

fn principals(accounts: &[&str]) -> Value {
    accounts.iter().map(|account| json!({ "authenticated": { "principal_name": { "exact": id(account) } } })).collect()
}

fn method(word: &str) -> Value {
    json!({ "header": { "name": ":method", "string_match": { "exact": word } } })
}

/// What `meshglot.allow` decides on the requests to a port.
fn requests(resources: &Resources, workload: &str, port: u16) -> Value {
    let config = resources.get(workload, "RouteConfiguration", &format!("inbound/{port}"));
    let host = &config["virtual_hosts"][0];
    assert_eq!(host["routes"][0]["name"], "ambiguous-path", "the answer to doubt comes before any rule");
    let per_route = json!({ "@type": "type.googleapis.com/envoy.extensions.filters.http.rbac.v3.RBACPerRoute" });
    assert_eq!(host["routes"][0]["typed_per_filter_config"], json!({ "meshglot.allow": per_route, "meshglot.deny": per_route }));
    assert_eq!(host["typed_per_filter_config"]["meshglot.deny"], per_route);
    host["typed_per_filter_config"]["meshglot.allow"]["rbac"].clone()
}

fn allow(policies: Value) -> Value {
    json!({ "rules": { "action": "ALLOW", "policies": policies }, "rules_stat_prefix": "allow_" })
}

/// Each inbound chain: its name, its filters and where they lead, and who may come.
fn chains(resources: &Resources, workload: &str) -> Vec<(String, Vec<String>, Vec<String>)> {
    let chain = |chain: &Value| {
        let filter = |filter: &Value| {
            let cluster = filter["typed_config"]["cluster"].as_str();
            cluster.or(filter["name"].as_str()).unwrap_or_default().to_owned()
        };
        let filters = chain["filters"].as_array().map(|filters| filters.iter().map(filter).collect()).unwrap_or_default();
        (chain["name"].as_str().unwrap_or_default().to_owned(), filters, sans(&chain["transport_socket"]))
    };
    let listener = resources.get(workload, "Listener", "inbound");
    let rest = std::iter::once(&listener["default_filter_chain"]);
    listener["filter_chains"].as_array().into_iter().flatten().chain(rest).map(chain).collect()
}

fn line(name: &str, filters: &[&str], sans: &[&str]) -> (String, Vec<String>, Vec<String>) {
    let owned = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
    (name.to_owned(), owned(filters), owned(sans))
}

const HTTP: &str = "envoy.filters.network.http_connection_manager";

#[test]
fn methods_paths_headers_8_4() {
    let group = "matches: [{name: users, pathRegex: '/users/[0-9]+', methods: [GET, HEAD]}, {name: status, pathRegex: /admin/status$, \
                 methods: ['*']}, {name: orders, pathRegex: /orders, methods: [POST], headers: [{x-tenant: acme|globex}]}, {name: internal, \
                 pathRegex: /internal}]";
    let rule = "{kind: HTTPRouteGroup, name: api-routes, matches: [users, status, orders]}";
    let resources = Resources::of(&[&target("web-to-api", "api", rule, &["web"]), &spec("HTTPRouteGroup", "api-routes", group), &api()]);
    let path = |form: Value| json!({ "url_path": { "path": form } });
    let value = json!({ "safe_regex": { "regex": "acme|globex" } });
    let tenant = json!({ "header": { "name": "x-tenant", "string_match": value } });
    let want = allow(json!({ "TrafficTarget/shop/web-to-api#api-routes": { "principals": principals(&["web"]), "permissions": [
        { "and_rules": { "rules": [path(json!({ "safe_regex": { "regex": "(?:/users/[0-9]+).*" } })),
            { "or_rules": { "rules": [method("GET"), method("HEAD")] } }] } },
        path(json!({ "exact": "/admin/status" })),
        { "and_rules": { "rules": [path(json!({ "prefix": "/orders" })), method("POST"), tenant] } },
    ] } }));
    assert_eq!((requests(&resources, "shop/api", 8080), requests(&resources, "shop/api", 9100)), (want.clone(), want));
    let mut lines = Vec::new();
    for port in ["8080", "9100"] {
        lines.extend(["mtls", "plain", "tls"].map(|name| line(&format!("{port}/{name}"), &[HTTP], &[])));
    }
    lines.push(line("default", &["closed"], &[]));
    assert_eq!(chains(&resources, "shop/api"), lines);
    assert!(resources.codes().is_empty());
}

#[test]
fn connections_8_5() {
    let rule = "{kind: TCPRoute, name: sql}";
    let db = services("{name: tcp-a, port: 5432}, {name: tcp-b, port: 5433}", &[("db", "10.96.0.1")]);
    let sql = spec("TCPRoute", "sql", "matches: {ports: [5432]}");
    let resources = Resources::of(&[&target("web-to-db", "db", rule, &["web"]), &sql, &db, &workload("db", &[5432])]);
    let (web, nobody) = (id("web"), "spiffe://cluster.local/none");
    let mut lines = Vec::new();
    for (port, san) in [("5432", &*web), ("5433", nobody)] {
        let name = |name: &str| format!("{port}/{name}");
        lines.push(line(&name("mtls"), &["meshglot.allow", &format!("inbound/{port}")], &[san]));
        lines.extend(["closed", "tls"].map(|chain| line(&name(chain), &["meshglot.deny", "closed"], &[])));
    }
    lines.push(line("default", &["closed"], &[]));
    assert_eq!(chains(&resources, "shop/db"), lines);

    let filter = |chain: usize| {
        let listener = resources.get("shop/db", "Listener", "inbound");
        listener["filter_chains"][chain]["filters"][0]["typed_config"].clone()
    };
    let rbac = |policies: Value| {
        let rules = json!({ "action": "ALLOW", "policies": policies });
        json!({ "@type": "type.googleapis.com/envoy.extensions.filters.network.rbac.v3.RBAC", "stat_prefix": "rbac_",
            "rules": rules, "shadow_rules": rules, "shadow_rules_stat_prefix": "allow_" })
    };
    let policy = json!({ "TrafficTarget/shop/web-to-db#sql": { "permissions": [{ "any": true }], "principals": principals(&["web"]) } });
    assert_eq!((filter(0), filter(3)), (rbac(policy), rbac(json!({}))));
    let all = json!({ "action": "DENY", "policies": { "closed": { "permissions": [{ "any": true }], "principals": [{ "any": true }] } } });
    assert!(resources.get(SHARED, "Cluster", "closed")["load_assignment"].is_null(), "it leads nowhere");
    let closed = filter(1);
    assert_eq!((&closed["rules"], &closed["shadow_rules"], &closed["shadow_rules_stat_prefix"]), (&all, &all, &json!("deny_")));
}

#[test]
fn port_and_route_8_6() {
    let rules = "{kind: TCPRoute, name: main}, {kind: HTTPRouteGroup, name: read}";
    let resources = Resources::of(&[
        &target("a", "api", rules, &["web", "batch"]),
        &target("b", "api", "{kind: HTTPRouteGroup, name: write}", &["web"]),
        &spec("HTTPRouteGroup", "read", "matches: [{name: all, pathRegex: /, methods: [GET]}]"),
        &spec("HTTPRouteGroup", "write", "matches: [{name: items, pathRegex: /items, methods: [POST]}]"),
        &spec("TCPRoute", "main", "matches: {ports: [80]}"),
        &api(),
    ]);
    let with =
        |path: &str, word: &str| json!([{ "and_rules": { "rules": [{ "url_path": { "path": { "prefix": path } } }, method(word)] } }]);
    let read = json!({ "permissions": with("/", "GET"), "principals": principals(&["batch", "web"]) });
    let write = json!({ "permissions": with("/items", "POST"), "principals": principals(&["web"]) });
    let both = allow(json!({ "TrafficTarget/shop/a#read": read, "TrafficTarget/shop/b#write": write }));
    assert_eq!(requests(&resources, "shop/api", 8080), both);
    assert_eq!(requests(&resources, "shop/api", 9100), allow(json!({ "TrafficTarget/shop/b#write": write })));
}

#[test_case("deny", allow(json!({})), "closed" ; "8.7 everybody is 403, on ports that nobody declares too")]
#[test_case("targeted", Value::Null, "passthrough" ; "nobody said anything")]
#[test_case("allow", Value::Null, "passthrough" ; "nothing to tell")]
fn without_a_target(default: &str, want: Value, rest: &str) {
    let resources = Resources::of(&[&mesh(default), &api()]);
    assert_eq!(requests(&resources, "shop/api", 8080), want);
    assert_eq!(chains(&resources, "shop/api").last(), Some(&line("default", &[rest], &[])));
}

#[test]
fn a_mistake_leaves_the_port_closed() {
    let rule = "{kind: HTTPRouteGroup, name: nowhere}";
    let resources = Resources::of(&[&target("t", "api", rule, &["web"]), &api()]);
    assert_eq!(requests(&resources, "shop/api", 8080), allow(json!({})));
    assert_eq!(chains(&resources, "shop/api").last(), Some(&line("default", &["closed"], &[])));
}

#[test]
fn audit_blocks_nobody() {
    let rule = "{kind: TCPRoute, name: raw}";
    let ports = services("{name: http, port: 80}, {name: tcp-raw, port: 9000}", &[("a", "10.96.0.1")]);
    let raw = spec("TCPRoute", "raw", "matches: {}");
    let resources = Resources::of(&[&mesh("allow"), &target("t", "a", rule, &["web"]), &raw, &ports, &workload("a", &[])]);
    let policy = json!({ "TrafficTarget/shop/t#raw": { "permissions": [{ "any": true }], "principals": principals(&["web"]) } });
    let shadow = json!({ "action": "ALLOW", "policies": policy });
    let want = json!({ "shadow_rules": shadow, "shadow_rules_stat_prefix": "audit_" });
    assert_eq!(requests(&resources, "shop/a", 80), want);
    let open = |name: &str| line(name, &["meshglot.allow", "inbound/9000"], &[]);
    assert_eq!(
        chains(&resources, "shop/a")[3..],
        [open("9000/mtls"), open("9000/plain"), open("9000/tls"), line("default", &["passthrough"], &[])]
    );
    let listener = resources.get("shop/a", "Listener", "inbound");
    for chain in 3..6 {
        let filter = &listener["filter_chains"][chain]["filters"][0]["typed_config"];
        assert_eq!((&filter["rules"], &filter["shadow_rules"]), (&Value::Null, &shadow));
    }
}

#[test]
fn both_sides_of_an_undeclared_port_are_asked() {
    let rule = "{kind: TCPRoute, name: raw}";
    let raw = spec("TCPRoute", "raw", "matches: {ports: [80]}");
    let port = services("{port: 80}", &[("a", "10.96.0.1")]);
    let resources = Resources::of(&[&target("t", "a", rule, &["web"]), &raw, &port, &workload("a", &[])]);
    let policy = json!({ "permissions": [{ "any": true }], "principals": principals(&["web"]) });
    assert_eq!(requests(&resources, "shop/a", 80), allow(json!({ "TrafficTarget/shop/t#raw": policy })));
    let closed = |name: &str| line(name, &["meshglot.deny", "closed"], &[]);
    assert_eq!(
        chains(&resources, "shop/a"),
        [
            line("80/mtls", &[HTTP], &[]),
            line("80/mtls-tcp", &["meshglot.allow", "inbound/80"], &[&id("web")]),
            line("80/plain", &[HTTP], &[]),
            closed("80/closed-tcp"),
            closed("80/tls-tcp"),
            line("default", &["closed"], &[]),
        ]
    );

    // A rule about requests decides what the port is: nothing else than requests comes in.
    let group = spec("HTTPRouteGroup", "all", "matches: [{name: all, pathRegex: /}]");
    let rule = "{kind: HTTPRouteGroup, name: all}";
    let resources = Resources::of(&[&target("t", "a", rule, &["web"]), &group, &port, &workload("a", &[])]);
    let names: Vec<String> = chains(&resources, "shop/a").into_iter().map(|(name, ..)| name).collect();
    assert_eq!(names, ["80/mtls", "80/plain", "80/tls", "default"]);
}

#[test_case("tcp-sql", "", &["MG1413"] ; "a rule about requests where there are none")]
#[test_case("tcp-sql", "{kind: TCPRoute, name: sql}, ", &["MG1413"] ; "on that port alone")]
#[test_case("http", "", &[] ; "a rule about requests on HTTP")]
fn rules_about_requests(port: &str, narrowed: &str, losses: &[&str]) {
    let rules = format!("{narrowed}{{kind: HTTPRouteGroup, name: all}}");
    let resources = Resources::of(&[
        &target("t", "db", &rules, &["web"]),
        &spec("HTTPRouteGroup", "all", "matches: [{name: all, pathRegex: /}]"),
        &spec("TCPRoute", "sql", "matches: {ports: [5432]}"),
        &services(&format!("{{name: {port}, port: 5432}}"), &[("db", "10.96.0.1")]),
        &workload("db", &[]),
    ]);
    assert_eq!(resources.codes(), losses);
    let (_, filters, sans) = &chains(&resources, "shop/db")[0];
    if losses.is_empty() {
        assert_eq!((filters.as_slice(), sans.len()), (&[HTTP.to_owned()][..], 0));
    } else {
        assert_eq!(sans, &["spiffe://cluster.local/none"]);
    }
}

#[test]
fn a_target_without_a_proxy_is_told() {
    let rule = "{kind: TCPRoute, name: all}";
    let legacy = workload("legacy", &[]).replace("labels: {app: legacy", "labels: {app: legacy, meshglot.dev/inject: disabled");
    let resources = Resources::of(&[&target("t", "legacy", rule, &["web"]), &spec("TCPRoute", "all", "matches: {}"), &legacy]);
    assert_eq!(resources.codes(), ["MG1415"]);
}
