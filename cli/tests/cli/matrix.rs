//! `matrix`: who may call what, as a table, for auditors, beside meshes and beside the policy before.

use meshglot::capture;
use test_case::test_case;

/// `web` and `ops` call `api`, each by its own rule; `db` carries bytes; nobody says anything about `front`.
const POLICY: &str = "\
{apiVersion: specs.smi-spec.io/v1alpha4, kind: HTTPRouteGroup, metadata: {name: calls, namespace: shop}, spec: {matches: [{name: read, pathRegex: /orders, methods: [GET, HEAD]}, {name: one, pathRegex: '/orders/[0-9]+$', methods: [POST], headers: [{x-tenant: acme}]}]}}
---
{apiVersion: specs.smi-spec.io/v1alpha4, kind: TCPRoute, metadata: {name: sql, namespace: shop}, spec: {matches: {ports: [5432]}}}
---
{apiVersion: access.smi-spec.io/v1alpha4, kind: TrafficTarget, metadata: {name: web, namespace: shop}, spec: {destination: {kind: ServiceAccount, name: api}, rules: [{kind: HTTPRouteGroup, name: calls}], sources: [{kind: ServiceAccount, name: web}]}}
---
{apiVersion: access.smi-spec.io/v1alpha4, kind: TrafficTarget, metadata: {name: db, namespace: shop}, spec: {destination: {kind: ServiceAccount, name: db}, rules: [{kind: TCPRoute, name: sql}], sources: [{kind: ServiceAccount, name: api}]}}
---
{apiVersion: v1, kind: Service, metadata: {name: api, namespace: shop}, spec: {selector: {app: api}, ports: [{name: http, port: 80}, {name: http-admin, port: 81}]}}
---
{apiVersion: v1, kind: Service, metadata: {name: db, namespace: shop}, spec: {selector: {app: db}, ports: [{name: tcp-sql, port: 5432}]}}
---
{apiVersion: v1, kind: Service, metadata: {name: web, namespace: shop}, spec: {selector: {app: web}, ports: [{name: http, port: 80}]}}
---
{apiVersion: apps/v1, kind: Deployment, metadata: {name: api, namespace: shop}, spec: {template: {metadata: {labels: {app: api}}, spec: {serviceAccountName: api}}}}
---
{apiVersion: apps/v1, kind: Deployment, metadata: {name: db, namespace: shop}, spec: {template: {metadata: {labels: {app: db}}, spec: {serviceAccountName: db}}}}
---
{apiVersion: apps/v1, kind: Deployment, metadata: {name: web, namespace: shop}, spec: {template: {metadata: {labels: {app: web}}, spec: {serviceAccountName: web}}}}
";

fn matrix(arguments: &[&str], stdin: &str) -> (u8, String) {
    let said = capture(&[&["matrix", "-q"], arguments].concat(), stdin.as_bytes());
    (said.exit, said.stdout + &said.stderr)
}

/// Compares with [`POLICY`] as the policy before.
fn changed(text: &str, arguments: &[&str]) -> (u8, String) {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("before.yaml"), POLICY).expect("written");
    let path = folder.path().to_str().expect("UTF-8");
    matrix(&[&["-f", "-", "--changed-from", path], arguments].concat(), text)
}

#[test]
fn a_table_of_callers_and_ports() {
    let (exit, text) = matrix(&["-f", "-"], POLICY);
    let want = "\
FROM \\ TO      api:80              api:81              db   web
api            -                   -                   tcp  ALL
db             -                   -                   -    ALL
web            GET,HEAD /orders* +1  GET,HEAD /orders* +1  -    ALL
(anyone else)  -                   -                   -    ALL
(no proxy)     -                   -                   -    ALL
";
    let squeezed = |text: &str| text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect::<Vec<_>>();
    assert_eq!((exit, squeezed(&text)), (0, squeezed(want)));
    let column = |line: &str| line.find("tcp").or_else(|| line.find("db  "));
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(column(lines[0]), column(lines[1]), "columns stand below their heads: {text}");
}

#[test]
fn a_wide_table_writes_every_request_out() {
    let (_, text) = matrix(&["-f", "-", "-o", "wide"], POLICY);
    assert!(text.contains("GET,HEAD /orders*; POST ~/orders/[0-9]+$ [x-tenant: acme]"), "{text}");
}

