//! `convert`: what changes, what stays, what is refused, and which files are written.

use std::fs;
use std::path::Path;

use meshglot::{Captured, capture};
use meshglot_translator::parse::{Source, parse};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use serde_json::Value;
use test_case::test_case;

use super::hostile::mutated;

const OLD: &str = "\
# Head.
apiVersion: split.smi-spec.io/v1alpha2 # version
kind: TrafficSplit
metadata: {name: canary, namespace: shop}
spec:
  service: web
  backends: [{service: web-v1, weight: 9}, {service: web-v2, weight: 1}] # both
";

const MATCHED: &str = "\
apiVersion: split.smi-spec.io/v1alpha4
kind: TrafficSplit
metadata: {name: testers, namespace: shop}
spec: {service: web, matches: [{kind: HTTPRouteGroup, name: beta}], backends: [{service: web-v2, weight: 1}]}
";

fn convert(text: &str, words: &[&str]) -> Captured {
    capture(&[&["convert", "-f", "-"], words].concat(), text.as_bytes())
}

#[test]
fn only_what_must_change_changes() {
    let said = convert(OLD, &[]);
    assert_eq!((said.exit, said.stderr.as_str()), (0, "✔ 1 object rewritten\n"));
    assert_eq!(said.stdout, OLD.replace("v1alpha2", "v1alpha4"));
}

#[test_case("", "{apiVersion: v1, kind: ConfigMap, metadata: {name: x}}  # mine\n" ; "another kind")]
#[test_case("\u{feff}", "a: [1,  2]\n...\n" ; "no object")]
#[test_case("# nothing but this\n---\n", "---\n" ; "comments and markers")]
fn other_documents_stay_as_they_are(before: &str, document: &str) {
    let text = format!("{before}{OLD}---\n{document}");
    let wanted = text.trim_start_matches('\u{feff}').replace("v1alpha2", "v1alpha4");
    assert_eq!(convert(&text, &[]).stdout, wanted);
}

#[test]
fn json_stays_json() {
    let text = r#"{"apiVersion": "access.smi-spec.io/v1alpha2", "kind": "TrafficTarget", "metadata": {"name": "a"},
 "spec": {"destination": {"kind": "ServiceAccount", "name": "a", "port": 80}, "rules": [{"kind": "HTTPRouteGroup", "name": "g"}],
          "sources": [{"kind": "ServiceAccount", "name": "b"}]}}"#;
    let said = convert(text, &[]);
    assert_eq!(said.exit, 0, "{}", said.stderr);
    let list: Value = serde_json::from_str(&said.stdout).expect("JSON");
    assert_eq!((&list["kind"], list["items"].as_array().map(Vec::len)), (&"List".into(), Some(2)));
    let back = convert(&said.stdout, &["--to", "access/v1alpha2"]);
    let list: Value = serde_json::from_str(&back.stdout).expect("JSON");
    let written: Value = serde_json::from_str(text).expect("JSON");
    assert_eq!(list["items"], serde_json::json!([written]));
}

#[test]
fn windows_lines_stay_windows_lines() {
    let text =
        "kind: HTTPRouteGroup\napiVersion: specs.smi-spec.io/v1alpha1\nmetadata: {name: g}\nmatches: [{name: m}]\n".replace('\n', "\r\n");
    let said = convert(&text, &[]);
    assert_eq!(said.stdout.matches('\n').count(), said.stdout.matches("\r\n").count(), "{:?}", said.stdout);
    assert!(said.stdout.contains("spec:\r\n"), "{}", said.stdout);
}

#[test]
fn several_files_are_one_stream() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("a.yaml"), OLD.trim_end()).expect("written");
    fs::write(folder.path().join("b.yaml"), format!("%YAML 1.2\n---\n{MATCHED}")).expect("written");
    fs::write(folder.path().join("c.json"), r#"{"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"}}"#).expect("written");
    let said = capture(&["convert", "-f", folder.path().to_str().expect("UTF-8")], b"");
    assert_eq!(said.exit, 0, "{}", said.stderr);
    let again = convert(&said.stdout, &["-o", "json"]);
    let answer: Value = serde_json::from_str(&again.stdout).expect("JSON");
    assert_eq!(answer["objects"].as_array().map(Vec::len), Some(3), "{}", said.stdout);
}

