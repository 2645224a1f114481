//! Access rules from text to Linkerd's objects: the worked examples of the mapping, and one case per decision.

use std::collections::BTreeSet;

use meshglot_translator::diagnostic::Code;
use meshglot_translator::ir::{AccessDefault, MeshSettings};
use serde_json::Value;
use test_case::test_case;

use crate::harness::{self, Output, bare, wanted};

fn rendered(text: &str, mesh: MeshSettings) -> Output {
    harness::rendered(text, mesh, &[])
}

fn of_kind<'o>(output: &'o Output, kind: &str) -> Vec<&'o Value> {
    output.objects.iter().filter(|object| object["kind"] == kind).collect()
}

fn names(output: &Output, kind: &str) -> Vec<String> {
    of_kind(output, kind).into_iter().map(|object| object["metadata"]["name"].as_str().unwrap_or_default().to_owned()).collect()
}

/// Who is let in by what, as `target -> route or Server`.
fn allows(output: &Output) -> BTreeSet<String> {
    let allow = |policy: &Value| {
        let spec = &policy["spec"];
        format!("{} -> {}", spec["requiredAuthenticationRefs"][0]["name"], spec["targetRef"]["name"]).replace('"', "")
    };
    of_kind(output, "AuthorizationPolicy").into_iter().map(allow).collect()
}

fn service(name: &str, ports: &str) -> String {
    format!(
        "{{apiVersion: v1, kind: Service, metadata: {{name: {name}, namespace: shop}}, spec: {{selector: {{app: {name}}}, ports: [{ports}]}}}}\n---\n"
    )
}

fn deployment(name: &str, container: &str) -> String {
    format!(
        "{{apiVersion: apps/v1, kind: Deployment, metadata: {{name: {name}, namespace: shop}}, spec: {{selector: {{matchLabels: {{app: {name}}}}}, template: {{metadata: {{labels: {{app: {name}}}}}, spec: {{serviceAccountName: {name}, containers: [{{name: app{container}}}]}}}}}}}}\n---\n"
    )
}

const PROBED: &str = ", ports: [{containerPort: 8080}], readinessProbe: {httpGet: {path: /healthz, port: 8080}}";
const PLAIN: &str = ", ports: [{containerPort: 8080}]";

fn api(container: &str) -> String {
    service("api", "{name: http, port: 80, targetPort: 8080}") + &deployment("api", container)
}

fn group(matches: &str) -> String {
    format!(
        "{{apiVersion: specs.smi-spec.io/v1alpha4, kind: HTTPRouteGroup, metadata: {{name: api-routes, namespace: shop}}, spec: {{matches: [{matches}]}}}}\n---\n"
    )
}

fn tcp(name: &str, port: u16) -> String {
    format!(
        "{{apiVersion: specs.smi-spec.io/v1alpha4, kind: TCPRoute, metadata: {{name: {name}, namespace: shop}}, spec: {{matches: {{ports: [{port}]}}}}}}\n---\n"
    )
}

fn target(name: &str, to: &str, from: &str, rules: &str) -> String {
    format!(
        "{{apiVersion: access.smi-spec.io/v1alpha3, kind: TrafficTarget, metadata: {{name: {name}, namespace: shop}}, spec: {{destination: {{kind: ServiceAccount, name: {to}, namespace: shop}}, sources: [{{kind: ServiceAccount, name: {from}, namespace: shop}}], rules: [{rules}]}}}}\n---\n"
    )
}

fn routes(names: &str) -> String {
    format!("{{kind: HTTPRouteGroup, name: api-routes, matches: [{names}]}}")
}

/// A Mesh that takes paths as they are sent, as the examples of the mapping do.
fn as_sent() -> MeshSettings {
    MeshSettings { allow_lossy: [Code::MG1223].into(), ..MeshSettings::default() }
}

fn assert_objects(output: &Output, want: &str) {
    let key =
        |object: &Value| ["apiVersion", "kind"].map(|field| object[field].to_string()).join(" ") + &object["metadata"]["name"].to_string();
    let mut want = wanted(want);
    let mut got: Vec<Value> = output.objects.iter().cloned().map(bare).collect();
    want.sort_by_key(key);
    got.sort_by_key(key);
    assert_eq!(got, want);
}

