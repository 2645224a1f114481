//! `verify` and `render --verify`: what is proved, what refutes it, and what is left open.

use meshglot::capture;
use test_case::test_case;

/// One workload that admits GET of `/api` by one caller.
const POLICY: &str = include_str!("../../../golden/access/methods-and-prefix/input.yaml");

fn verify(arguments: &[&str], stdin: &str) -> (u8, String) {
    let said = capture(&[&["verify", "-f", "../golden/access/methods-and-prefix/input.yaml"], arguments].concat(), stdin.as_bytes());
    (said.exit, said.stdout + &said.stderr)
}

/// What a mesh gets for the policy.
fn rendered(backend: &str) -> String {
    capture(&["render", "-q", "-f", "-", "--backend", backend], POLICY.as_bytes()).stdout
}

#[test]
fn every_mesh_is_proved_and_counts_what_was_tried() {
    let (exit, text) = verify(&["--backend", "all"], "");
    assert_eq!(exit, 0, "{text}");
    assert_eq!(text.lines().filter(|line| line.contains(" proved ")).count(), 4, "{text}");
    assert!(!text.contains(" 0 sorts"), "{text}");
}

#[test_case("istio", |text| text.replace("- GET", "- GET\n        - POST"), "wider: " ; "a method too many")]
#[test_case("istio", |text| text.replace("cluster.local/ns/shop/sa/web", "cluster.local/ns/shop/sa/*"), "wider: " ; "a caller too many")]
#[test_case("istio", |text| text.replace("/api*", "/api/*"), "narrower: " ; "a shorter path")]
#[test_case("istio", |_| "[]".to_owned(), "wider: " ; "nothing at all")]
#[test_case("linkerd", |text| text.replace("accessPolicy: deny", "accessPolicy: all-unauthenticated"), "wider: " ; "an open Server")]
#[test_case("linkerd", |text| text.replace("^(?:/api).*$", "^.*/api.*$"), "wider: " ; "an expression without its beginning")]
#[test_case("consul", |text| text.replace("action: deny", "action: allow"), "wider: " ; "an open intention")]
#[test_case("builtin", |text| text.replace("prefix: /api", "contains: /api"), "wider: " ; "a part of a path")]
#[test_case("builtin", |text| text.replace("exact: spiffe://cluster.local/ns/shop/sa/web", "prefix: spiffe://cluster.local/ns/shop/sa/"), "wider: " ; "a caller by its beginning")]
fn a_mesh_that_has_something_else_is_refuted_by_a_request(backend: &str, change: fn(String) -> String, words: &str) {
    let before = rendered(backend);
    let after = change(before.clone());
    assert_ne!(before, after, "the change changes something: {before}");
    let (exit, text) = verify(&["--backend", backend, "--against", "-"], &after);
    assert_eq!(exit, 1, "{text}");
    assert!(text.contains(words) && text.contains("://api.shop:80"), "{text}");
    assert_eq!(verify(&["--backend", backend, "--against", "-"], &before).0, 0);
}

#[test]
fn an_object_that_nobody_knows_is_no_proof() {
    let unknown = "{apiVersion: networking.istio.io/v1alpha3, kind: EnvoyFilter, metadata: {name: x, namespace: shop}, spec: {}}";
    let (exit, text) = verify(&["--backend", "istio", "--against", "-"], &format!("{}---\n{unknown}\n", rendered("istio")));
    assert_eq!(exit, 1, "{text}");
    assert!(text.contains("unknown: "), "{text}");
}

#[test_case(&["--backend", "istio", "--limit", "1"], 1, "undecided: shop/api:80: too large: more than 1 sorts" ; "too few requests allowed")]
#[test_case(&["--backend", "all", "--against", "-"], 2, "one mesh" ; "objects of one mesh")]
#[test_case(&[], 2, "no --backend" ; "no backend")]
#[test_case(&["--backend", "istio", "-o", "json"], 0, "\"kind\": \"Verification\"" ; "for machines")]
fn answers(arguments: &[&str], exit: u8, words: &str) {
    let (got, text) = verify(arguments, "");
    assert_eq!(got, exit, "{text}");
    assert!(text.contains(words), "{text}");
}

#[test]
fn nothing_is_verified_that_is_not_written() {
    let said = capture(&["verify", "-f", "../golden/access/linkerd-without-proxy/input.yaml", "--backend", "linkerd"], b"");
    assert_eq!(said.exit, 1);
    assert!(said.stdout.contains("withheld") && said.stdout.contains("MG1221"), "{}", said.stdout);
}

#[test]
fn render_verifies_before_it_writes() {
    let plain = capture(&["render", "-f", "-", "--backend", "istio"], POLICY.as_bytes());
    let verified = capture(&["render", "-f", "-", "--backend", "istio", "--verify"], POLICY.as_bytes());
    assert_eq!((plain.exit, plain.stdout), (verified.exit, verified.stdout));
}
