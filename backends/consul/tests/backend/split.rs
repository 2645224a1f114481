//! Splits from text to Consul's objects: the worked examples of `docs/mapping/consul.md`, and a table of losses.

use meshglot_consul::config_entries;
use serde_json::{Value, json};
use test_case::test_case;

use crate::harness::{assert_edits, losses, render, specs, yaml};

/// Services of namespace `shop` on port 80, of this protocol.
fn services(names: &[&str], protocol: &str) -> String {
    let service = |name: &&str| {
        format!(
            "{{apiVersion: v1, kind: Service, metadata: {{name: {name}, namespace: shop}}, \
             spec: {{selector: {{app: {name}}}, ports: [{{port: 80{protocol}}}]}}}}\n---\n"
        )
    };
    names.iter().map(service).collect()
}

const HTTP: &str = ", appProtocol: http";
const GRPC: &str = ", appProtocol: grpc";
const TCP: &str = ", appProtocol: tcp";

fn split(name: &str, root: &str, backends: &str) -> String {
    format!(
        "{{apiVersion: split.smi-spec.io/v1alpha4, kind: TrafficSplit, metadata: {{name: {name}, namespace: shop}}, \
         spec: {{service: {root}, {backends}}}}}\n---\n"
    )
}

const FIREFOX: &str = "{apiVersion: specs.smi-spec.io/v1alpha4, kind: HTTPRouteGroup, metadata: {name: firefox, namespace: shop}, \
    spec: {matches: [{name: firefox-users, headers: {user-agent: \".*Firefox.*\"}}]}}\n---\n";
const ON_FIREFOX: &str = "matches: [{kind: HTTPRouteGroup, name: firefox}]";

/// Example 4.1.
fn ninety_ten() -> String {
    services(&["website", "website-v1", "website-v2"], HTTP)
        + &split("canary", "website", "backends: [{service: website-v1, weight: 90}, {service: website-v2, weight: 10}]")
}

/// Example 4.2.
fn fractions() -> String {
    services(&["cart", "cart-v1", "cart-v2", "quote", "quote-a", "quote-b", "quote-c", "mail", "mail-a", "mail-b", "mail-c"], HTTP)
        + &split("rare", "cart", "backends: [{service: cart-v1, weight: 999}, {service: cart-v2, weight: 1}]")
        + &split(
            "thirds",
            "quote",
            "backends: [{service: quote-a, weight: 1}, {service: quote-b, weight: 1}, {service: quote-c, weight: 1}]",
        )
        + &split("reorder", "mail", "backends: [{service: mail-a, weight: 1}, {service: mail-b, weight: 8}, {service: mail-c, weight: 2}]")
}

/// Example 4.3.
fn by_header() -> String {
    let backends = format!("{ON_FIREFOX}, backends: [{{service: website-v2, weight: 75}}, {{service: website-v3, weight: 25}}]");
    services(&["website", "website-v2", "website-v3"], HTTP) + FIREFOX + &split("ab-test", "website", &backends)
}

#[test]
fn example_split_ninety_ten() {
    let want = "
        {kind: ServiceDefaults, metadata: {name: website}, spec: {protocol: http}}
        ---
        {kind: ServiceDefaults, metadata: {name: website-v1}, spec: {protocol: http}}
        ---
        {kind: ServiceDefaults, metadata: {name: website-v2}, spec: {protocol: http}}
        ---
        {kind: ServiceSplitter, metadata: {name: website}, spec: {splits: [{weight: 90, service: website-v1}, {weight: 10, service: website-v2}]}}";
    assert_eq!(specs(&ninety_ten()), yaml(want));
}

#[test]
fn example_fractions() {
    let want = "
        {kind: ServiceSplitter, metadata: {name: cart}, spec: {splits: [{weight: 99.9, service: cart-v1}, {weight: 0.1, service: cart-v2}]}}
        ---
        {kind: ServiceSplitter, metadata: {name: mail}, spec: {splits: [{weight: 9.09, service: mail-a}, {weight: 18.18, service: mail-c}, {weight: 72.73, service: mail-b}]}}
        ---
        {kind: ServiceSplitter, metadata: {name: quote}, spec: {splits: [{weight: 33.34, service: quote-a}, {weight: 33.33, service: quote-b}, {weight: 33.33, service: quote-c}]}}";
    let splitters: Vec<Value> = specs(&fractions()).into_iter().filter(|object| object["kind"] == "ServiceSplitter").collect();
    assert_eq!(splitters, yaml(want));
    let text = render(&fractions(), |rendered| rendered.to_yaml()).expect("JSON has a YAML form");
    assert!(text.contains("weight: 99.9\n") && text.contains("weight: 33.34\n"), "{text}");
}

