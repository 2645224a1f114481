//! Fields of an object that somebody else has written, and that are otherwise in ours.

use std::collections::BTreeSet;

use meshglot_translator::diff::{Edit, FieldPath, Shape, Show, Step, fields as differences, normalised};
use serde_json::Value;

use crate::cluster::Conflict;

/// Each with who owns it. What only ours has is nobody's.
pub(super) fn fields(foreign: &Value, wanted: &Value, shape: &Shape) -> Vec<Conflict> {
    let meaning = |object: &Value| {
        let mut object = normalised(object, shape, Show::default());
        if let Some(fields) = object.as_object_mut() {
            fields.remove("metadata");
        }
        object
    };
    let all = differences(&meaning(foreign), &meaning(wanted), shape);
    let theirs = all.iter().filter(|one| !matches!(one.edit, Edit::Added(_)));
    let conflict = |path: &FieldPath| Conflict { field: format!(".{path}"), manager: owners(foreign, path).join(" and ") };
    theirs.map(|one| conflict(&one.path)).collect()
}

/// Who owns a field, or what holds it.
fn owners(object: &Value, path: &FieldPath) -> Vec<String> {
    let depth = |fields: &Value| {
        let mut at = fields;
        let mut depth = 0;
        for step in path.steps() {
            let Step::Field(key) = step else { break };
            let Some(next) = at.get(format!("f:{key}")) else { break };
            (at, depth) = (next, depth + 1);
        }
        depth
    };
    let all = object["metadata"]["managedFields"].as_array().into_iter().flatten();
    let all: Vec<(usize, &str)> = all.map(|one| (depth(&one["fieldsV1"]), one["manager"].as_str().unwrap_or("somebody"))).collect();
    let deepest = all.iter().map(|(depth, _)| *depth).max().unwrap_or_default();
    let names: BTreeSet<&str> = all.iter().filter(|(depth, _)| *depth == deepest && deepest > 0).map(|(_, name)| *name).collect();
    if names.is_empty() { vec!["nobody".to_owned()] } else { names.into_iter().map(str::to_owned).collect() }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_only_ours_has_is_no_conflict() {
        let managed = json!([
            {"manager": "argocd", "operation": "Apply", "fieldsV1": {"f:spec": {"f:hosts": {}}}},
            {"manager": "kubectl", "operation": "Update", "fieldsV1": {"f:spec": {"f:http": {}}}},
        ]);
        let spec = json!({"hosts": ["a"], "http": [{"retries": {"attempts": 2}}]});
        let foreign = json!({"kind": "A", "metadata": {"name": "a", "managedFields": managed}, "spec": spec});
        let mut wanted = foreign.clone();
        wanted["spec"]["gateways"] = json!(["mesh"]);
        assert_eq!(fields(&foreign, &wanted, &Shape::PLAIN), []);
        wanted["spec"]["hosts"] = json!(["b"]);
        wanted["spec"]["http"][0] = json!({});
        let told: Vec<(String, String)> =
            fields(&foreign, &wanted, &Shape::PLAIN).into_iter().map(|one| (one.field, one.manager)).collect();
        assert!(told.iter().any(|(field, manager)| field.starts_with(".spec.hosts") && manager == "argocd"), "{told:?}");
        assert!(told.iter().any(|(field, manager)| field.starts_with(".spec.http") && manager == "kubectl"), "{told:?}");
    }
}
