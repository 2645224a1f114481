//! What is rendered, read by Envoy's rules: the verdicts of `docs/mapping/builtin.md`, sections 4 and 8.1 to 8.6.

use meshglot_builtin::Builtin;
use meshglot_translator::eval::{Call, Caller, Decision, Evaluate, Fraction, Inventory, Outcome, Request, Verdict};
use meshglot_translator::ir::{Kind, ObjectKey, ServiceKey};
use meshglot_translator::render::Backend;
use serde_json::{Value, json};
use test_case::test_case;

use crate::harness::{documents, engine, model};

/// A mesh that can be asked.
struct Mesh {
    inventory: Inventory,
    bodies: Vec<Value>,
    reader: Box<dyn Evaluate>,
}

impl Mesh {
    /// Each text is one YAML document or several.
    fn of(texts: &[&str]) -> Self {
        let model = model(documents(texts));
        Self::reading(engine(&model).rendered().bodies(), Inventory::of(&model))
    }

    fn reading(bodies: Vec<Value>, inventory: Inventory) -> Self {
        let reader = Builtin.reader(bodies.clone(), inventory.clone(), &Value::Null);
        Self { inventory, bodies, reader }
    }

    /// The same with a resource of a type changed.
    fn with(&self, [kind, workload, name]: [&str; 3], change: fn(&mut Value)) -> Self {
        let mut bodies = self.bodies.clone();
        let is_it = |body: &&mut Value| {
            body["workload"] == workload && body["resource"]["name"] == name && body["@type"].as_str().is_some_and(|it| it.ends_with(kind))
        };
        change(&mut bodies.iter_mut().find(is_it).unwrap_or_else(|| panic!("no {kind} {name} of {workload}"))["resource"]);
        Self::reading(bodies, self.inventory.clone())
    }

    /// `from`: an account of `shop`; with `!` before it, a caller without a proxy.
    fn ask(&self, from: &str, service: &str, port: u16, call: Call) -> Decision {
        let (meshed, account) = from.strip_prefix('!').map_or((true, from), |account| (false, account));
        let caller = Caller { namespace: "shop".into(), service_account: account.into(), workload: None, meshed };
        let service = ServiceKey { namespace: "shop".into(), name: service.into() };
        self.reader.evaluate(&Request { caller, service, port, call })
    }

    fn get(&self, from: &str, service: &str, target: &str) -> Decision {
        self.ask(from, service, 80, http("GET", target, &[]))
    }
}

fn http(method: &str, target: &str, headers: &[(&str, &str)]) -> Call {
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Call::Http { method: method.to_owned(), target: target.to_owned(), headers }
}

fn service(name: &str, address: &str, ports: &str) -> String {
    format!(
        "{{apiVersion: v1, kind: Service, metadata: {{name: {name}, namespace: shop}}, spec: {{clusterIP: {address}, selector: {{app: \
         {name}}}, ports: [{ports}]}}}}"
    )
}

fn deployment(name: &str, labels: &str, ports: &str) -> String {
    format!(
        "{{apiVersion: apps/v1, kind: Deployment, metadata: {{name: {name}, namespace: shop}}, spec: {{template: {{metadata: {{labels: \
         {{app: {name}{labels}}}}}, spec: {{serviceAccountName: {name}, containers: [{{name: main, ports: [{ports}]}}]}}}}}}}}"
    )
}

/// Services 80 -> 8080 with a workload each.
fn websites(names: &[&str]) -> String {
    let both = |(index, name): (usize, &&str)| {
        let service = service(name, &format!("10.96.0.{}", index + 1), "{name: http, port: 80, targetPort: 8080}");
        format!("{service}\n---\n{}", deployment(name, "", "{containerPort: 8080}"))
    };
    names.iter().enumerate().map(both).collect::<Vec<_>>().join("\n---\n")
}

fn share(decision: &Decision, name: &str) -> Fraction {
    let key = ObjectKey { kind: Kind::Deployment, namespace: "shop".into(), name: name.into() };
    decision.shares.get(&Outcome::Workload(key)).copied().unwrap_or(Fraction::ZERO)
}

fn split(spec: &str) -> String {
    format!(
        "{{apiVersion: split.smi-spec.io/v1alpha4, kind: TrafficSplit, metadata: {{name: website, namespace: shop}}, spec: {{{spec}}}}}"
    )
}