#[test]
fn methods_and_paths() {
    let text = api(PROBED)
        + &group("{name: orders-read, pathRegex: /api/v1/orders, methods: [GET, HEAD]}")
        + &tcp("api-port", 8080)
        + &target("web-orders", "api", "web", &format!("{{kind: TCPRoute, name: api-port}}, {}", routes("orders-read")));
    let output = rendered(&text, as_sent());
    let want = r#"
{apiVersion: policy.linkerd.io/v1beta3, kind: Server, metadata: {name: api-8080, namespace: shop},
 spec: {podSelector: {matchLabels: {app: api}}, port: 8080, proxyProtocol: unknown, accessPolicy: deny}}
---
{apiVersion: policy.linkerd.io/v1alpha1, kind: NetworkAuthentication, metadata: {name: meshglot-probes, namespace: shop},
 spec: {networks: [{cidr: 0.0.0.0/0}, {cidr: "::/0"}]}}
---
{apiVersion: policy.linkerd.io/v1alpha1, kind: MeshTLSAuthentication, metadata: {name: web-orders, namespace: shop},
 spec: {identityRefs: [{kind: ServiceAccount, name: web, namespace: shop}]}}
---
{apiVersion: gateway.networking.k8s.io/v1, kind: HTTPRoute, metadata: {name: api-8080-00-0744b0b3, namespace: shop},
 spec: {parentRefs: [{group: policy.linkerd.io, kind: Server, name: api-8080}], rules: [{matches: [{path: {type: Exact, value: /healthz}, method: GET}]}]}}
---
{apiVersion: gateway.networking.k8s.io/v1, kind: HTTPRoute, metadata: {name: api-8080-01-0744b0b3, namespace: shop},
 spec: {parentRefs: [{group: policy.linkerd.io, kind: Server, name: api-8080}], rules: [{matches: [{path: {type: RegularExpression, value: "^(?:/api/v1/orders).*$"}, method: GET}, {path: {type: RegularExpression, value: "^(?:/api/v1/orders).*$"}, method: HEAD}]}]}}
---
{apiVersion: gateway.networking.k8s.io/v1, kind: HTTPRoute, metadata: {name: api-8080-99-0744b0b3, namespace: shop},
 spec: {parentRefs: [{group: policy.linkerd.io, kind: Server, name: api-8080}], rules: [{matches: [{path: {type: PathPrefix, value: /}}]}]}}
---
{apiVersion: policy.linkerd.io/v1alpha1, kind: AuthorizationPolicy, metadata: {name: probes-api-8080-00-0744b0b3, namespace: shop},
 spec: {targetRef: {group: gateway.networking.k8s.io, kind: HTTPRoute, name: api-8080-00-0744b0b3}, requiredAuthenticationRefs: [{group: policy.linkerd.io, kind: NetworkAuthentication, name: meshglot-probes}]}}
---
{apiVersion: policy.linkerd.io/v1alpha1, kind: AuthorizationPolicy, metadata: {name: web-orders-api-8080-01-0744b0b3, namespace: shop},
 spec: {targetRef: {group: gateway.networking.k8s.io, kind: HTTPRoute, name: api-8080-01-0744b0b3}, requiredAuthenticationRefs: [{group: policy.linkerd.io, kind: MeshTLSAuthentication, name: web-orders}]}}
"#;
    assert_objects(&output, want);
    let order = [
        "MeshTLSAuthentication/web-orders",
        "NetworkAuthentication/meshglot-probes",
        "AuthorizationPolicy/probes-api-8080-00-0744b0b3",
        "AuthorizationPolicy/web-orders-api-8080-01-0744b0b3",
        "HTTPRoute/api-8080-00-0744b0b3",
        "HTTPRoute/api-8080-01-0744b0b3",
        "HTTPRoute/api-8080-99-0744b0b3",
        "Server/api-8080",
    ];
    assert_eq!(output.sets, [order]);
}

