//! What people want done about objects: pauses, and edits by others.

use std::collections::BTreeMap;

use meshglot_translator::ir::{Kind, ObjectKey};
use serde_json::Value;

use crate::live::Live;
use crate::packed::Packed;

/// What is done about edits of rendered objects by others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Drift {
    Ignore,
    Report,
    Correct,
}

/// What is kept of policy objects; of a Mesh it is all.
const KEPT: [&str; 3] = ["apiVersion", "kind", "metadata"];

/// A neutral object as it is.
pub(crate) struct Owner {
    /// Without its status.
    pub(crate) object: Value,
    pub(crate) status: Packed,
    /// The reason of its condition Ready.
    pub(crate) ready: Option<Box<str>>,
}

/// Neutral objects, each with its status.
#[derive(Default)]
pub(crate) struct Owners(pub(crate) BTreeMap<ObjectKey, Owner>);

impl Owners {
    /// Takes an object as it is now; whether it says otherwise than before what is done about rendered objects.
    pub(crate) fn put(&mut self, key: ObjectKey, mut object: Value) -> bool {
        let status = object.as_object_mut().and_then(|fields| fields.remove("status")).unwrap_or_default();
        // What it says is in the model.
        if let Some(fields) = object.as_object_mut().filter(|_| key.kind != Kind::Mesh) {
            fields.retain(|name, _| KEPT.contains(&name.as_str()));
        }
        let now = words(&object);
        let mut conditions = status["conditions"].as_array().into_iter().flatten();
        let ready = conditions.find(|one| one["type"] == "Ready").and_then(|one| one["reason"].as_str()).map(Into::into);
        let owner = Owner { object, status: Packed::of(&status), ready };
        self.0.insert(key, owner).map(|before| words(&before.object)).unwrap_or_default() != now
    }

    /// The same of one that is gone.
    pub(crate) fn remove(&mut self, key: &ObjectKey) -> bool {
        self.0.remove(key).is_some_and(|owner| words(&owner.object) != Words::default())
    }

    /// Whether nothing may be written of what these render in this Mesh.
    pub(crate) fn is_paused(&self, mesh: Option<&str>, sources: &[ObjectKey]) -> bool {
        self.mesh(mesh).is_some_and(|mesh| mesh["spec"]["paused"] == true) || sources.iter().any(|key| self.is_disabled(key))
    }

    /// The same of an object that nobody wants any more.
    pub(crate) fn is_kept(&self, live: &Live) -> bool {
        self.is_paused(live.label("meshglot.dev/mesh"), &[]) || self.0.keys().any(|key| self.is_disabled(key) && live.is_of(key))
    }

    /// The strictest that a source asks for; else what its Mesh does.
    pub(crate) fn drift(&self, mesh: Option<&str>, sources: &[ObjectKey]) -> Drift {
        let word = |value: &Value| match value.as_str()? {
            "correct" => Some(Drift::Correct),
            "report" => Some(Drift::Report),
            "ignore" => Some(Drift::Ignore),
            _ => None,
        };
        let of_source = |key: &ObjectKey| word(&self.0.get(key)?.object["metadata"]["annotations"]["meshglot.dev/drift"]);
        let of_mesh = || word(&self.mesh(mesh)?["spec"]["driftPolicy"]);
        sources.iter().filter_map(of_source).max().or_else(of_mesh).unwrap_or(Drift::Correct)
    }

    /// All Meshes of the cluster.
    pub(crate) fn meshes(&self) -> impl Iterator<Item = &Value> {
        self.0.iter().filter(|(key, _)| key.kind == Kind::Mesh).map(|(_, mesh)| &mesh.object)
    }

    fn mesh(&self, name: Option<&str>) -> Option<&Value> {
        self.0.get(&ObjectKey { kind: Kind::Mesh, namespace: "".into(), name: name?.into() }).map(|owner| &owner.object)
    }

    fn is_disabled(&self, key: &ObjectKey) -> bool {
        self.0.get(key).is_some_and(|owner| owner.object["metadata"]["annotations"]["meshglot.dev/reconcile"] == "disabled")
    }
}

/// All that an object says of what is done about rendered objects: pause and drift, in the spec of a Mesh and in annotations.
type Words = [Value; 4];

fn words(object: &Value) -> Words {
    let (spec, annotations) = (&object["spec"], &object["metadata"]["annotations"]);
    [&spec["paused"], &spec["driftPolicy"], &annotations["meshglot.dev/reconcile"], &annotations["meshglot.dev/drift"]].map(Value::clone)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn key(kind: Kind, name: &str) -> ObjectKey {
        ObjectKey { kind, namespace: if kind == Kind::Mesh { "" } else { "shop" }.into(), name: name.into() }
    }

    #[test]
    fn an_object_wins_over_its_mesh() {
        let split = key(Kind::TrafficSplit, "web");
        let mut owners = Owners::default();
        assert_eq!(owners.drift(Some("main"), &[]), Drift::Correct);
        owners.put(key(Kind::Mesh, "main"), json!({"spec": {"driftPolicy": "ignore"}}));
        assert_eq!(owners.drift(Some("main"), std::slice::from_ref(&split)), Drift::Ignore);
        owners.put(split.clone(), json!({"metadata": {"annotations": {"meshglot.dev/drift": "report"}}}));
        assert_eq!(owners.drift(Some("main"), std::slice::from_ref(&split)), Drift::Report);
        assert!(!owners.is_paused(Some("main"), std::slice::from_ref(&split)));
        owners.put(split.clone(), json!({"metadata": {"annotations": {"meshglot.dev/reconcile": "disabled"}}}));
        assert!(owners.is_paused(Some("main"), &[split]) && !owners.is_paused(Some("main"), &[]));
        owners.put(key(Kind::Mesh, "main"), json!({"spec": {"paused": true}}));
        assert!(owners.is_paused(Some("main"), &[]) && !owners.is_paused(Some("other"), &[]));
    }
}