fn specs(kind: &str, name: &str, matches: &str) -> String {
    format!(
        "{{apiVersion: specs.smi-spec.io/v1alpha4, kind: {kind}, metadata: {{name: {name}, namespace: shop}}, spec: {{matches: {matches}}}}}"
    )
}

fn target(name: &str, destination: &str, rules: &str, sources: &str) -> String {
    format!(
        "{{apiVersion: access.smi-spec.io/v1alpha3, kind: TrafficTarget, metadata: {{name: {name}, namespace: shop}}, spec: {{destination: \
         {{kind: ServiceAccount, name: {destination}}}, rules: [{rules}], sources: [{sources}]}}}}"
    )
}

const WEB: &str = "{kind: ServiceAccount, name: web}";

#[test]
fn split_8_1() {
    let input = split("service: website, backends: [{service: website-v1, weight: 90}, {service: website-v2, weight: 10}]");
    let mesh = Mesh::of(&[&input, &websites(&["website", "website-v1", "website-v2"])]);
    let decision = mesh.get("web", "website", "/");
    assert_eq!((share(&decision, "website-v1"), share(&decision, "website-v2")), (Fraction::of(9, 10), Fraction::of(1, 10)));
    assert_eq!((decision.verdict, decision.rule.as_deref()), (Verdict::Allow, Some("TrafficSplit/shop/website")));
    assert_eq!(share(&mesh.get("!web", "website", "/"), "website"), Fraction::ONE, "callers without a proxy see no split");
}

#[test]
fn services_that_do_not_exist_yet_8_2() {
    let backends = |nowhere| {
        split(&format!("service: website, backends: [{{service: website-v1, weight: 999}}, {{service: nowhere, weight: {nowhere}}}]"))
    };
    let at = |nowhere| Mesh::of(&[&backends(nowhere), &websites(&["website", "website-v1"])]).get("web", "website", "/");
    assert_eq!(share(&at(0), "website-v1"), Fraction::ONE);
    let one = at(1);
    assert_eq!(one.verdict, Verdict::Allow);
    assert_eq!(one.shares.get(&Outcome::Ended(Verdict::Error)), Some(&Fraction::of(1, 1000)));
}

#[test]
fn services_without_known_workloads() {
    let mesh = Mesh::of(&[&service("api", "10.96.0.1", "{name: http, port: 80}")]);
    let api = ServiceKey { namespace: "shop".into(), name: "api".into() };
    assert_eq!(mesh.get("web", "api", "/").shares, [(Outcome::Service(api), Fraction::ONE)].into());
    assert_eq!(mesh.ask("web", "api", 81, Call::Tcp).verdict, Verdict::Error, "no such port");
    assert_eq!(mesh.get("web", "absent", "/").verdict, Verdict::Error);
}

#[test_case("/", &[("user-agent", "a Firefox b"), ("x-region", "eu-1")], "website-v2" ; "all headers")]
#[test_case("/", &[("user-agent", "a Firefox b"), ("x-region", "xeu-1")], "website" ; "whole value")]
#[test_case("/", &[("user-agent", "a Firefox b")], "website" ; "header absent")]
#[test_case("/betax/y?q=/", &[], "website-v2" ; "anchored at the start")]
#[test_case("/x/../%62eta", &[], "website-v2" ; "normalised first")]
#[test_case("/?/beta", &[], "website" ; "the query is not compared")]
fn ab_8_3(path: &str, headers: &[(&str, &str)], want: &str) {
    let group = specs(
        "HTTPRouteGroup",
        "testers",
        "[{name: firefox, headers: [{user-agent: '.*Firefox.*'}, {x-region: 'eu-.*'}]}, {name: beta, pathRegex: /beta, methods: [GET]}]",
    );
    let input = split(
        "service: website, matches: [{kind: HTTPRouteGroup, name: testers}], backends: [{service: website-v1, weight: 0}, {service: \
         website-v2, weight: 100}]",
    );
    let mesh = Mesh::of(&[&group, &input, &websites(&["website", "website-v1", "website-v2"])]);
    assert_eq!(share(&mesh.ask("web", "website", 80, http("GET", path, headers)), want), Fraction::ONE);
}

