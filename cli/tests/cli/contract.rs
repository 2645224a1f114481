//! What holds for every command: `-o json` is one document as its published schema says it, and no format changes an exit
//! code.

use std::collections::{BTreeMap, BTreeSet};

use clap::CommandFactory;
use meshglot::args::{Cli, commands};
use meshglot::{Captured, capture, schemas};
use serde_json::Value;

use super::GOOD;

/// A policy of access, which all meshes are proved to keep.
const ACCESS: &str = include_str!("../../../golden/access/methods-and-prefix/input.yaml");

/// A policy of access of which one mesh would get half a protection.
const WITHHELD: &str = include_str!("../../../golden/access/linkerd-without-proxy/input.yaml");

/// A Mesh that has everything.
const MESH: &str =
    "{apiVersion: meshglot.dev/v1alpha1, kind: Mesh, metadata: {name: main}, spec: {backend: istio, namespaceSelector: {}}}\n";

/// The Service of the caller in [`ACCESS`], without which Consul knows no name for it.
const WEB: &str =
    "{apiVersion: v1, kind: Service, metadata: {name: web, namespace: shop}, spec: {selector: {app: web}, ports: [{port: 80}]}}\n";

/// The beginning of a test file.
const TEST: &str = "\
apiVersion: test.meshglot.dev/v1alpha1
kind: PolicyTest
metadata: {name: t}
namespace: shop
tests:
";

/// What a control plane says of one proxy.
const STATUS: &str = r#"{"revision": 7, "at": "2026-11-22T02:00:00Z", "proxies": [{"workload": "shop/web", "instance": "a", "sync": "SYNCED",
    "identity": "spiffe://cluster.local/ns/shop/sa/web", "revision": 7, "since": "2026-11-22T01:00:00Z", "software": "envoy",
    "resources": {"CDS": 4}, "refused": [{"kind": "LDS", "name": "inbound", "why": "no"}],
    "lastRefusal": {"kind": "LDS", "why": "no", "at": "2026-11-22T01:30:00Z"}}]}"#;

/// What an Envoy says of itself.
const DUMP: &str = r#"{"configs": [{"dynamic_active_clusters": [{"cluster":
    {"@type": "type.googleapis.com/envoy.config.cluster.v3.Cluster", "name": "closed"}}]}]}"#;

/// A call, as `tap -o json` tells it.
const CALL: &str = r#"{"apiVersion": "cli.meshglot.dev/v1", "kind": "Call", "id": 7, "at": "2026-11-22T02:00:00.123Z", "direction": "inbound",
    "source": {"workload": "shop/web"}, "destination": {"workload": "shop/api", "service": "shop/api"}, "verdict": "denied", "method": "GET",
    "path": "/a", "status": 403, "durationMs": 1, "bytesIn": 0, "bytesOut": 19}"#;

/// What happened.
const EVENTS: &str = r#"{"events": [{"id": 1, "at": "2026-11-22T02:00:00.123Z", "kind": "trouble", "about": "shop/api", "message": "why",
 "count": 2}]}"#;

/// What is not well with a cluster.
const CHECKS: &str = r#"{"apiVersion": "cli.meshglot.dev/v1", "kind": "Checks", "cluster": "https://10.0.0.1/", "backend": "istio", "checks": [
 {"category": "kubernetes-api", "level": "ok", "message": "can reach the API server", "isWaiting": false},
 {"category": "policy", "level": "error", "message": "TrafficSplit/shop/web: Refused: why", "hint": "meshglot describe", "isWaiting": false}]}"#;

/// What was said of an object of a cluster.
const OBJECT_EVENTS: &str = r#"{"apiVersion": "cli.meshglot.dev/v1", "kind": "ObjectEvents", "at": "2026-11-22T02:00:00Z", "events": [
 {"last": "2026-11-22T02:00:00Z", "type": "Warning", "reason": "Lossy", "object": "TrafficSplit/shop/web", "message": "why", "count": 2,
  "reporter": "meshglot.dev/controller"}]}"#;

/// Objects of a mesh that runs, as `get -o json` prints them.
const OBJECTS: &str = r#"{"apiVersion": "v1", "kind": "List", "items": [{"apiVersion": "v1", "kind": "Service",
    "metadata": {"name": "api", "namespace": "shop"}}]}"#;

/// How one of them stands.
const STATUSES: &str = r#"{"revision": 3, "at": "2026-11-22T02:00:00Z", "blocked": "why", "objects": [{"object": "Mesh/main", "ready": "True",
    "reason": "InForce", "message": "in force on builtin", "backend": "builtin", "loss": "exact", "objects": "7/7", "synced": "2/2",
    "source": "mesh.yaml:1"}]}"#;