#[test]
fn csv_has_a_line_for_each_caller_and_port() {
    let (_, text) = matrix(&["-f", "-", "-o", "csv"], POLICY);
    let lines: Vec<&str> = text.split("\r\n").collect();
    assert_eq!(lines[0], "caller,service,port,allowed,requests");
    assert!(lines.contains(&"shop/web,shop/api,80,requests,\"GET,HEAD /orders*; POST ~/orders/[0-9]+$ [x-tenant: acme]\""), "{text}");
    assert!(lines.contains(&"no proxy,shop/web,80,everything,"), "{text}");
    assert_eq!(lines.len(), 1 + 5 * 4 + 1, "a head, five callers by four ports, and the last end of a line");
}

#[test]
fn markdown_escapes_what_it_means_otherwise() {
    let (_, text) = matrix(&["-f", "-", "-o", "md"], POLICY);
    assert!(text.contains("| web | GET,HEAD /orders\\*; POST \\~/orders/[0-9]+$ [x-tenant: acme] |"), "{text}");
}

#[test]
fn a_mesh_that_does_otherwise_is_named_in_the_cell() {
    let group = "kind: HTTPRouteGroup, name: calls}";
    let text = POLICY.replace(group, &group.replace("}", ", matches: [one]}"));
    let (exit, text) = matrix(&["-f", "-", "-o", "wide", "--backend", "all"], &text);
    assert_eq!(exit, 0, "{text}");
    assert!(text.contains("POST ~/orders/[0-9]+$ [x-tenant: acme] (istio -"), "Istio has no expressions in rules: {text}");
}

#[test]
fn one_namespace() {
    let other = "---\n{apiVersion: v1, kind: Service, metadata: {name: mail, namespace: post}, spec: {ports: [{port: 25}]}}\n";
    let text = format!("{POLICY}{other}");
    assert!(matrix(&["-f", "-"], &text).1.contains("shop/api:80"), "names of several namespaces are written with it");
    let (exit, one) = matrix(&["-f", "-", "--to", "post"], &text);
    assert_eq!((exit, one.lines().next()), (0, Some("FROM \\ TO   mail")), "{one}");
    let (exit, one) = matrix(&["-f", "-", "--to", "pots"], &text);
    assert_eq!(exit, 3);
    assert!(one.contains("did you mean post?"), "{one}");
}

#[test]
fn nothing_changed() {
    assert_eq!(changed(POLICY, &[]), (0, String::new()));
    assert_eq!(changed(&POLICY.replace("name: read,", "name: reading,"), &["--backend", "istio"]).0, 0, "names change nothing");
}

#[test_case("pathRegex: /orders,", "pathRegex: /order,", "web        GET,HEAD /orders* +1 → GET,HEAD /order* +1" ; "a shorter prefix")]
#[test_case("sources: [{kind: ServiceAccount, name: api}]", "sources: [{kind: ServiceAccount, name: web}]", "web        - → tcp" ; "another caller")]
#[test_case("---\n{apiVersion: access.smi-spec.io/v1alpha4, kind: TrafficTarget, metadata: {name: db,", "---\n{apiVersion: v1, kind: ConfigMap, metadata: {name: db,", "(no proxy)     - → tcp" ; "a target is gone")]
fn what_changed_is_shown_with_what_was_before(old: &str, new: &str, want: &str) {
    assert!(POLICY.contains(old));
    let (exit, text) = changed(&POLICY.replace(old, new), &[]);
    assert_eq!(exit, 1, "{text}");
    let words = |line: &str| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    assert!(text.lines().any(|line| words(line).starts_with(&words(want))), "{text}");
    assert!(!text.contains("web:80") && text.lines().count() <= 6, "only what changed: {text}");
}

#[test]
fn changes_for_auditors_and_machines() {
    let wider = POLICY.replace("pathRegex: /orders,", "pathRegex: /order,");
    let (exit, text) = changed(&wider, &["-o", "csv"]);
    assert_eq!((exit, text.split("\r\n").count()), (1, 1 + 2 + 1), "a head and a line for each of two ports: {text}");
    let (exit, text) = changed(&wider, &["-o", "json", "--backend", "istio"]);
    assert_eq!(exit, 1);
    assert_eq!(text.matches("\"changed\": true").count(), 2, "{text}");
}

#[test]
fn an_invalid_policy_before_is_nothing_to_compare_with() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("before.yaml");
    std::fs::write(&path, "a: b: c").expect("written");
    let (exit, text) = matrix(&["-f", "-", "--changed-from", path.to_str().expect("UTF-8")], POLICY);
    assert_eq!(exit, 3, "{text}");
    assert!(text.contains("nothing can be compared with it"), "{text}");
}
