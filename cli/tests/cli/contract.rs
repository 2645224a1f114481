//! What holds for every command: `-o json` is one document as its published schema says it.

use std::collections::BTreeSet;

use meshglot::{Captured, capture, schemas};
use serde_json::Value;

use super::GOOD;

/// A policy of access, which all meshes are proved to keep.
const ACCESS: &str = include_str!("../../../golden/access/methods-and-prefix/input.yaml");

/// A policy of access of which one mesh would get half a protection.
const WITHHELD: &str = include_str!("../../../golden/access/linkerd-without-proxy/input.yaml");

/// Answers of every sort: yes, no, losses, mistakes in the input.
fn answers() -> Vec<(Vec<&'static str>, String)> {
    let bad = GOOD.replace("weight: 90", "weight: -1");
    let opened = capture(&["render", "-q", "-f", "-", "--backend", "istio"], ACCESS.as_bytes()).stdout.replace("- GET", "- POST");
    let access = concat!(env!("CARGO_MANIFEST_DIR"), "/../golden/access/methods-and-prefix/input.yaml");
    let render = |backend, more: &[&'static str]| [&["render", "-f", "-", "--backend", backend], more].concat();
    vec![
        (vec!["version"], String::new()),
        (vec!["capabilities"], String::new()),
        (vec!["capabilities", "--backend", "consul", "--feature", "split"], String::new()),
        (render("all", &[]), GOOD.into()),
        (render("all", &["--provenance"]), ACCESS.into()),
        (render("istio", &[]), bad.clone()),
        (vec!["can", "web", "GET", "http://api/api/x", "-n", "shop", "-f", "-"], ACCESS.into()),
        (vec!["can", "web", "PUT", "http://api/api/x", "-n", "shop", "-f", "-", "--backend", "all"], ACCESS.into()),
        (vec!["verify", "-f", "-", "--backend", "all"], ACCESS.into()),
        (vec!["verify", "-f", "-", "--backend", "all", "--limit", "1"], ACCESS.into()),
        (vec!["verify", "-f", "-", "--backend", "all"], WITHHELD.into()),
        (vec!["verify", "-f", access, "--backend", "istio", "--against", "-"], opened),
    ]
}

fn json(arguments: &[&str], stdin: &str) -> (Captured, Value) {
    let said = capture(&[arguments, &["-o", "json"]].concat(), stdin.as_bytes());
    let answer = serde_json::from_str(&said.stdout).unwrap_or_else(|error| panic!("{arguments:?}: {error}: {}", said.stderr));
    (said, answer)
}

#[test]
fn every_answer_is_as_its_schema_says_and_every_schema_has_an_answer() {
    let mut seen = BTreeSet::new();
    for (arguments, stdin) in answers() {
        let (_, answer) = json(&arguments, &stdin);
        let kind = answer["kind"].as_str().expect("a kind").to_owned();
        let (_, schema) = schemas().into_iter().find(|(of, _)| *of == kind).unwrap_or_else(|| panic!("{kind} has a schema"));
        let schema = closed(schema.to_value());
        let validator = jsonschema::draft202012::new(&schema).expect("a schema");
        let wrong: Vec<String> = validator.iter_errors(&answer).map(|error| format!("{}: {error}", error.instance_path())).collect();
        assert_eq!(wrong, [""; 0], "{arguments:?}");
        seen.insert(kind);
    }
    let all: BTreeSet<String> = schemas().into_iter().map(|(kind, _)| kind.to_owned()).collect();
    assert_eq!(seen, all);
}

/// The published schemas are open, so that fields may be added; here a field that is not in them is a mistake.
fn closed(mut schema: Value) -> Value {
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
    let (_, good) = json(&["version"], "");
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