/// What was counted of it.
const EDGES: &str = r#"{"at": "2026-11-22T02:00:00.123Z", "windowSeconds": 60.0, "edges": [{"direction": "inbound", "source":
    {"workload": "shop/web"}, "destination": {"workload": "shop/api"}, "verdict": "denied", "calls": 6, "perSecond": 0.1, "succeeded": 0,
    "latency": {"p50Ms": 1.0, "p90Ms": 1.0, "p95Ms": 2.0, "p99Ms": 5.0}}], "silent": ["shop/db: its proxy does not run"]}"#;

/// Formats of the commands whose `-o` takes more than a closed list.
const OPEN: [(&str, &[&str]); 3] = [
    ("render", &["yaml", "json", "name", "dir=PATH"]),
    ("convert", &["yaml", "json", "dir=PATH"]),
    ("get", &["table", "wide", "name", "yaml", "json", "jsonpath={.kind}"]),
];

/// Questions of every sort, with answers yes and no, losses, and mistakes in the input; and their exit code.
fn questions() -> Vec<(&'static str, String, u8)> {
    let bad = GOOD.replace("weight: 90", "weight: -1");
    let opened = capture(&["render", "-q", "-f", "-", "--backend", "istio"], ACCESS.as_bytes()).stdout.replace("- GET", "- POST");
    let wider = ACCESS.replace("methods: [GET]", "methods: [GET, PUT]");
    let question = |words, stdin: &str, exit| (words, stdin.to_owned(), exit);
    let tested = |call: &str| format!("{ACCESS}---\n{WEB}---\n{TEST}- {call}\n");
    vec![
        question("version", "", 0),
        question("capabilities", "", 0),
        question("capabilities --backend consul --feature split", "", 0),
        question("capabilities --feature splot", "", 3),
        question("crds", "", 0),
        question("crds mesch", "", 3),
        question("install --backend istio", "", 0),
        question("install --backend builtin", "", 0),
        question("install --backend istio --inject", "", 2),
        question("upgrade --kubeconfig missing.yaml", "", 3),
        question("uninstall --backend linkerd", "", 0),
        question("switch --to linkerd --kubeconfig missing.yaml", "", 3),
        question("switch --to linkerd -f -", &format!("{MESH}---\n{ACCESS}"), 1),
        question("switch --to linkerd --scope shop -f -", &format!("{MESH}---\n{ACCESS}"), 1),
        question("switch --to istio -f -", &format!("{MESH}---\n{ACCESS}"), 0),
        question("switch --to linkerd -f -", ACCESS, 3),
        question("switch --to linkerd -f -", "a: b: c", 3),
        question("explain MG0301", "", 0),
        question("explain MG9999", "", 3),
        question("explain trafficsplit.spec", "", 0),
        question("explain", "", 0),
        question("explain --list", "", 0),
        question("lint -f -", GOOD, 0),
        question("lint -f -", &bad, 1),
        question("lint -f - --backend all --fail-on info", ACCESS, 1),
        question("render -f - --backend all", GOOD, 0),
        question("render -f - --backend all --provenance", ACCESS, 1),
        question("render -f - --backend linkerd", WITHHELD, 1),
        question("render -f - --backend istio", &bad, 1),
        question("render -f - --backend istio", "a: b: c", 3),
        question("render -f -", GOOD, 2),
        question("can web GET http://api/api/x -n shop -f -", ACCESS, 0),
        question("can web PUT http://api/api/x -n shop -f - --backend all", ACCESS, 1),
        question("can nobody GET http://api/ -n shop -f -", ACCESS, 3),
        question("matrix -f -", ACCESS, 0),
        question("matrix -f - --backend all --to shop", ACCESS, 0),
        question("matrix -f - --backend linkerd", WITHHELD, 0),
        question("matrix -f - --backend istio --changed-from ../golden/access/methods-and-prefix/input.yaml", ACCESS, 0),
        question("matrix -f - --backend istio --changed-from ../golden/access/methods-and-prefix/input.yaml", &wider, 1),
        question("matrix -f - --to shopp", ACCESS, 3),
        question("matrix -f -", "a: b: c", 3),
        question("simulate --from web GET http://api/api/x -n shop -f -", ACCESS, 0),
        question("simulate --from web GET http://api/api/x -n shop -f - --backend all", ACCESS, 0),
        question("simulate --from web GET http://api/api/x -n shop -f - --backend linkerd", WITHHELD, 0),
        question("simulate --from wep GET http://api/ -n shop -f -", ACCESS, 3),
        question("verify -f - --backend all", ACCESS, 0),
        question("verify -f - --backend all --limit 1", ACCESS, 1),
        question("verify -f - --backend all", WITHHELD, 1),
        question("verify -f ../golden/access/methods-and-prefix/input.yaml --backend istio --against -", &opened, 1),
        question("verify -f - --backend istio", "a: b: c", 3),
        question("diff -f - --base none --backend all", ACCESS, 1),
        question("diff -f - --base ../golden/access/methods-and-prefix/input.yaml --backend all", ACCESS, 0),
        question("diff -f - --base ../golden/access/methods-and-prefix/input.yaml --backend istio", GOOD, 1),
        question("diff -f - --base none --exit-code 9", GOOD, 9),
        question("diff -f - --base none", "a: b: c", 3),
        question("diff -f -", GOOD, 2),
        question("matrix -f - --backend all", ACCESS, 0),
        question("matrix -f - --changed-from ../golden/access/methods-and-prefix/input.yaml", ACCESS, 0),
        question("matrix -f - --changed-from none", ACCESS, 1),
        question("matrix -f - --to nowhere", ACCESS, 3),
        question("convert -f ../golden/convert/port-becomes-a-route/input.yaml", "", 0),
        question("convert -f ../golden/convert/matches-are-never-dropped/input.yaml --to v1alpha1", "", 1),
        question("convert -f ../golden/convert/quantities/input.yaml --to v1", "", 2),
        question("test -f -", &tested("can: {from: web, to: GET http://api/api/x}"), 0),
        question("test -f -", &tested("can: {from: web, to: PUT http://api/api/x}"), 1),
        question("test -f -", &tested("can: {from: nobody, to: GET http://api/}"), 3),
        question("test -f -", ACCESS, 3),
        question("proxy status -f -", STATUS, 0),
        question("proxy status -f -", &STATUS.replace("SYNCED", "STALE"), 1),
        question("proxy status -f - shop/wep", STATUS, 3),
        question("proxy status -f -", DUMP, 3),
        question("proxy config -f -", DUMP, 0),
        question("proxy config -f -", STATUS, 3),
        question("tap -f -", &CALL.replace('\n', " "), 0),
        question("tap -f -", STATUS, 3),
        question("edges -f -", EDGES, 0),
        question("edges -f - svc/", EDGES, 2),
        question("edges -f -", STATUS, 3),
        question("events -f -", EVENTS, 0),
        question("events -f -", OBJECT_EVENTS, 0),
        question("events -f -", STATUS, 3),
        question("stat -f - shop/api", EDGES, 0),
        question("get svc -f -", OBJECTS, 0),
        question("get svc/api -f -", OBJECTS, 0),
        question("get svc/nobody -f -", OBJECTS, 4),
        question("get svcs -f -", OBJECTS, 2),
        question("get svc -f -", STATUSES, 3),
        question("status -f -", &STATUSES.replace("\"blocked\": \"why\",", ""), 0),
        question("status -f -", STATUSES, 1),
        question("status -f -", OBJECTS, 3),
        question("check -f -", &CHECKS.replace("error", "warning"), 0),
        question("check -f -", CHECKS, 1),
        question("check -f - --fail-on warning", &CHECKS.replace("error", "warning"), 1),
        question("check -f -", STATUS, 3),
        question("prune --kubeconfig nowhere", "", 3),
        question("stat --admin nowhere/admin.sock", "", 4),
    ]
}