#[test]
fn connections_of_an_opaque_port() {
    let text = service("db", "{port: 5432}")
        + &deployment("db", ", ports: [{containerPort: 5432}]")
        + &tcp("postgres", 5432)
        + &target("api-db", "db", "api", "{kind: TCPRoute, name: postgres}");
    let output = rendered(&text, MeshSettings::default());
    let want = "
{apiVersion: policy.linkerd.io/v1beta3, kind: Server, metadata: {name: db-5432, namespace: shop},
 spec: {podSelector: {matchLabels: {app: db}}, port: 5432, proxyProtocol: opaque, accessPolicy: deny}}
---
{apiVersion: policy.linkerd.io/v1alpha1, kind: MeshTLSAuthentication, metadata: {name: api-db, namespace: shop},
 spec: {identityRefs: [{kind: ServiceAccount, name: api, namespace: shop}]}}
---
{apiVersion: policy.linkerd.io/v1alpha1, kind: AuthorizationPolicy, metadata: {name: api-db-db-5432, namespace: shop},
 spec: {targetRef: {group: policy.linkerd.io, kind: Server, name: db-5432}, requiredAuthenticationRefs: [{group: policy.linkerd.io, kind: MeshTLSAuthentication, name: api-db}]}}
";
    assert_objects(&output, want);
    assert_eq!(output.losses, [""; 0]);
}

/// As in the mapping, but for `/api/.*`, which the model knows to be the prefix `/api/`.
#[test]
fn who_may_call_the_broad_route_may_call_the_narrow_one() {
    let text = api(PROBED)
        + &group("{name: all-read, pathRegex: /api/.*, methods: [GET]}, {name: orders, pathRegex: /api/v1/orders, methods: [GET]}")
        + &tcp("api-port", 8080)
        + &target("web-read", "api", "web", &format!("{{kind: TCPRoute, name: api-port}}, {}", routes("all-read")))
        + &target("batch-orders", "api", "batch", &format!("{{kind: TCPRoute, name: api-port}}, {}", routes("orders")));
    let output = rendered(&text, as_sent());
    let hash = "15e63b19";
    let name = |number: &str| format!("api-8080-{number}-{hash}");
    assert_eq!(names(&output, "HTTPRoute"), ["00", "01", "02", "99"].map(name));
    let allow = |(who, number): (&str, &str)| format!("{who} -> {}", name(number));
    let want = [("batch-orders", "01"), ("web-read", "01"), ("web-read", "02"), ("meshglot-probes", "00")].map(allow);
    assert_eq!(allows(&output), want.into());
    let path = |at: usize| of_kind(&output, "HTTPRoute")[at]["spec"]["rules"][0]["matches"][0]["path"]["value"].clone();
    assert_eq!([path(1), path(2)], ["^(?:/api/v1/orders).*$", "^(?:/api/).*$"]);
    let policies = names(&output, "AuthorizationPolicy");
    assert!(policies.contains(&format!("batch-orders-api-8080-01-{hash}")), "{policies:?}");
}

/// Two targets, `a` of web and `b` of batch, with a match each.
fn two(a: &str, b: &str) -> Output {
    let text = api(PLAIN)
        + &group(&format!("{{name: a, {a}}}, {{name: b, {b}}}"))
        + &target("a", "api", "web", &routes("a"))
        + &target("b", "api", "batch", &routes("b"));
    rendered(&text, MeshSettings::default())
}