#[test]
fn example_by_header() {
    let want = "
        {kind: ServiceDefaults, metadata: {name: ab-test--ab}, spec: {protocol: http}}
        ---
        {kind: ServiceDefaults, metadata: {name: website}, spec: {protocol: http}}
        ---
        {kind: ServiceDefaults, metadata: {name: website-v2}, spec: {protocol: http}}
        ---
        {kind: ServiceDefaults, metadata: {name: website-v3}, spec: {protocol: http}}
        ---
        {kind: ServiceRouter, metadata: {name: website}, spec: {routes: [{match: {http: {header: [{name: user-agent, regex: \".*Firefox.*\"}]}}, destination: {service: ab-test--ab}}]}}
        ---
        {kind: ServiceSplitter, metadata: {name: ab-test--ab}, spec: {splits: [{weight: 75, service: website-v2}, {weight: 25, service: website-v3}]}}";
    assert_eq!(specs(&by_header()), yaml(want));
}

#[test]
fn entries_come_in_the_order_of_writing() {
    let entries = render(&by_header(), config_entries);
    let kinds: Vec<&str> = entries.iter().filter_map(|(_, entry)| entry["Kind"].as_str()).collect();
    assert_eq!(kinds, ["service-defaults"; 4].into_iter().chain(["service-splitter", "service-router"]).collect::<Vec<_>>());
    assert_eq!(
        entries[5].1,
        json!({"Kind": "service-router", "Name": "website", "Meta": {"managed-by": "meshglot"},
            "Routes": [{"Match": {"HTTP": {"Header": [{"Name": "user-agent", "Regex": ".*Firefox.*"}]}},
                "Destination": {"Service": "ab-test--ab"}}]})
    );
}

const TO_BOTH: &str = "backends: [{service: v1, weight: 50}, {service: v2, weight: 50}]";

fn web(protocol: &str, more: &str) -> String {
    services(&["web", "v1", "v2"], protocol) + FIREFOX + more
}

#[test_case(ninety_ten(), &["MG1303 equivalent canary .spec.service"] ; "MG1303 a root is reached by an intention")]
#[test_case(services(&["web", "v1", "v2"], HTTP) + &split("s", "web", "backends: [{service: v1, weight: 1}, {service: v2, weight: 2}]"),
    &["MG1303 equivalent s .spec.service", "MG1321 rounded s .spec.backends"] ; "MG1321 thirds are rounded")]
#[test_case(services(&["web", "v1", "v2"], HTTP) + &split("s", "web", "backends: [{service: v1, weight: 53}, {service: v2, weight: 9947}]"),
    &["MG1303 equivalent s .spec.service", "MG1321 rounded s .spec.backends"] ; "MG1321 an exact share is cut by Consul")]
#[test_case(services(&["web", "v1", "v2"], TCP) + &split("s", "web", TO_BOTH), &["MG1322 refused s .spec.backends"] ; "MG1322 connections are not split")]
#[test_case(web(TCP, &split("s", "web", &format!("{ON_FIREFOX}, backends: [{{service: v1, weight: 1}}]"))),
    &["MG1322 refused s .spec.matches[0].name"] ; "MG1322 connections have no headers")]
#[test_case(services(&["web", "v1", "v2"], "") + &split("s", "web", TO_BOTH),
    &["MG1325 narrowed s .spec.service", "MG1303 equivalent s .spec.service"] ; "MG1325 undeclared becomes HTTP")]
#[test_case(web("", &split("s", "web", &format!("{ON_FIREFOX}, {TO_BOTH}"))),
    &["MG1303 equivalent s .spec.service"] ; "a match declares HTTP")]
#[test_case(services(&["web", "v1"], HTTP) + &services(&["v2"], GRPC) + &split("s", "web", TO_BOTH),
    &["MG1327 refused s .spec.backends[1].service"] ; "MG1327 http and grpc do not mix")]
