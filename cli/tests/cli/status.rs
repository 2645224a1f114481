//! Every status that an object may get is one that its CRD takes.

use std::collections::BTreeSet;
use std::path::Path;

use meshglot_translator::parse::Source;
use meshglot_translator::plan::{Chosen, Plan};
use meshglot_translator::resolve::ReadOptions;
use meshglot_translator::status::{Applied, Facts, LastGood, OnBackend, Told, status};
use serde_json::{Value, json};

const AT: &str = "2026-11-22T12:00:00Z";

/// What the CRD of a kind says of its status, closed: a field that it does not know would be dropped by an API server.
fn validator(kind: &str) -> jsonschema::Validator {
    let crd = meshglot_crds::find(kind).expect("a kind of ours");
    let mut schema = crd.schema()["properties"]["status"].clone();
    close(&mut schema);
    jsonschema::draft202012::new(&schema).expect("a schema")
}

fn close(schema: &mut Value) {
    if let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) {
        properties.values_mut().for_each(close);
        schema["additionalProperties"] = false.into();
    }
    if let Some(items) = schema.get_mut("items") {
        close(items);
    }
}

#[test]
fn crds_take_every_status_of_every_example() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../golden/codes");
    let mut seen = 0;
    for entry in folder.read_dir().expect("golden/codes").map(|entry| entry.expect("an entry").path()) {
        let Ok(text) = std::fs::read_to_string(entry.join("bad.yaml")) else { continue };
        let chosen = Chosen::These(meshglot_registry::all().into_iter().collect());
        let plan = Plan::of(&[Source::new("t.yaml", text)], Vec::new(), ReadOptions::default(), chosen, BTreeSet::new());
        let last_good = Some(LastGood { generation: 3, time: Some(AT.to_owned()), revision: Some("r-1".to_owned()) });
        let on = OnBackend { applied: Applied::Pending("not yet".to_owned()), last_good, synced: Some((1, 2)), ..OnBackend::default() };
        let told = Told::of_plan(&plan);
        for key in plan.model.keys().filter(|key| key.kind.is_neutral()) {
            for backends in [&[][..], &[("istio", on.clone())]] {
                let facts = Facts { generation: 4, at: AT, before: None, backends, newest: None };
                let status = json!(status(&plan, &told, key, &facts));
                let validator = validator(key.kind.name());
                let wrong: Vec<String> = validator.iter_errors(&status).map(|one| format!("{}: {one}", one.instance_path())).collect();
                assert_eq!(wrong, [""; 0], "{key}: {status:#}");
                seen += 1;
            }
        }
    }
    assert!(seen > 200, "only {seen} were seen");
}

#[test]
fn a_status_that_no_crd_takes_is_found() {
    let validator = validator("TrafficSplit");
    assert!(validator.is_valid(&json!({"observedGeneration": 1})));
    for wrong in [json!({"observedGeneration": "no"}), json!({"backends": [{"name": "istio", "strange": 1}]})] {
        assert!(!validator.is_valid(&wrong), "{wrong}");
    }
}