/// Example 8.4.
fn api() -> Mesh {
    let group = specs(
        "HTTPRouteGroup",
        "api-routes",
        "[{name: users, pathRegex: '/users/[0-9]+', methods: [GET, HEAD]}, {name: status, pathRegex: /admin/status$, methods: ['*']}, \
         {name: orders, pathRegex: /orders, methods: [POST], headers: [{x-tenant: acme|globex}]}, {name: internal, pathRegex: /internal}]",
    );
    let rule = "{kind: HTTPRouteGroup, name: api-routes, matches: [users, status, orders]}";
    Mesh::of(&[&group, &target("web-to-api", "api", rule, WEB), &websites(&["api", "web"])])
}

#[test_case("web", "GET", "/users/42", &[], Verdict::Allow ; "named")]
#[test_case("web", "HEAD", "/users/42", &[], Verdict::Allow ; "second method")]
#[test_case("web", "POST", "/users/42", &[], Verdict::Deny ; "other method")]
#[test_case("web", "DELETE", "/admin/status", &[], Verdict::Allow ; "any method")]
#[test_case("web", "GET", "/admin/statusx", &[], Verdict::Deny ; "closed end")]
#[test_case("web", "POST", "/orders", &[("x-tenant", "acme")], Verdict::Allow ; "header")]
#[test_case("web", "POST", "/orders", &[("x-tenant", "acme"), ("x-tenant", "other")], Verdict::Allow ; "one of two values is enough")]
#[test_case("web", "POST", "/orders", &[("x-tenant", "acme,globex")], Verdict::Deny ; "one value with a comma")]
#[test_case("web", "POST", "/orders", &[], Verdict::Deny ; "no header")]
#[test_case("web", "GET", "/internal", &[], Verdict::Deny ; "match that is not named")]
#[test_case("other", "GET", "/users/42", &[], Verdict::Deny ; "other caller")]
#[test_case("!web", "GET", "/users/42", &[], Verdict::Deny ; "no identity")]
fn requests_8_4(from: &str, method: &str, path: &str, headers: &[(&str, &str)], want: Verdict) {
    let decision = api().ask(from, "api", 80, http(method, path, headers));
    assert_eq!(decision.verdict, want);
    let rule = (want == Verdict::Allow).then_some("TrafficTarget/shop/web-to-api#api-routes");
    assert_eq!(decision.rule.as_deref(), rule);
}

#[test]
fn bytes_on_a_port_of_requests() {
    assert_eq!(api().ask("web", "api", 80, Call::Tcp).verdict, Verdict::Error);
    assert_eq!(api().ask("!web", "api", 80, Call::Tcp).verdict, Verdict::Error);
}

#[test_case(&["/users/./42", "/users/../users/42", "/%75sers/4%32", "http://x/users/42"], Verdict::Allow ; "as users 42")]
#[test_case(&["/users/42%252f", "/users/42%3f", "/users/42;x=y", "/users/42?a=//%2f%5c\\"], Verdict::Allow ; "as they are")]
#[test_case(&["/users/42/../../internal", "/users/42/%2e%2e/%2E./internal", "/users/42;x=/../y"], Verdict::Deny ; "elsewhere")]
#[test_case(&["//users/42", "/users//42", "/users/42//"], Verdict::Error ; "two slashes")]
#[test_case(&["/users/42%2f", "/users/42%2F", "/users/42%5c", "/users/42%00", "/users/42%", "/users/42%zz", "/users/42%4"], Verdict::Error ; "escapes")]
#[test_case(&["/users/42#fragment", "/users/42\0", "/users/42\u{e9}", "users/42"], Verdict::Error ; "no path")]
#[test_case(&["/users\\42", "/users//../42"], Verdict::Allow ; "MG1402 is of the twin")]
fn paths_of_section_4(targets: &[&str], want: Verdict) {
    let mesh = api();
    for target in targets {
        assert_eq!(mesh.get("web", "api", target).verdict, want, "{target}");
        let other = if want == Verdict::Allow { Verdict::Deny } else { want };
        assert_eq!(mesh.get("other", "api", target).verdict, other, "{target}: 400 is for everybody, allowed or not");
    }
}

