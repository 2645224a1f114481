//! Edits of a small shop, and what they do.

use std::fmt::Write as _;

use super::*;
use crate::eval::Neutral;
use crate::ir::{AccountKey, MeshSettings};
use crate::parse::{Source, parse};
use crate::resolve::ReadOptions;
use test_case::test_case;

/// `web` calls `api`, which is split between two workloads of one account.
const SHOP: &str = r#"
{apiVersion: v1, kind: Service, metadata: {name: api, namespace: shop}, spec: {selector: {app: api}, ports: [{name: http, port: 80}]}}
---
{apiVersion: v1, kind: Service, metadata: {name: api-v1, namespace: shop}, spec: {selector: {v: "1"}, ports: [{name: http, port: 80}]}}
---
{apiVersion: v1, kind: Service, metadata: {name: api-v2, namespace: shop}, spec: {selector: {v: "2"}, ports: [{name: http, port: 80}]}}
---
{apiVersion: v1, kind: Service, metadata: {name: db, namespace: shop}, spec: {selector: {app: db}, ports: [{name: tcp-sql, port: 5432}]}}
---
{apiVersion: apps/v1, kind: Deployment, metadata: {name: api-v1, namespace: shop}, spec: {template: {metadata: {labels: {app: api, v: "1"}}, spec: {serviceAccountName: api}}}}
---
{apiVersion: apps/v1, kind: Deployment, metadata: {name: api-v2, namespace: shop}, spec: {template: {metadata: {labels: {app: api, v: "2"}}, spec: {serviceAccountName: api}}}}
---
{apiVersion: apps/v1, kind: Deployment, metadata: {name: web, namespace: shop}, spec: {template: {metadata: {labels: {app: web}}, spec: {serviceAccountName: web}}}}
---
{apiVersion: apps/v1, kind: Deployment, metadata: {name: db, namespace: shop}, spec: {template: {metadata: {labels: {app: db}}, spec: {serviceAccountName: db}}}}
---
{apiVersion: split.smi-spec.io/v1alpha4, kind: TrafficSplit, metadata: {name: api, namespace: shop}, spec: {service: api, backends: [{service: api-v1, weight: 90}, {service: api-v2, weight: 10}]}}
---
{apiVersion: specs.smi-spec.io/v1alpha4, kind: HTTPRouteGroup, metadata: {name: calls, namespace: shop}, spec: {matches: [{name: read, pathRegex: /orders, methods: [GET]}, {name: write, pathRegex: "/orders/[0-9]+$", methods: [POST]}]}}
---
{apiVersion: access.smi-spec.io/v1alpha4, kind: TrafficTarget, metadata: {name: api, namespace: shop}, spec: {destination: {kind: ServiceAccount, name: api}, rules: [{kind: HTTPRouteGroup, name: calls, matches: [read]}], sources: [{kind: ServiceAccount, name: web}]}}
"#;

fn model(text: &str) -> Model {
    let (documents, diagnostics) = parse(&[Source::new("shop.yaml", text.to_owned())]);
    assert!(diagnostics.is_empty(), "{diagnostics:?}");
    Model::new(documents, ReadOptions::default()).with_implied_mesh(MeshSettings::default())
}

/// What changes, a line each.
fn words(from: &str, to: &str) -> String {
    let (from, to) = (model(from), model(to));
    let (left, right) = (Neutral::new(&from), Neutral::new(&to));
    let (from, to) = (Side { model: &from, reading: &left, mesh: None }, Side { model: &to, reading: &right, mesh: None });
    let effect = effect(&from, &to, &Options::default());
    assert_eq!(effect.doubts, []);
    let mut text = String::new();
    for AccessChange { party, service, port, gained, presence, requests, more, entire, example, from, to, .. } in &effect.access {
        if party.id().is_none() {
            assert_eq!((&left.evaluate(example), &right.evaluate(example)), (from, to), "the example is decided as it is told");
        }
        let requests: Vec<String> = requests.iter().map(ToString::to_string).collect();
        let sign = if *gained { '+' } else { '-' };
        let entire = if *entire { " (entire)" } else { "" };
        let _ = write!(text, "{sign} {party} > {}:{port} {}{entire}", service.name, requests.join("; "));
        assert_eq!((*more, from.verdict == to.verdict), (0, false));
        let _ = writeln!(text, "{}", if *presence == Presence::Kept { String::new() } else { format!(" {presence:?}") });
    }
    for ShareChange { service, port, target, from, to, requests, everyone, .. } in &effect.shares {
        let requests: Vec<String> = requests.iter().map(ToString::to_string).collect();
        let target = match target {
            Outcome::Workload(key) => key.name.to_string(),
            other => format!("{other:?}"),
        };
        let everyone = if *everyone { "" } else { " of some" };
        let _ = writeln!(text, "~ {}:{port} {target} {from} > {to} {}{everyone}", service.name, requests.join("; "));
    }
    text
}