/// Questions whose answers have a schema of their own beside that of their command.
fn further() -> [(&'static str, &'static str, &'static str); 2] {
    [("diff -f - --from istio --to consul", "json", ACCESS), ("diff -f - --base none --backend all", "json-patch", ACCESS)]
}

/// The commands that have a format, with all that they have.
fn formats() -> BTreeMap<String, Vec<String>> {
    let grammar = Cli::command();
    let mut found = BTreeMap::new();
    for name in commands() {
        let command = name.split(' ').try_fold(&grammar, |command, word| command.find_subcommand(word)).expect("a command");
        let Some(output) = command.get_arguments().find(|argument| argument.get_id() == "output") else { continue };
        let open = OPEN.iter().find(|(of, _)| *of == name).map(|(_, words)| words.iter().map(ToString::to_string).collect());
        let closed = || output.get_possible_values().iter().map(|word| word.get_name().to_owned()).collect();
        found.insert(name, open.unwrap_or_else(closed));
    }
    found
}

fn ask(question: &str, format: &str, stdin: &str) -> Captured {
    let words: Vec<&str> = question.split(' ').chain(["-o", format]).collect();
    capture(&words, stdin.as_bytes())
}

#[test]
fn the_exit_code_is_the_same_in_every_format() {
    let formats = formats();
    let mut asked = BTreeSet::new();
    for (question, stdin, exit) in questions() {
        let (command, formats) =
            formats.iter().find(|(name, _)| format!("{question} ").starts_with(&format!("{name} "))).expect("a command with formats");
        asked.insert(command);
        assert!(formats.len() > 1, "{command} has a format or two");
        for format in formats {
            let folder = tempfile::tempdir().expect("a folder");
            let format = format.replace("PATH", folder.path().to_str().expect("UTF-8"));
            let said = ask(question, &format, &stdin);
            assert_eq!(said.exit, exit, "{question} -o {format}: {}", said.stderr);
        }
    }
    assert_eq!(asked, formats.keys().collect(), "every command is asked");
}

#[test]
fn a_format_that_is_misspelt_is_told_with_its_neighbour() {
    for (command, formats) in formats() {
        let (question, stdin, _) =
            questions().into_iter().find(|(question, ..)| format!("{question} ").starts_with(&format!("{command} "))).expect("a question");
        let word = formats.iter().find(|word| *word == "json").expect("every answer is there for machines");
        let said = ask(question, "jsno", &stdin);
        assert_eq!((said.exit, said.stdout.as_str()), (2, ""), "{command}");
        assert!(said.stderr.contains(word) && said.stderr.contains("jsno"), "{}", said.stderr);
        let hint = said.stderr.contains("did you mean json?") || said.stderr.contains("tip: a similar value exists: 'json'");
        assert!(hint, "{}", said.stderr);
    }
}

fn json(question: &str, stdin: &str) -> Value {
    answer(question, "json", stdin)
}

fn answer(question: &str, format: &str, stdin: &str) -> Value {
    let said = ask(question, format, stdin);
    serde_json::from_str(&said.stdout).unwrap_or_else(|error| panic!("{question}: {error}: {}", said.stderr))
}

#[test]
fn every_answer_is_as_its_schema_says_and_every_schema_has_an_answer() {
    let mut seen = BTreeSet::new();
    let mut answers = Vec::new();
    for (question, stdin, exit) in questions() {
        // Where nothing could be asked there is no answer.
        if matches!(exit, 2..=4) && ask(question, "json", &stdin).stdout.is_empty() {
            continue;
        }
        // Objects for a cluster are no answer of ours.
        if ["crds", "get", "install", "uninstall"].iter().any(|command| question.starts_with(command)) {
            continue;
        }
        answers.push((question, json(question, &stdin)));
    }
    answers.extend(further().map(|(question, format, stdin)| (question, answer(question, format, stdin))));
    for (question, answer) in answers {
        let kind = answer["kind"].as_str().expect("a kind").to_owned();
        let (_, schema) = schemas().into_iter().find(|(of, _)| *of == kind).unwrap_or_else(|| panic!("{kind} has a schema"));
        let schema = closed(schema.to_value());
        let validator = jsonschema::draft202012::new(&schema).expect("a schema");
        let wrong: Vec<String> = validator.iter_errors(&answer).map(|error| format!("{}: {error}", error.instance_path())).collect();
        assert_eq!(wrong, [""; 0], "{question}");
        seen.insert(kind);
    }
    let all: BTreeSet<String> = schemas().into_iter().map(|(kind, _)| kind.to_owned()).collect();
    assert_eq!(seen, all);
}

/// The published schemas are open, so that fields may be added; here a field that is not in them is a mistake.
pub(super) fn closed(mut schema: Value) -> Value {
    let defs = schema.get_mut("$defs").and_then(Value::as_object_mut);
    for node in defs.into_iter().flat_map(|defs| defs.values_mut()) {
        close(node);
    }
    close(&mut schema);
    schema
}

fn close(node: &mut Value) {
    if node.get("properties").is_some() {
        node["unevaluatedProperties"] = false.into();
    }
}

#[test]
fn an_answer_that_the_schema_does_not_know_is_found() {
    let (_, schema) = schemas().into_iter().find(|(kind, _)| *kind == "Version").expect("it has a schema");
    let schema = closed(schema.to_value());
    let validator = jsonschema::draft202012::new(&schema).expect("a schema");
    let good = json("version", "");
    assert!(validator.is_valid(&good));
    for (place, value) in [("/kind", "Other".into()), ("/client/version", Value::Null)] {
        let mut bad = good.clone();
        *bad.pointer_mut(place).expect("a field") = value;
        assert!(!validator.is_valid(&bad), "{place}");
    }
    let mut more = good;
    more["client"]["strange"] = 1.into();
    assert!(!validator.is_valid(&more));
}