#[test_case("methods: [GET, HEAD]", "methods: [GET, POST]", &["a -> 01", "b -> 01", "a -> 02", "b -> 03"], false ; "a method that both name")]
#[test_case("pathRegex: '/a[bc]$'", "pathRegex: '/a[cd]$'", &["a -> 01", "b -> 02"], true ; "expressions that overlap in part")]
#[test_case("pathRegex: '/a[bc]$'", "pathRegex: '/a[de]$'", &["a -> 01", "b -> 02"], false ; "expressions that do not")]
#[test_case("pathRegex: /a", "pathRegex: '.*'", &["a -> 01", "b -> 01", "b -> 02"], false ; "any path is broad")]
#[test_case("pathRegex: '/a$'", "pathRegex: '/.?'", &["a -> 01", "b -> 01", "b -> 02"], false ; "an expression of every path is no path")]
#[test_case("pathRegex: '/a$'", "pathRegex: '/a$'", &["a -> 01", "b -> 01"], false ; "one match of two targets")]
fn one_route_decides(a: &str, b: &str, want: &[&str], narrowed: bool) {
    let output = two(a, b);
    let short: BTreeSet<String> = allows(&output)
        .iter()
        .filter_map(|allow| {
            let (who, route) = allow.split_once(" -> api-8080-")?;
            Some(format!("{who} -> {}", &route[..2]))
        })
        .collect();
    assert_eq!(short, want.iter().map(|text| (*text).to_owned()).collect());
    assert_eq!(output.losses.iter().any(|loss| loss.starts_with("MG1211 narrowed")), narrowed, "{:?}", output.losses);
}

#[test_case("pathRegex: /pub", &["MG1210 narrowed", "MG1223 widened"] ; "a prefix takes dot segments below it")]
#[test_case("pathRegex: '/pub$'", &["MG1210 narrowed"] ; "an exact path takes nothing else")]
#[test_case("pathRegex: '/a/../b$'", &["MG1210 narrowed", "MG1223 widened"] ; "but one that is never meant does")]
#[test_case("pathRegex: '/a[bc]$'", &["MG1210 narrowed"] ; "an expression without dots and escapes neither")]
#[test_case("pathRegex: '/a/[^/]+$'", &["MG1210 narrowed", "MG1223 widened"] ; "a segment may be dots")]
#[test_case("methods: [GET]", &[] ; "no path")]
#[test_case("headers: [{x: a}]", &[] ; "one value of a header is enough for both")]
fn what_is_told_of_paths(one: &str, want: &[&str]) {
    let text = api(PLAIN) + &group(&format!("{{name: a, {one}}}")) + &target("a", "api", "web", &routes("a"));
    let told = |accepted: &[Code]| -> BTreeSet<String> {
        let mesh = MeshSettings { allow_lossy: accepted.iter().copied().collect(), ..MeshSettings::default() };
        let losses = rendered(&text, mesh).losses;
        losses.iter().map(|loss| loss.split(' ').take(2).collect::<Vec<_>>().join(" ")).collect()
    };
    assert_eq!(told(&[Code::MG1223]), want.iter().map(|text| (*text).to_owned()).collect());
    // Nobody accepts that more is let in than is meant: such paths are refused instead.
    assert!(!told(&[]).contains("MG1223 widened"));
}

#[test]
fn ambiguous_paths_are_rejected_first() {
    let text = api(PLAIN) + &group("{name: a, pathRegex: /pub, headers: [{x: a}]}") + &target("a", "api", "web", &routes("a"));
    let output = rendered(&text, MeshSettings { linkerd_reject_ambiguous: true, ..MeshSettings::default() });
    let routes = names(&output, "HTTPRoute");
    assert!(routes[0].contains("-00-") && routes[0].ends_with("-guard") && routes.is_sorted(), "{routes:?}");
    let matches = of_kind(&output, "HTTPRoute")[0]["spec"]["rules"][0]["matches"].as_array().map(Vec::len);
    assert_eq!(matches, Some(20), "with and without the header, and each method");
    assert!(allows(&output).iter().all(|allow| !allow.contains("-00-")));
    assert!(!output.losses.iter().any(|loss| loss.starts_with("MG1223 widened /pub")), "{:?}", output.losses);
}