#[test_case(OLD, &["--to", "splt/v1alpha2"], 2, "did you mean split/v1alpha2?" ; "a version that is misspelt")]
#[test_case(OLD, &["--to", "gateway-api"], 2, "write newest" ; "something else")]
#[test_case(OLD, &["-o", "name"], 2, "none of yaml, json, dir=PATH" ; "a format of others")]
#[test_case(OLD, &["-o", "dir=x"], 2, "no file name" ; "no file to write")]
#[test_case("", &[], 3, "no object" ; "nothing")]
#[test_case("a: b: c\n", &[], 3, "MG0001" ; "no YAML")]
#[test_case("{kind: TrafficSplit, metadata: {name: x}}", &[], 3, "has no apiVersion" ; "no version")]
#[test_case("{apiVersion: split.smi-spec.io/v1alpha1, kind: TrafficSplit, metadata: {name: x}, spec: {servce: a}}", &[], 3, "did you mean `service`?" ; "an unknown field")]
fn refused(text: &str, words: &[&str], exit: u8, told: &str) {
    let said = convert(text, words);
    assert_eq!((said.exit, said.stdout.as_str()), (exit, ""), "{}", said.stderr);
    assert!(said.stderr.contains(told), "{}", said.stderr);
}

#[test]
fn what_is_refused_is_not_written_and_the_rest_is() {
    let said = convert(&format!("{MATCHED}---\n{OLD}"), &["--to", "v1alpha1"]);
    assert_eq!(said.exit, 1);
    assert!(said.stderr.contains("error[MG0601]") && said.stderr.contains("<stdin>:4:31"), "{}", said.stderr);
    assert!(!said.stdout.contains("testers") && said.stdout.contains("weight: \"9\""), "{}", said.stdout);
    assert_eq!(convert(&format!("{MATCHED}---\n{OLD}"), &["--to", "access/v1alpha1"]).exit, 0, "another group is not asked");
}

#[test]
fn a_route_whose_ports_are_not_in_the_input_is_not_guessed() {
    let text = "\
apiVersion: access.smi-spec.io/v1alpha3
kind: TrafficTarget
metadata: {name: a, namespace: shop}
spec:
  destination: {kind: ServiceAccount, name: a}
  rules: [{kind: TCPRoute, name: elsewhere}, {kind: HTTPRouteGroup, name: g}]
  sources: [{kind: ServiceAccount, name: b}]
";
    let said = convert(text, &["--to", "v1alpha2"]);
    assert_eq!((said.exit, said.stdout.as_str()), (1, ""));
    assert!(said.stderr.contains("TCPRoute `elsewhere` are not known") && said.stderr.contains("another -f"), "{}", said.stderr);
}

fn into(folder: &Path, from: &Path, to: &str) -> Captured {
    let (from, output) = (from.to_str().expect("UTF-8"), format!("dir={}", folder.display()));
    capture(&["convert", "-R", "-f", from, "--to", to, "-o", &output], b"")
}

#[test]
fn files_keep_their_names_and_may_be_converted_in_place() {
    let (from, to) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
    fs::create_dir(from.path().join("deep")).expect("made");
    fs::write(from.path().join("deep/canary.yml"), OLD).expect("written");
    for _ in 0..2 {
        let said = into(to.path(), from.path(), "newest");
        assert_eq!((said.exit, said.stdout.as_str()), (0, ""), "{}", said.stderr);
        assert_eq!(fs::read_to_string(to.path().join("deep/canary.yml")).expect("written"), OLD.replace("v1alpha2", "v1alpha4"));
    }
    assert_eq!(into(from.path(), from.path(), "newest").exit, 0);
    assert_eq!(fs::read_to_string(from.path().join("deep/canary.yml")).expect("there"), OLD.replace("v1alpha2", "v1alpha4"));
}

