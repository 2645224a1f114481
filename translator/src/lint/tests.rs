//! What each finding is told of, and what it is not: small inputs, the messages of one code.

use super::*;
use crate::ir::MeshSettings;
use crate::parse::{Source, parse};
use crate::resolve::ReadOptions;
use test_case::test_case;

/// Two closed workloads, and one Service in front of each.
const INVENTORY: &str = "
{apiVersion: v1, kind: Service, metadata: {name: web, namespace: shop}, spec: {selector: {app: web}, ports: [{name: http, port: 80}]}}
---
{apiVersion: v1, kind: Service, metadata: {name: api, namespace: shop}, spec: {selector: {app: api}, ports: [{name: http, port: 80}]}}
---
{apiVersion: v1, kind: Service, metadata: {name: api-2, namespace: shop}, spec: {ports: [{name: http, port: 80}]}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec: {template: {metadata: {labels: {app: web}}, spec: {serviceAccountName: web}}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: api, namespace: shop}
spec: {template: {metadata: {labels: {app: api}}, spec: {serviceAccountName: api}}}
";

fn model(policy: &str) -> Model {
    let (documents, diagnostics) = parse(&[Source::new("policy.yaml", policy), Source::new("inventory.yaml", INVENTORY)]);
    assert!(diagnostics.is_empty(), "{diagnostics:?}");
    let model = Model::new(documents, ReadOptions { default_namespace: "shop".into(), ..ReadOptions::default() });
    if model.has_mesh() { model } else { model.with_implied_mesh(MeshSettings::default()) }
}

/// `LINE: MESSAGE` of each finding of a code.
fn told(code: Code, documents: &[String]) -> Vec<String> {
    let model = model(&documents.join("---\n"));
    let wrong = |diagnostic: &&Diagnostic| diagnostic.code.info().name.starts_with("MG00") && diagnostic.code != Code::MG0003;
    assert_eq!(model.diagnostics().iter().find(wrong).map(|diagnostic| diagnostic.message.clone()), None);
    let mut found: Vec<Diagnostic> =
        lint(&model, &Ignores::new(Vec::new(), &model)).into_iter().filter(|found| found.code == code).collect();
    found.sort_by(crate::diagnostic::by_position);
    found.iter().map(|found| found.message.clone()).collect()
}

/// Each message holds the words wanted of it, and there is no other.
fn assert_told(code: Code, documents: &[String], wanted: &[&str]) {
    let told = told(code, documents);
    assert_eq!(told.len(), wanted.len(), "{told:#?}");
    assert!(told.iter().zip(wanted).all(|(told, words)| told.contains(words)), "{told:#?}");
}

fn group(name: &str, matches: &str) -> String {
    format!("apiVersion: specs.smi-spec.io/v1alpha4\nkind: HTTPRouteGroup\nmetadata: {{name: {name}}}\nspec: {{matches: [{matches}]}}\n")
}

/// Callers and rules of a target of `api`, in YAML's short form.
fn target(name: &str, sources: &str, rules: &str) -> String {
    let sources: Vec<String> = sources.split(' ').map(|name| format!("{{kind: ServiceAccount, name: {name}}}")).collect();
    format!(
        "apiVersion: access.smi-spec.io/v1alpha4\nkind: TrafficTarget\nmetadata: {{name: {name}}}\nspec:\n  destination: {{kind: ServiceAccount, name: api}}\n  sources: [{}]\n  rules: [{rules}]\n",
        sources.join(", ")
    )
}

fn of(group: &str) -> String {
    format!("{{kind: HTTPRouteGroup, name: {group}}}")
}

const TCP: &str = "{kind: TCPRoute, name: tcp}";

fn tcp(ports: &str) -> String {
    format!("apiVersion: specs.smi-spec.io/v1alpha4\nkind: TCPRoute\nmetadata: {{name: tcp}}\nspec: {{matches: {{ports: [{ports}]}}}}\n")
}

const EVERYTHING: &str = "everything that this target allows is allowed already";

/// Whether the match of one target shadows that of another with the same caller.
#[test_case("{name: m, pathRegex: /a}", "{name: m, pathRegex: /ab}", true ; "a longer literal")]
#[test_case("{name: m, pathRegex: /ab}", "{name: m, pathRegex: /a}", false ; "a shorter literal")]
#[test_case("{name: m, pathRegex: /a$}", "{name: m, pathRegex: /a}", false ; "an open end")]
#[test_case("{name: m}", "{name: m, pathRegex: /a, methods: [GET]}", true ; "every request")]
#[test_case("{name: m, pathRegex: /a, methods: [GET, HEAD]}", "{name: m, pathRegex: /a, methods: [GET]}", true ; "fewer methods")]
#[test_case("{name: m, pathRegex: /a, methods: [GET]}", "{name: m, pathRegex: /a}", false ; "any method")]
#[test_case("{name: m, pathRegex: '/a/[0-9a-f]+$'}", "{name: m, pathRegex: '/a/[0-9]+$'}", true ; "an expression within another")]
#[test_case("{name: m, pathRegex: '/a/[0-9]+$'}", "{name: m, pathRegex: '/a/[0-9a-f]+$'}", false ; "an expression around another")]
#[test_case("{name: m, pathRegex: '/a/.*'}", "{name: m, pathRegex: '/a/(b|c)'}", true ; "a prefix around an expression")]
#[test_case("{name: m, pathRegex: /a}", "{name: m, pathRegex: /a, headers: [{x: '1'}]}", true ; "one more condition")]
#[test_case("{name: m, pathRegex: /a, headers: [{x: '1'}]}", "{name: m, pathRegex: /a}", false ; "one condition less")]
#[test_case("{name: m, headers: [{x: '[0-9]+'}]}", "{name: m, headers: [{x: '1'}]}", true ; "a value within an expression")]
#[test_case("{name: m, headers: [{x: '1'}]}", "{name: m, headers: [{y: '1'}]}", false ; "another header")]
#[test_case("{name: m, pathRegex: /a}, {name: p, pathRegex: /b}", "{name: m, pathRegex: /ax}, {name: p, pathRegex: /bx}", true ; "each match by another one")]
#[test_case("{name: m, pathRegex: /a}", "{name: m, pathRegex: /ax}, {name: p, pathRegex: /bx}", false ; "one match is left")]
fn shadowed(wide: &str, narrow: &str, want: bool) {
    let documents = [group("wide", wide), group("narrow", narrow), target("a", "web", &of("wide")), target("b", "web", &of("narrow"))];
    assert_eq!(told(Code::MG0204, &documents).contains(&format!("{EVERYTHING}: TrafficTarget/shop/a allows it to the same callers")), want);
}

#[test_case("web", "web", 1 ; "the same caller")]
#[test_case("web other", "web", 1 ; "one of two callers")]
#[test_case("web", "web other", 0 ; "one caller more")]
#[test_case("web", "other", 0 ; "another caller")]
fn shadowed_for_callers(wide: &str, narrow: &str, want: usize) {
    let documents = [
        group("g", "{name: m, pathRegex: /a}"),
        group("h", "{name: m, pathRegex: /ab}"),
        target("a", wide, &of("g")),
        target("b", narrow, &of("h")),
    ];
    assert_eq!(told(Code::MG0204, &documents).len(), want);
}

#[test]
fn of_equal_targets_one_is_told_and_none_of_another_account() {
    let equal = ["a", "b", "c"].map(|name| target(name, "web", &of("g")));
    let elsewhere = target("d", "web", &of("g")).replace("name: api}", "name: web}");
    let documents = [&equal[..], &[elsewhere, group("g", "{name: m}")]].concat();
    assert_told(Code::MG0204, &documents, &["TrafficTarget/shop/a allows it", "TrafficTarget/shop/a allows it"]);
}

#[test_case(&of("g"), &format!("{TCP}, {}", of("g")), "a" ; "one port is less than all")]
#[test_case(TCP, &format!("{TCP}, {}", of("g")), "a" ; "whatever is said on the port")]
#[test_case(&format!("{TCP}, {}", of("g")), TCP, "b" ; "not only requests")]
fn shadowed_on_ports(a: &str, b: &str, wide: &str) {
    let documents = [group("g", "{name: m}"), tcp("80"), target("a", "web", a), target("b", "web", b)];
    assert_told(Code::MG0204, &documents, &[&format!("{EVERYTHING}: TrafficTarget/shop/{wide} allows")]);
}

#[test]
fn a_rule_of_several_is_told_by_itself() {
    let groups = [group("g", "{name: m, pathRegex: /a}"), group("h", "{name: m, pathRegex: /b}"), group("i", "{name: m, pathRegex: /c}")];
    let of = |names: [&str; 2]| names.map(of).join(", ");
    let documents = [&groups[..], &[target("a", "web", &of(["g", "h"])), target("b", "web", &of(["h", "i"]))]].concat();
    assert_told(Code::MG0204, &documents, &["everything that this rule allows is allowed already: TrafficTarget/shop/a allows it"]);
    let within = [&groups[..], &[target("a", "web", &of(["g", "g"]))]].concat();
    assert_told(Code::MG0204, &within, &["everything that this rule allows is allowed already: TrafficTarget/shop/a allows it"]);
}

fn split(name: &str, group: &str, weights: (u8, u8)) -> String {
    format!(
        "apiVersion: split.smi-spec.io/v1alpha4\nkind: TrafficSplit\nmetadata: {{name: {name}}}\nspec:\n  service: web\n  matches: [{}]\n  backends: [{{service: api, weight: {}}}, {{service: api-2, weight: {}}}]\n",
        of(group),
        weights.0,
        weights.1
    )
}

#[test_case("{name: m, pathRegex: /a}", "{name: p, pathRegex: /ab}", &["no request reaches this split: TrafficSplit/shop/a takes all"] ; "the whole split")]
#[test_case("{name: m, pathRegex: /a}", "{name: p, pathRegex: /ab}, {name: o, pathRegex: /b}", &["no request reaches match `p` for TrafficSplit/shop/b"] ; "one match")]
#[test_case("{name: m, pathRegex: /ab}", "{name: p, pathRegex: /a}", &[] ; "the narrower one first")]
#[test_case("{name: m, pathRegex: /a, headers: [{x: '1'}]}", "{name: p, pathRegex: /a}", &[] ; "a condition more")]
fn unreachable(first: &str, second: &str, wanted: &[&str]) {
    let documents = [group("g", first), group("h", second), split("a", "g", (1, 0)), split("b", "h", (0, 1))];
    assert_told(Code::MG0207, &documents, wanted);
    assert_told(Code::MG0208, &documents, &[]);
}

#[test_case("{name: m, pathRegex: /a}", "{name: p, headers: [{x: '1'}]}", (0, 1), &["such as GET /a with `x: 1`: nobody wrote that order"] ; "a path and a header")]
#[test_case("{name: m, pathRegex: /a, methods: [POST]}", "{name: p, methods: [GET]}", (0, 1), &[] ; "other methods")]
#[test_case("{name: m, headers: [{x: '1'}]}", "{name: p, headers: [{x: '2'}]}", (0, 1), &[] ; "other values")]
#[test_case("{name: m, pathRegex: /a}", "{name: p, pathRegex: /b}", (0, 1), &[] ; "other paths")]
#[test_case("{name: m, pathRegex: /a}", "{name: p, headers: [{x: '1'}]}", (1, 0), &[] ; "sent to the same backends")]
fn overlapping(first: &str, second: &str, weights: (u8, u8), wanted: &[&str]) {
    let documents = [group("g", first), group("h", second), split("a", "g", (1, 0)), split("b", "h", weights)];
    assert_told(Code::MG0208, &documents, wanted);
    assert_told(Code::MG0207, &documents, &[]);
}

#[test_case("/metrics", &["takes `/metricsX` too"] ; "a literal")]
#[test_case("^/metrics", &["takes `/metricsX` too"] ; "bound at its start")]
#[test_case("/metrics$", &[] ; "bound at its end")]
#[test_case("/metrics.*", &[] ; "open on purpose")]
#[test_case("/metrics/", &[] ; "a folder")]
#[test_case("/", &[] ; "everything")]
#[test_case("/[a-z]+", &[] ; "no literal")]
fn unanchored(path: &str, wanted: &[&str]) {
    let documents =
        [group("g", &format!("{{name: m, pathRegex: '{path}'}}")), target("a", "web", &of("g")), target("b", "other", &of("g"))];
    assert_told(Code::MG0504, &documents, wanted);
}

const MESH: &str = "apiVersion: meshglot.dev/v1alpha1\nkind: Mesh\nmetadata: {name: main}\nspec: {backend: istio";

#[test]
fn an_anchor_is_asked_for_in_access_rules_of_meshes_that_leave_ends_open() {
    let policy = [group("g", "{name: m, pathRegex: /a}"), target("a", "web", &of("g"))];
    assert_eq!(told(Code::MG0504, &policy).len(), 1);
    let full = format!("{MESH}, smi: {{pathAnchoring: full}}}}\n");
    assert_told(Code::MG0504, &[&policy[..], &[full]].concat(), &[]);
    assert_told(Code::MG0504, &[group("g", "{name: m, pathRegex: /a}"), split("s", "g", (1, 0))], &[]);
}

#[test_case("", &["call Deployment `web` of namespace `shop`: no access rule is about it"] ; "targeted")]
#[test_case(", access: {default: deny}", &[] ; "deny")]
#[test_case(", access: {default: allow}", &["no access rule is enforced in this Mesh"] ; "allow")]
#[test_case(", namespaceSelector: {matchLabels: {a: b}}", &[] ; "another namespace")]
fn open(default: &str, wanted: &[&str]) {
    let policy = [group("g", "{name: m}"), target("a", "web", &of("g"))];
    assert_told(Code::MG0501, &[&policy[..], &[format!("{MESH}{default}}}\n")]].concat(), wanted);
}

#[test]
fn without_any_access_rule_nobody_expects_a_closed_door() {
    assert_told(Code::MG0501, &[group("g", "{name: m}")], &[]);
    assert_told(Code::MG0501, &[group("g", "{name: m}"), target("a", "web", &of("g"))], &["Deployment `web`"]);
    let both = target("b", "api", &of("g")).replace("name: api}\n  sources", "name: web}\n  sources");
    assert_told(Code::MG0501, &[group("g", "{name: m}"), target("a", "web", &of("g")), both], &[]);
}

#[test]
fn open_workloads_are_told_together_those_that_ignore_it_apart() {
    let workload = |name: &str, metadata: &str, kind: &str| {
        format!(
            "apiVersion: apps/v1\nkind: {kind}\nmetadata: {{name: {name}{metadata}}}\nspec: {{template: {{spec: {{serviceAccountName: {name}}}}}}}\n"
        )
    };
    let mut documents = vec![group("g", "{name: m}"), target("a", "web", &of("g"))];
    documents.extend((1..7).map(|number| workload(&format!("w-{number}"), "", "Deployment")));
    documents.push(workload("meant", &format!(", annotations: {{{ANNOTATION}: MG0501}}"), "Deployment"));
    documents.push(workload("job", "", "Job").replace("apps/v1", "batch/v1"));
    assert_told(
        Code::MG0501,
        &documents,
        &["Deployment `w-1`, Deployment `w-2`, Deployment `w-3`, Deployment `w-4`, Deployment `w-5` and 2 more", "Deployment `meant`"],
    );
}

#[test]
fn older_versions_are_counted_and_the_newest_is_no_finding() {
    let documents = [
        group("g", "{name: m}").replace("v1alpha4", "v1alpha3"),
        group("h", "{name: m}").replace("v1alpha4", "v1alpha3"),
        group("i", "{name: m}"),
        target("a", "web", &of("g")).replace("v1alpha4", "v1alpha2"),
    ];
    let wanted = [
        "2 HTTPRouteGroups are written in `specs.smi-spec.io/v1alpha3`, the newest version is `v1alpha4`",
        "this TrafficTarget is written in",
    ];
    assert_told(Code::MG0017, &documents, &wanted);
}

#[test]
fn callers_are_looked_for_where_workloads_are_known() {
    let policy = |source: &str| [group("g", "{name: m}"), target("a", source, &of("g"))];
    assert_told(Code::MG0111, &policy("web"), &[]);
    assert_told(Code::MG0111, &policy("wbe"), &["no workload runs as ServiceAccount `wbe` of namespace `shop`"]);
    let elsewhere = policy("wbe").map(|text| text.replace("name: wbe}", "name: wbe, namespace: other}"));
    assert_told(Code::MG0111, &elsewhere, &[]);
}

#[test]
fn what_nothing_refers_to_is_told_unless_it_may_be_meant() {
    let policy = [group("g", "{name: m}"), group("unused", "{name: m}"), tcp("80"), target("a", "web", &of("g"))];
    assert_told(Code::MG0116, &policy, &["this HTTPRouteGroup", "this TCPRoute"]);
    let broken = target("b", "web", &of("unused")).replace("sources:", "source:");
    assert_told(Code::MG0116, &[&policy[..], &[broken]].concat(), &["this TCPRoute"]);
    assert_told(Code::MG0116, &[group("g", "{name: m}"), split("s", "g", (1, 0))], &[]);
}

#[test]
fn many_rules_of_one_account_are_compared_within_bounds() {
    let mut documents = vec![];
    for number in 0..400 {
        documents.push(group(&format!("g-{number}"), &format!("{{name: m, pathRegex: '/(a|b)+{number}c{{1,20}}$', methods: [GET]}}")));
        documents.push(target(&format!("t-{number}"), "web", &of(&format!("g-{number}"))));
    }
    let told = told(Code::MG0204, &documents);
    assert_eq!(told, ["access rules of ServiceAccount `api` were not all compared: it would take too long"]);
}

#[test]
fn findings_are_sorted_counted_and_ignored_by_word_and_by_annotation() {
    let annotated =
        target("b", "web", &of("g")).replace("{name: b}", &format!("{{name: b, annotations: {{{ANNOTATION}: 'MG0204, MG0111,MG1'}}}}"));
    let policy = [group("g", "{name: m, pathRegex: /a}"), target("a", "web", &of("g")), annotated].join("---\n");
    let model = model(&policy);
    let words = ["MG0504=HTTPRouteGroup shop/*", "MG0301"].map(|word| word.parse().expect("a word"));
    let findings = findings(&model, model.diagnostics(), Vec::new(), words.into());
    let ignored: Vec<String> = findings
        .all
        .iter()
        .filter_map(|found| Some(format!("{}: {}", found.finding.code(), findings.ignores.tell(found.ignored.as_ref()?))))
        .collect();
    assert_eq!(ignored, ["MG0504: MG0504=HTTPRouteGroup shop/*", "MG0204: meshglot.dev/lint-ignore of TrafficTarget/shop/b"]);
    assert_eq!(findings.counting().map(Finding::code).collect::<Vec<_>>(), [Code::MG0501]);
    assert_eq!(
        findings.unused,
        [
            "nothing was ignored by `MG0301`",
            "meshglot.dev/lint-ignore of TrafficTarget/shop/b: MG0111 is not said of it",
            "meshglot.dev/lint-ignore of TrafficTarget/shop/b: there is no code `MG1`",
        ]
    );
}

#[test]
fn only_codes_of_the_list_are_said() {
    assert!(CODES.is_sorted());
    let model = model(&[group("unused", "{name: m}"), target("a", "wbe", &of("g"))].join("---\n"));
    let told = lint(&model, &Ignores::default());
    assert!(!told.is_empty() && told.iter().all(|found| CODES.contains(&found.code)), "{told:?}");
}