fn edit(old: &str, new: &str) -> String {
    assert!(SHOP.contains(old), "{old}");
    words(SHOP, &SHOP.replace(old, new))
}

#[test]
fn nothing_changes_nothing() {
    assert_eq!(words(SHOP, SHOP), "");
    // Names, order and places are no part of the meaning.
    let mut documents: Vec<&str> = SHOP.split("---\n").map(str::trim).collect();
    documents.reverse();
    assert_eq!(words(SHOP, &documents.join("\n---\n").replace("name: read,", "name: reading,").replace("[read]", "[reading]")), "");
}

#[test_case("matches: [read]", "matches: [write]", "\
- sa/shop/web > api:80 GET /orders*
+ sa/shop/web > api:80 POST ~/orders/[0-9]+$
" ; "another match")]
#[test_case("matches: [read]", "matches: [read, write]", "+ sa/shop/web > api:80 POST ~/orders/[0-9]+$\n" ; "one more match")]
#[test_case("pathRegex: /orders,", "pathRegex: /order,", "+ sa/shop/web > api:80 some of GET /order*\n" ; "a shorter prefix")]
#[test_case("pathRegex: /orders,", "pathRegex: /orders/,", "- sa/shop/web > api:80 some of GET /orders*\n" ; "a longer prefix")]
#[test_case("name: web}]}}", "name: web}, {kind: ServiceAccount, name: ops}]}}", "+ sa/shop/ops > api:80 GET /orders* (entire)\n" ; "one more caller, who runs nowhere")]
#[test_case("weight: 10}", "weight: 30}", "\
~ api:80 api-v1 9/10 > 3/4 ALL
~ api:80 api-v2 1/10 > 1/4 ALL
" ; "other weights")]
fn edits(old: &str, new: &str, want: &str) {
    let found = edit(old, new);
    // Both versions are called by their own names too.
    let found: String = found.lines().filter(|line| line.contains("api:80")).map(|line| format!("{line}\n")).collect();
    assert_eq!(found, want);
}

#[test]
fn a_first_target_closes() {
    let target = &SHOP[SHOP.rfind("---").expect("documents")..];
    let found = edit(target, "");
    assert!(found.contains("+ sa/shop/web > api:80 everything else\n"), "{found}");
    assert!(found.contains("+ (anyone else) > api:80 ALL (entire)\n+ (no proxy) > api:80 ALL (entire)\n"), "{found}");
}

#[test]
fn a_target_of_a_port_of_bytes() {
    let target = "---\n{apiVersion: specs.smi-spec.io/v1alpha4, kind: TCPRoute, metadata: {name: sql, namespace: shop}, spec: {matches: {ports: [5432]}}}\n---\n{apiVersion: access.smi-spec.io/v1alpha4, kind: TrafficTarget, metadata: {name: db, namespace: shop}, spec: {destination: {kind: ServiceAccount, name: db}, rules: [{kind: TCPRoute, name: sql}], sources: [{kind: ServiceAccount, name: api}]}}\n";
    assert_eq!(words(SHOP, &format!("{SHOP}{target}")), "- (anyone else) > db:5432 tcp (entire)\n- (no proxy) > db:5432 tcp (entire)\n");
}