#[test_case(services(&["web", "rpc"], HTTP).replace("appProtocol: http}]}}\n---\n{apiVersion: v1, kind: Service, metadata: {name: rpc", "appProtocol: grpc}]}}\n---\n{apiVersion: v1, kind: Service, metadata: {name: rpc")
    + &services(&["v1"], "") + &split("a", "web", "backends: [{service: v1, weight: 1}]") + &split("b", "rpc", "backends: [{service: v1, weight: 1}]"),
    &["MG1327 refused a .spec.backends[0].service", "MG1327 refused b .spec.backends[0].service"] ; "MG1327 two roots disagree on an undeclared backend")]
#[test_case(web(HTTP, &(split("s", "web", TO_BOTH) + &split("t", "v1", "backends: [{service: v2, weight: 1}]"))),
    &["MG1326 refused s .spec.backends[0].service", "MG1303 equivalent t .spec.service"] ; "MG1326 a backend with a split of its own")]
#[test_case(web(HTTP, &(split("s", "web", TO_BOTH) + &split("t", "web", &format!("{ON_FIREFOX}, backends: [{{service: web, weight: 1}}]")))),
    &["MG1303 equivalent s .spec.service", "MG1326 refused t .spec.backends[0].service"] ; "MG1326 matches lead back to a root that is split")]
#[test_case(web(HTTP, &split("s", "web", "backends: [{service: web, weight: 1}, {service: v2, weight: 1}]")),
    &["MG1303 equivalent s .spec.service"] ; "S11 a root may be its own backend")]
#[test_case(web(HTTP, &(split("s", "web", TO_BOTH) + "{apiVersion: v1, kind: Service, metadata: {name: v2, namespace: blog}, spec: {ports: [{port: 80}]}}")),
    &["MG1302 refused s .spec.backends[1].service"] ; "MG1302 a backend has a namesake")]
#[test_case(web(HTTP, &(split("s", "web", &format!("{ON_FIREFOX}, {TO_BOTH}")) + &services(&["s--ab"], HTTP))),
    &["MG1302 refused s .spec.backends"] ; "MG1302 a Service has the name of the virtual one")]
#[test_case(web(HTTP, &split("s", "web", TO_BOTH)).replace("port: 80", "name: a, port: 70, appProtocol: tcp}, {name: b, port: 80"),
    &["MG1323 dropped s .spec.service", "MG1323 narrowed s .spec.backends[0].service", "MG1323 narrowed s .spec.backends[1].service",
      "MG1303 equivalent s .spec.service"] ; "MG1323 the first HTTP port is split")]
#[test_case(web(HTTP, &split("s", "web", &format!("{ON_FIREFOX}, {TO_BOTH}"))).replace("user-agent: \".*Firefox.*\"}}", "a: b}, pathRegex: /a}, {name: second, pathRegex: /b}"),
    &["MG1303 equivalent s .spec.service", "MG1309 narrowed s .spec.matches[0].pathRegex"] ; "MG1309 once per split")]
fn what_is_lost(input: String, want: &[&str]) {
    let mut lost = losses(&input);
    let mut want: Vec<String> = want.iter().map(|line| (*line).to_owned()).collect();
    lost.sort();
    want.sort();
    assert_eq!(lost, want);
}

/// Pods of namespace `shop` with this label `app`.
fn pods(app: &str) -> String {
    format!(
        "---\n{{apiVersion: apps/v1, kind: Deployment, metadata: {{name: {app}, namespace: shop}}, spec: {{selector: {{matchLabels: {{app: {app}}}}}, \
         template: {{metadata: {{labels: {{app: {app}, of: shop}}}}, spec: {{containers: [{{name: it, image: it}}]}}}}}}}}\n"
    )
}

#[test_case("{app: web}", &["web", "v1"], &[] ; "pods of its own")]
#[test_case("{of: shop}", &["v1", "v2"], &["MG1303", "MG1324"] ; "its pods are the pods of the backends")]
#[test_case("{of: shop}", &[], &["MG1303"] ; "without pods nothing is claimed")]
#[test_case("{app: v1, tier: x}", &[], &["MG1303", "MG1324"] ; "its selector lies within the selector of a backend")]
#[test_case("{app: web}", &["v1"], &["MG1303", "MG1324"] ; "only pods of a backend are known")]
fn unmatched_requests(root_selector: &str, apps: &[&str], want: &[&str]) {
    let split = split("s", "web", &format!("{ON_FIREFOX}, {TO_BOTH}"));
    let input = web(HTTP, &split).replacen("selector: {app: web}", &format!("selector: {root_selector}"), 1);
    let input = apps.iter().fold(input, |input, app| input + &pods(app));
    let codes: Vec<String> = losses(&input).iter().map(|line| line[..6].to_owned()).collect();
    assert_eq!(codes, want);
}