#[test]
fn a_match_that_cannot_be_said_lets_nobody_in_and_the_server_stays() {
    let long = "x".repeat(1100);
    let matches = format!("{{name: a, pathRegex: /{long}}}, {{name: b, pathRegex: /b$}}");
    let both = rendered(&(api(PLAIN) + &group(&matches) + &target("a", "api", "web", &routes("a, b"))), MeshSettings::default());
    assert_eq!(allows(&both).len(), 1);
    let none = rendered(&(api(PLAIN) + &group(&matches) + &target("a", "api", "web", &routes("a"))), MeshSettings::default());
    assert_eq!((names(&none, "Server"), allows(&none).len(), names(&none, "HTTPRoute").len()), (vec!["api-8080".to_owned()], 0, 0));
    assert!(none.losses.iter().any(|loss| loss.starts_with("MG1208 refused")), "{:?}", none.losses);
}

#[test]
fn every_declared_port_is_closed() {
    let text = service("api", "{name: http, port: 80, targetPort: 8080}")
        + &deployment("api", ", ports: [{containerPort: 8080}, {containerPort: 9100}]")
        + &tcp("main", 80)
        + &target("a", "api", "web", "{kind: TCPRoute, name: main}");
    let output = rendered(&text, MeshSettings::default());
    assert_eq!(names(&output, "Server"), ["api-8080", "api-9100"]);
    assert_eq!(allows(&output), ["a -> api-8080".to_owned()].into());
    assert_eq!(output.losses, ["MG1219 equivalent main"]);
}

#[test]
fn requests_on_an_opaque_port_are_denied_and_told() {
    let text = service("api", "{port: 5432}")
        + &deployment("api", ", ports: [{containerPort: 5432}]")
        + &group("{name: a, methods: [GET]}")
        + &target("a", "api", "web", &routes("a"));
    let output = rendered(&text, MeshSettings::default());
    assert_eq!((names(&output, "Server").len(), allows(&output).len(), names(&output, "HTTPRoute").len()), (1, 0, 0));
    assert!(output.losses.iter().any(|loss| loss.starts_with("MG1204 refused")), "{:?}", output.losses);
}

#[test_case(AccessDefault::Deny, Some("deny") ; "closed without a target")]
#[test_case(AccessDefault::Targeted, None ; "open without a target")]
#[test_case(AccessDefault::Allow, None ; "never closed")]
fn default_without_targets(access_default: AccessDefault, want: Option<&str>) {
    let output = rendered(&api(PLAIN), MeshSettings { access_default, ..MeshSettings::default() });
    let policies: Vec<_> = of_kind(&output, "Server").into_iter().map(|server| server["spec"]["accessPolicy"].as_str()).collect();
    assert_eq!(policies, want.map(Some).into_iter().collect::<Vec<_>>());
}

#[test]
fn rules_that_are_not_enforced_are_audited() {
    let text = api(PLAIN) + &group("{name: a, methods: [GET]}") + &target("a", "api", "web", &routes("a"));
    let output = rendered(&text, MeshSettings { access_default: AccessDefault::Allow, ..MeshSettings::default() });
    assert_eq!(output.objects.len(), 1);
    assert_eq!(output.objects[0]["spec"]["accessPolicy"], "audit");
}