/// Example 8.5.
fn db(ports: &str) -> Mesh {
    let sql = specs("TCPRoute", "sql", "{ports: [5432]}");
    let input = split("service: db, backends: [{service: db, weight: 3}, {service: db-v2, weight: 1}, {service: db-v3, weight: 0}]");
    let one = "{name: tcp-sql, port: 5432}";
    Mesh::of(&[
        &sql,
        &target("web-to-db", "db", "{kind: TCPRoute, name: sql}", WEB),
        &input,
        &service("db", "10.96.0.1", ports),
        &service("db-v2", "10.96.0.2", one),
        &service("db-v3", "10.96.0.3", one),
        &deployment("db", "", "{containerPort: 5432}"),
        &deployment("db-v2", "", "{containerPort: 5432}"),
    ])
}

#[test]
fn connections_8_5() {
    let mesh = db("{name: tcp-sql, port: 5432}, {name: tcp-admin, port: 5433}");
    let web = mesh.ask("web", "db", 5432, Call::Tcp);
    assert_eq!((share(&web, "db"), share(&web, "db-v2")), (Fraction::of(3, 4), Fraction::of(1, 4)));
    assert_eq!(web.rule.as_deref(), Some("TrafficTarget/shop/web-to-db#sql"));
    let other = mesh.ask("other", "db", 5432, Call::Tcp);
    assert_eq!(other.shares.get(&Outcome::Ended(Verdict::Deny)), Some(&Fraction::of(3, 4)));
    assert_eq!((share(&other, "db-v2"), other.verdict), (Fraction::of(1, 4), Verdict::Allow), "nobody has closed the other one");
    assert_eq!(mesh.ask("web", "db", 5433, Call::Tcp).verdict, Verdict::Deny, "targeted and without a rule");
    let plain = mesh.ask("!web", "db", 5432, Call::Tcp);
    assert_eq!((plain.verdict, plain.rule.as_deref()), (Verdict::Deny, Some("closed")));
}

#[test]
fn both_routes_8_6() {
    let both = "{kind: TCPRoute, name: main}, {kind: HTTPRouteGroup, name: read}";
    let accounts = format!("{WEB}, {{kind: ServiceAccount, name: batch}}");
    let ports = "{name: http, port: 80, targetPort: 8080}, {name: http-admin, port: 81, targetPort: 9100}";
    let mesh = Mesh::of(&[
        &specs("HTTPRouteGroup", "read", "[{name: all, pathRegex: /, methods: [GET]}]"),
        &specs("HTTPRouteGroup", "write", "[{name: items, pathRegex: /items, methods: [POST]}]"),
        &specs("TCPRoute", "main", "{ports: [80]}"),
        &target("a", "api", both, &accounts),
        &target("b", "api", "{kind: HTTPRouteGroup, name: write}", WEB),
        &service("api", "10.96.0.1", ports),
        &deployment("api", "", "{containerPort: 8080}, {containerPort: 9100}"),
    ]);
    let ask = |from, port, method, path| mesh.ask(from, "api", port, http(method, path, &[])).verdict;
    assert_eq!((ask("web", 80, "GET", "/x"), ask("batch", 80, "GET", "/x")), (Verdict::Allow, Verdict::Allow));
    assert_eq!((ask("web", 80, "POST", "/items/1"), ask("batch", 80, "POST", "/items/1")), (Verdict::Allow, Verdict::Deny));
    assert_eq!((ask("web", 81, "GET", "/x"), ask("web", 81, "POST", "/items")), (Verdict::Deny, Verdict::Allow));
}

#[test]
fn automatic_ports_are_split_both_ways() {
    let input = split("service: feed, backends: [{service: feed, weight: 1}, {service: feed-v2, weight: 1}]");
    let of = |name, address| [service(name, address, "{port: 9000}"), deployment(name, "", "{containerPort: 9000}")].join("\n---\n");
    let mesh = Mesh::of(&[&input, &of("feed", "10.96.0.1"), &of("feed-v2", "10.96.0.2")]);
    for call in [Call::Tcp, http("GET", "/", &[])] {
        assert_eq!(share(&mesh.ask("web", "feed", 9000, call.clone()), "feed-v2"), Fraction::of(1, 2));
        assert_eq!(share(&mesh.ask("!web", "feed", 9000, call), "feed"), Fraction::ONE);
    }
}