#[test]
fn a_split_by_matches_moves_what_they_take() {
    let split = "---\n{apiVersion: split.smi-spec.io/v1alpha4, kind: TrafficSplit, metadata: {name: reads, namespace: shop}, spec: {service: api, matches: [{kind: HTTPRouteGroup, name: calls}], backends: [{service: api-v2, weight: 1}]}}\n";
    let found = words(SHOP, &format!("{SHOP}{split}"));
    assert_eq!(found, "~ api:80 api-v1 9/10 > 0/1 GET /orders*\n~ api:80 api-v2 1/10 > 1/1 GET /orders*\n");
}

#[test]
fn a_new_service_lets_in_whom_it_names() {
    let (start, end) = (
        SHOP.find("{apiVersion: v1, kind: Service, metadata: {name: api-v2").expect("it"),
        "---\n{apiVersion: v1, kind: Service, metadata: {name: db",
    );
    let end = SHOP.find(end).expect("the next");
    let without = format!("{}{}", &SHOP[..start], &SHOP[end + 4..]);
    let found = words(&without, SHOP);
    assert!(found.contains("+ sa/shop/web > api-v2:80 GET /orders* (entire) Added\n"), "{found}");
    assert!(!found.contains("(anyone else)"), "{found}");
}

#[test]
fn a_caller_of_another_trust_domain() {
    let binding = "---\n{apiVersion: access.smi-spec.io/v1alpha4, kind: IdentityBinding, metadata: {name: partner, namespace: shop}, spec: {schemes: {spiffeIdentities: [\"partner.example/ns/x/sa/y\"]}}}\n";
    let text = format!("{SHOP}{binding}").replace("name: web}]}}", "name: web}, {kind: IdentityBinding, name: partner}]}}");
    let found = words(SHOP, &text);
    assert!(found.contains("+ spiffe://partner.example/ns/x/sa/y > api:80 GET /orders* (entire)\n"), "{found}");
}

#[test]
fn a_limit_leaves_a_port_open() {
    let (from, to) = (model(SHOP), model(&SHOP.replace("matches: [read]", "matches: [write]")));
    let (left, right) = (Neutral::new(&from), Neutral::new(&to));
    let (from, to) = (Side { model: &from, reading: &left, mesh: None }, Side { model: &to, reading: &right, mesh: None });
    let found = effect(&from, &to, &Options { limit: 2, ..Options::default() });
    assert!(found.doubts.iter().all(|doubt| doubt.why == Why::Sorts(Doubt::TooManyRequests(2))) && !found.doubts.is_empty());
}

#[test]
fn who_is_let_in_is_let_in_by_a_target() {
    // A rule about requests says nothing of bytes, so that the database is closed to everybody.
    let sql = "\n---\n{apiVersion: access.smi-spec.io/v1alpha4, kind: TrafficTarget, metadata: {name: db, namespace: shop}, spec: {destination: \
               {kind: ServiceAccount, name: db}, rules: [{kind: HTTPRouteGroup, name: calls}], sources: [{kind: ServiceAccount, name: web}]}}";
    let (open, closed) = (model(SHOP), model(&format!("{SHOP}{sql}")));
    let (open, closed) = (Entrances::of(&open), Entrances::of(&closed));
    let web = Party::Account(AccountKey { namespace: "shop".into(), name: "web".into() });
    let asked = |entrances: &Entrances<'_>, service: &str, port: u16, party: &Party| {
        let entrance = entrances.port(&ServiceKey { namespace: "shop".into(), name: service.into() }, port).expect("a port");
        let by: Vec<String> = entrance.admitted_by(party).iter().map(ToString::to_string).collect();
        format!("{} {}", entrance.allows(party), by.join(","))
    };
    assert_eq!(asked(&open, "api", 80, &web), "GET /orders* TrafficTarget/shop/api");
    assert_eq!(asked(&open, "api", 80, &Party::Others), "- ");
    assert_eq!(asked(&open, "db", 5432, &web), "tcp ", "no rule is needed");
    assert_eq!(asked(&closed, "db", 5432, &web), "- ", "a rule that does not speak");
}