#[test]
fn a_selector_that_picks_others_takes_the_injected_label() {
    let shared = |name: &str, kind: &str| {
        format!(
            "{{apiVersion: apps/v1, kind: {kind}, metadata: {{name: {name}, namespace: shop}}, spec: {{selector: {{matchLabels: {{tier: back}}}}, template: {{metadata: {{labels: {{tier: back}}}}, spec: {{serviceAccountName: {name}, containers: [{{name: app, ports: [{{containerPort: 8080}}]}}]}}}}}}}}\n---\n"
        )
    };
    let text = shared("api", "Deployment") + &shared("jobs", "StatefulSet");
    let output = rendered(&text, MeshSettings { access_default: AccessDefault::Deny, ..MeshSettings::default() });
    let labels: Vec<_> =
        of_kind(&output, "Server").into_iter().map(|server| server["spec"]["podSelector"]["matchLabels"].to_string()).collect();
    let want = [r#"{"linkerd.io/proxy-deployment":"api","tier":"back"}"#, r#"{"linkerd.io/proxy-statefulset":"jobs","tier":"back"}"#];
    assert_eq!(labels, want);
}

#[test]
fn a_pod_that_no_label_tells_apart_is_not_protected() {
    let pod = |name: &str, account: &str| {
        format!(
            "{{apiVersion: v1, kind: Pod, metadata: {{name: {name}, namespace: shop, labels: {{app: x}}}}, spec: {{serviceAccountName: {account}, containers: [{{name: app, ports: [{{containerPort: 80}}]}}]}}}}\n---\n"
        )
    };
    let text = pod("a", "one") + &pod("b", "two");
    let output = rendered(&text, MeshSettings { access_default: AccessDefault::Deny, ..MeshSettings::default() });
    assert!(output.objects.is_empty());
    assert_eq!(output.losses.iter().filter(|loss| loss.starts_with("MG1216 widened")).count(), 2);
}

#[test_case("", "{\"identityRefs\":[{\"kind\":\"ServiceAccount\",\"name\":\"web\",\"namespace\":\"shop\"}]}" ; "accounts")]
#[test_case(", spiffeIdentities: [cluster.local/ns/shop/sa/batch]", "{\"identityRefs\":[{\"kind\":\"ServiceAccount\",\"name\":\"web\",\"namespace\":\"shop\"},{\"kind\":\"ServiceAccount\",\"name\":\"batch\",\"namespace\":\"shop\"}]}" ; "of the mesh, by SPIFFE ID")]
#[test_case(", spiffeIdentities: [other.example/web]", "{\"identities\":[\"web.shop.serviceaccount.identity.linkerd.cluster.local\",\"spiffe://other.example/web\"]}" ; "of another trust domain")]
fn callers(further: &str, want: &str) {
    let text = api(PLAIN)
        + &tcp("main", 80)
        + &format!(
            "{{apiVersion: access.smi-spec.io/v1alpha4, kind: IdentityBinding, metadata: {{name: partner, namespace: shop}}, spec: {{schemes: {{serviceAccount: web{further}}}}}}}\n---\n"
        )
        + "{apiVersion: access.smi-spec.io/v1alpha4, kind: TrafficTarget, metadata: {name: a, namespace: shop}, spec: {destination: {kind: ServiceAccount, name: api}, sources: [{kind: IdentityBinding, name: partner, apiGroup: access.smi-spec.io}], rules: [{kind: TCPRoute, name: main}]}}\n";
    let output = rendered(&text, MeshSettings::default());
    let callers: Vec<String> = of_kind(&output, "MeshTLSAuthentication").into_iter().map(|object| object["spec"].to_string()).collect();
    assert_eq!(callers, [want]);
}

#[test]
fn names_that_could_be_anothers_are_told_apart() {
    let text = deployment("c", PLAIN)
        + &deployment("b-c", PLAIN)
        + &tcp("main", 8080)
        + &target("a-b", "c", "web", "{kind: TCPRoute, name: main}")
        + &target("a", "b-c", "web", "{kind: TCPRoute, name: main}");
    let policies = names(&rendered(&text, MeshSettings::default()), "AuthorizationPolicy");
    assert_eq!((policies.len(), policies.iter().collect::<BTreeSet<_>>().len()), (2, 2), "{policies:?}");
}

#[test]
fn probes_of_the_nodes_alone_open_nothing() {
    let networks = BTreeSet::from(["10.0.0.0/8".into()]);
    let text = api(PROBED) + &group("{name: a, pathRegex: /health, methods: [GET]}") + &target("a", "api", "web", &routes("a"));
    let output = rendered(&text, MeshSettings { linkerd_probe_networks: networks, ..MeshSettings::default() });
    assert!(allows(&output).iter().any(|allow| allow.starts_with("a -> api-8080-00-")), "{:?}", allows(&output));
    assert!(!output.losses.iter().any(|loss| loss.starts_with("MG1224")), "{:?}", output.losses);
    let open = rendered(&text, MeshSettings::default());
    assert!(open.losses.iter().any(|loss| loss.starts_with("MG1224 widened")), "{:?}", open.losses);
}
