//! What a comparison fills in is what the vendors' CRDs fill in, no less and no more.

use std::collections::BTreeMap;
use std::fs;

use meshglot_golden::judge::definitions;
use meshglot_translator::parse::{Source, parse};
use meshglot_translator::render::ObjectId;
use serde_json::Value;

/// Kinds and versions that are rendered for Linkerd, and the vendors whose CRDs they are.
const RENDERED: [(&str, &str, &str); 3] = [
    ("gateway-api", "gateway.networking.k8s.io/v1", "HTTPRoute"),
    ("gateway-api", "gateway.networking.k8s.io/v1alpha2", "TCPRoute"),
    ("linkerd", "policy.linkerd.io/v1beta3", "Server"),
];

/// Fields that nothing is rendered into.
const NOT_RENDERED: [&str; 2] = ["filters", "sessionPersistence"];

#[test]
fn defaults_are_those_of_the_crds() {
    let linkerd = meshglot_registry::all().into_iter().find(|backend| backend.name() == "linkerd").expect("the backend");
    for (vendor, api_version, kind) in RENDERED {
        let folder = match definitions(vendor) {
            Ok(folder) => folder,
            Err(absent) => {
                eprintln!("{absent}");
                continue;
            }
        };
        let schema = schema(&folder, api_version, kind).unwrap_or_else(|| panic!("{api_version} {kind} is in {}", folder.display()));
        let mut declared = BTreeMap::new();
        collect(&schema["properties"]["spec"], "spec", &mut declared);
        let id = ObjectId { api_version: api_version.into(), kind: kind.into(), namespace: "n".into(), name: "n".into() };
        let filled: BTreeMap<String, Value> = linkerd
            .shape(&id)
            .defaults
            .iter()
            .map(|(path, text)| ((*path).to_owned(), serde_json::from_str(text).expect("JSON")))
            .collect();
        assert_eq!(filled, declared, "{api_version} {kind}");
    }
}

/// The schema of one version of a kind.
fn schema(folder: &std::path::Path, api_version: &str, kind: &str) -> Option<Value> {
    let (group, version) = api_version.split_once('/')?;
    let files = fs::read_dir(folder).ok()?.flatten().map(|entry| entry.path()).filter(|path| path.is_file());
    let texts = files.filter_map(|path| fs::read_to_string(path).ok());
    let documents = texts.flat_map(|text| parse(&[Source::new("crd.yaml", text)]).0);
    let crds = documents.map(|document| document.root().to_json());
    let wanted = crds.filter(|crd| crd["spec"]["group"] == group && crd["spec"]["names"]["kind"] == kind);
    let versions = wanted.flat_map(|crd| crd["spec"]["versions"].as_array().cloned().unwrap_or_default());
    versions.into_iter().find(|one| one["name"] == version).map(|one| one["schema"]["openAPIV3Schema"].clone())
}

fn collect(schema: &Value, path: &str, declared: &mut BTreeMap<String, Value>) {
    if let Some(default) = schema.get("default") {
        declared.insert(path.to_owned(), default.clone());
    }
    for (key, inner) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
        if !NOT_RENDERED.contains(&key.as_str()) {
            collect(inner, &format!("{path}.{key}"), declared);
        }
    }
    if let Some(items) = schema.get("items") {
        collect(items, &format!("{path}.*"), declared);
    }
}