#[test]
fn one_backend_takes_all_connections() {
    let input =
        services(&["db", "db-1", "db-2"], TCP) + &split("s", "db", "backends: [{service: db-1, weight: 0}, {service: db-2, weight: 1}]");
    assert_eq!(specs(&input), yaml("{kind: ServiceResolver, metadata: {name: db}, spec: {redirect: {service: db-2}}}"));
}

#[test]
fn a_match_that_says_nothing_is_a_route_for_all() {
    let input = web(HTTP, &split("s", "web", &format!("{ON_FIREFOX}, backends: [{{service: v1, weight: 1}}]")));
    let input = input.replace(", headers: {user-agent: \".*Firefox.*\"}", "");
    let routers: Vec<Value> = specs(&input).into_iter().filter(|object| object["kind"] == "ServiceRouter").collect();
    let want =
        "{kind: ServiceRouter, metadata: {name: web}, spec: {routes: [{match: {http: {pathPrefix: /}}, destination: {service: v1}}]}}";
    assert_eq!(routers, yaml(want));
}

#[test_case("pathRegex: /a", json!({"pathPrefix": "/a"}) ; "P1 a literal is open at its end")]
#[test_case("pathRegex: /a$", json!({"pathExact": "/a"}) ; "P1 closed")]
#[test_case("pathRegex: \"/a/[0-9]+\"", json!({"pathRegex": "(?:/a/[0-9]+).*"}) ; "P1 an expression is open at its end")]
#[test_case("pathRegex: .*, methods: [POST, GET]", json!({"methods": ["GET", "POST"]}) ; "P3 methods are sorted")]
#[test_case("methods: [\"*\"]", json!({"pathPrefix": "/"}) ; "P3 any method is no condition")]
#[test_case("headers: [{A: x.*}, {a: .*y}]", json!({"header": [{"name": "a", "regex": ".*y"}, {"name": "a", "regex": "x.*"}]}) ; "P4 one header twice")]
#[test_case("headers: {a: \"\"}", json!({"header": [{"name": "a", "regex": "^$"}]}) ; "P5 the empty value")]
fn forms_of_a_match(conditions: &str, want: Value) {
    let input = web(HTTP, &split("s", "web", &format!("{ON_FIREFOX}, backends: [{{service: v1, weight: 1}}]")));
    let input = input.replace("headers: {user-agent: \".*Firefox.*\"}", conditions);
    let router = specs(&input).into_iter().find(|object| object["kind"] == "ServiceRouter").expect("a match is a route");
    assert_eq!(router["spec"]["routes"][0]["match"]["http"], want);
}

#[test]
fn enterprise_namespaces_are_named_and_keep_services_apart() {
    let mesh = "{apiVersion: meshglot.dev/v1alpha1, kind: Mesh, metadata: {name: main}, spec: {backend: consul, \
        consul: {enterprise: true, namespaces: {mirroring: true, prefix: k8s-}}}}\n---\n";
    let namesake = "{apiVersion: v1, kind: Service, metadata: {name: website-v2, namespace: blog}, spec: {ports: [{port: 80}]}}";
    let input = mesh.to_owned() + &ninety_ten() + namesake;
    let splitter = &specs(&input)[3];
    assert_eq!(splitter["spec"]["splits"][1], json!({"weight": 10, "service": "website-v2", "namespace": "k8s-shop"}));
    let entries = render(&input, config_entries);
    assert!(entries.iter().all(|(_, entry)| entry["Namespace"] == "k8s-shop"), "{entries:?}");
    assert_eq!(losses(&input), ["MG1303 equivalent canary .spec.service"]);
}

#[test]
fn an_edit_renders_what_a_fresh_start_does() {
    let inputs = [
        ninety_ten() + &by_header().replace("website", "front") + &pods("website"),
        web(HTTP, &(split("s", "web", TO_BOTH) + &split("t", "v1", "backends: [{service: v2, weight: 1}]"))),
        services(&["web"], HTTP)
            + &services(&["rpc"], GRPC)
            + &services(&["v1"], "")
            + &split("a", "web", "backends: [{service: v1, weight: 1}]")
            + &split("b", "rpc", "backends: [{service: v1, weight: 1}]")
            + "{apiVersion: v1, kind: Service, metadata: {name: v1, namespace: blog}, spec: {ports: [{port: 80}]}}",
    ];
    for input in inputs {
        assert_edits(&input);
    }
}