#[test]
fn files_of_others_and_refused_objects_are_never_overwritten() {
    let (from, to) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
    let file = from.path().join("a.yaml");
    fs::write(&file, format!("{OLD}---\n{MATCHED}")).expect("written");
    fs::write(to.path().join("a.yaml"), "mine\n").expect("written");
    let said = into(to.path(), from.path(), "newest");
    assert_eq!(said.exit, 6);
    assert!(said.stderr.contains("another file stands there"), "{}", said.stderr);
    assert_eq!(fs::read_to_string(to.path().join("a.yaml")).expect("there"), "mine\n");

    let before = fs::read_to_string(&file).expect("there");
    let said = into(from.path(), from.path(), "v1alpha2");
    assert_eq!(said.exit, 6);
    assert!(said.stderr.contains("would be lost"), "{}", said.stderr);
    assert_eq!(fs::read_to_string(&file).expect("there"), before);
}

/// All that a converter meets: shapes of every age, comments, anchors, lists, JSON.
const EVERYTHING: &str = "\
# head # of all
--- # marker
apiVersion: &v split.smi-spec.io/v1alpha1 # version
kind: TrafficSplit
metadata: {name: canary, namespace: shop, labels: {a: \"# no\", b: 'it''s'}}
spec:
  service: web
  backends:
  - &one {service: web-v1, weight: 500m} # half
  - *one
  - service: web-v2
    weight: 2
---
# before
apiVersion: specs.smi-spec.io/v1alpha2
kind: HTTPRouteGroup
metadata: {name: g, namespace: shop}
matches: # inside
- name: m
  pathRegex: |-
    /a # b
  headers: {x-a: \"1\", x-b: \".*\"}
# behind
---
apiVersion: v1
kind: List
items:
- {apiVersion: access.smi-spec.io/v1alpha1, kind: TrafficTarget, metadata: {name: t, namespace: shop}, destination: {kind: ServiceAccount, name: a, port: 80}, specs: [{kind: HTTPRouteGroup, name: g}], sources: [{kind: ServiceAccount, name: b}]}
- {apiVersion: v1, kind: ConfigMap, metadata: {name: c}}
---
{\"apiVersion\": \"access.smi-spec.io/v1alpha2\", \"kind\": \"TrafficTarget\", \"metadata\": {\"name\": \"u\", \"namespace\": \"shop\"},
 \"spec\": {\"destination\": {\"kind\": \"ServiceAccount\", \"name\": \"a\", \"port\": \"81\"}, \"rules\": [{\"kind\": \"HTTPRouteGroup\", \"name\": \"g\"}],
          \"sources\": [{\"kind\": \"ServiceAccount\", \"name\": \"b\"}]}}
";

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, rng_seed: RngSeed::Fixed(1), ..ProptestConfig::default() })]

    #[test]
    fn the_text_holds_the_objects_whatever_was_read(bytes in mutated(EVERYTHING.to_owned()), to in prop::sample::select(vec!["newest", "v1alpha2", "split/v1alpha1"])) {
        let said = capture(&["convert", "-f", "-", "--to", to], &bytes);
        let json = capture(&["convert", "-f", "-", "--to", to, "-o", "json"], &bytes);
        prop_assert!(matches!(said.exit, 0 | 1 | 3), "{}", said.stderr);
        prop_assert_eq!(said.exit, json.exit);
        if !json.stdout.is_empty() {
            let answer: Value = serde_json::from_str(&json.stdout).expect("JSON");
            let objects: Vec<Value> = answer["objects"].as_array().into_iter().flatten().map(|object| object["object"].clone()).collect();
            let (documents, wrong) = parse(&[Source::new("out", said.stdout.clone())]);
            prop_assert!(wrong.is_empty(), "{wrong:?}\n{}", said.stdout);
            let read: Vec<Value> = documents.iter().map(|document| document.root().to_json()).collect();
            prop_assert_eq!(read, objects, "{}", said.stdout);
            let again = capture(&["convert", "-f", "-", "--to", to], said.stdout.as_bytes());
            prop_assert!(again.stdout == said.stdout || said.stdout.trim() == "---", "{}\n{}", again.stdout, said.stdout);
        }
    }
}