#[test]
fn workloads_without_a_proxy_answer_everybody() {
    let api = [service("api", "10.96.0.1", "{name: http, port: 80}"), deployment("api", ", meshglot.dev/inject: disabled", "")];
    let mesh = Mesh::of(&[&api[0], &api[1], &deployment("web", "", "")]);
    assert_eq!(share(&mesh.get("web", "api", "/"), "api"), Fraction::ONE);
    assert_eq!(share(&mesh.get("!web", "api", "//"), "api"), Fraction::ONE, "no proxy, nobody to refuse a path");
}

const ROUTES: [&str; 3] = ["RouteConfiguration", "shared", "shop/api/80"];
const INBOUND: [&str; 3] = ["Listener", "shop/api", "inbound"];
const INBOUND_ROUTES: [&str; 3] = ["RouteConfiguration", "shop/api", "inbound/8080"];

/// What a reading does not know is never an allow.
#[test_case(ROUTES, |it| it["virtual_hosts"][0]["routes"][1]["route"]["hash_policy"] = json!([{}]) ; "route")]
#[test_case(ROUTES, |it| it["virtual_hosts"][0]["routes"][1]["match"]["grpc"] = json!({}) ; "condition")]
#[test_case(["Cluster", "shared", "shop/api/80"], |it| it["health_checks"] = json!([{}]) ; "cluster")]
#[test_case(INBOUND, |it| it["filter_chains"][0]["filter_chain_match"]["server_names"] = json!(["x"]) ; "chain match")]
#[test_case(INBOUND, |it| it["filter_chains"][0]["filters"][0]["typed_config"]["normalize_path"] = json!(false) ; "paths")]
#[test_case(INBOUND, |it| it["filter_chains"][0]["filters"][0]["typed_config"]["http_filters"][0]["typed_config"]["@type"] = json!("type.googleapis.com/x") ; "filter")]
#[test_case(INBOUND_ROUTES, |it| it["virtual_hosts"][0]["typed_per_filter_config"]["meshglot.deny"]["matcher"] = json!({}) ; "access rule")]
#[test_case(["Listener", "mesh~default", "outbound"], |it| it["name"] = json!("explicit/80") ; "listener of the caller")]
fn unknown(resource: [&str; 3], change: fn(&mut Value)) {
    let mesh = api();
    let ask = |mesh: &Mesh| {
        let workload = ObjectKey { kind: Kind::Deployment, namespace: "shop".into(), name: "web".into() };
        let caller = Caller { namespace: "shop".into(), service_account: "web".into(), workload: Some(workload), meshed: true };
        let service = ServiceKey { namespace: "shop".into(), name: "api".into() };
        mesh.reader.evaluate(&Request { caller, service, port: 80, call: http("GET", "/users/42", &[]) }).verdict
    };
    assert_eq!((ask(&mesh), ask(&mesh.with(resource, change))), (Verdict::Allow, Verdict::Unknown));
}

/// What Envoy does not say is not assumed: each of these closes the door.
#[test_case(INBOUND_ROUTES, |it| it["virtual_hosts"][0]["typed_per_filter_config"] = json!({}), Verdict::Deny ; "routes without rules")]
#[test_case(["Cluster", "shared", "shop/api/80"], |it| it["transport_socket_matches"] = json!([]), Verdict::Deny ; "plain text has no identity")]
#[test_case(INBOUND_ROUTES, |it| it["virtual_hosts"][0]["routes"] = json!([]), Verdict::Deny ; "no route, no override")]
#[test_case(ROUTES, |it| it["virtual_hosts"][0]["routes"] = json!([]), Verdict::NoRoute ; "no route at the caller")]
fn closed(resource: [&str; 3], change: fn(&mut Value), want: Verdict) {
    assert_eq!(api().with(resource, change).get("web", "api", "/users/42").verdict, want);
}

#[test]
fn a_document_that_is_no_resource_makes_everything_unknown() {
    let mesh = api();
    let mut bodies = mesh.bodies.clone();
    bodies.push(json!({ "workload": "shared", "@type": "type.googleapis.com/envoy.other", "resource": {} }));
    assert_eq!(Mesh::reading(bodies, mesh.inventory.clone()).get("web", "api", "/users/42").verdict, Verdict::Unknown);
}
