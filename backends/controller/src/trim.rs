//! Objects without what nobody reads: a controller keeps every Pod of a cluster.

use meshglot_translator::ir::Kind;
use serde_json::{Map, Value, json};

use crate::MANAGER;
use crate::kinds::Role;

/// The annotation in which kubectl keeps the whole object again.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// Fields of `metadata` that are read.
const METADATA: [&str; 10] = [
    "name",
    "namespace",
    "labels",
    "annotations",
    "creationTimestamp",
    "generation",
    "resourceVersion",
    "uid",
    "deletionTimestamp",
    "ownerReferences",
];

/// Fields of pods that are read.
const POD: [&str; 4] = ["containers", "initContainers", "serviceAccountName", "serviceAccount"];

/// Fields of containers that are read.
const CONTAINER: [&str; 5] = ["name", "ports", "livenessProbe", "readinessProbe", "startupProbe"];

/// What is read of containers that come first, and of those of pods for which others speak: which mesh they are of.
const NAME: [&str; 1] = ["name"];

/// Who has edited it last, of all that are not us: kept in `metadata`, in place of everything about its fields.
pub(crate) const EDITOR: &str = "editedBy";

/// The object with what is read of its kind.
pub(crate) fn trim(mut object: Value, role: Role) -> Value {
    let editor = if role == Role::Rendered { editor(&object).map(str::to_owned) } else { None };
    if let Some(metadata) = object["metadata"].as_object_mut() {
        keep(metadata, &METADATA);
        if let Some(annotations) = metadata.get_mut("annotations").and_then(Value::as_object_mut) {
            annotations.remove(LAST_APPLIED);
        }
        if let Some(editor) = editor {
            metadata.insert(EDITOR.to_owned(), Value::String(editor));
        }
    }
    let Some(fields) = object.as_object_mut() else { return object };
    let kind = match role {
        Role::Read(kind) if !kind.is_neutral() => kind,
        Role::Read(_) | Role::Rendered => return object,
        Role::Keeps => {
            // It is read where it is needed.
            fields.remove("data");
            return object;
        }
    };
    let phase = fields.remove("status").map(|mut status| status["phase"].take());
    if kind == Kind::Deployment {
        // Where documents of the model do not have it: who rolls out an image edits no policy.
        let image = fields.get("spec").and_then(|spec| spec.pointer("/template/spec/containers/0/image")).cloned();
        image.into_iter().for_each(|image| drop(fields.insert("status".to_owned(), json!({"image": image}))));
    }
    if let (Kind::Pod, Some(phase)) = (kind, phase) {
        fields.insert("status".to_owned(), json!({"phase": phase}));
    }
    match kind {
        Kind::Namespace | Kind::ServiceAccount => keep(fields, &["apiVersion", "kind", "metadata"]),
        // Its owner speaks for it.
        Kind::Pod if is_owned(fields) => proxies(fields.get_mut("spec")),
        Kind::ReplicaSet | Kind::Job if is_owned(fields) => drop(fields.remove("spec")),
        Kind::Pod => pod(fields.get_mut("spec")),
        Kind::CronJob => template(fields.get_mut("spec").and_then(|spec| spec.pointer_mut("/jobTemplate/spec"))),
        Kind::Deployment | Kind::StatefulSet | Kind::DaemonSet | Kind::ReplicaSet | Kind::Job => template(fields.get_mut("spec")),
        _ => {}
    }
    object
}

fn editor(object: &Value) -> Option<&str> {
    let managers = object["metadata"]["managedFields"].as_array()?;
    let others = managers.iter().filter(|one| one["manager"] != MANAGER && one["subresource"].is_null());
    others.max_by_key(|one| one["time"].as_str())?["manager"].as_str()
}

/// Whether an object says something of its own. Of those for which what has made them speaks there are the most, and they come and go.
pub(crate) fn speaks_for_itself(object: &Value, kind: Kind) -> bool {
    let is_made = matches!(kind, Kind::Pod | Kind::ReplicaSet | Kind::Job);
    !is_made || !object.as_object().is_some_and(is_owned)
}

fn is_owned(fields: &Map<String, Value>) -> bool {
    fields.get("metadata").and_then(|metadata| metadata["ownerReferences"].as_array()).is_some_and(|owners| !owners.is_empty())
}

fn template(spec: Option<&mut Value>) {
    let Some(spec) = spec.and_then(Value::as_object_mut) else { return };
    keep(spec, &["selector", "template"]);
    pod(spec.get_mut("template").and_then(|template| template.get_mut("spec")));
}

fn pod(spec: Option<&mut Value>) {
    let Some(spec) = spec.and_then(Value::as_object_mut) else { return };
    keep(spec, &POD);
    containers(spec, "containers", &CONTAINER);
    containers(spec, "initContainers", &NAME);
}

/// Of a pod that is nothing to policy, but may be in a mesh.
fn proxies(spec: Option<&mut Value>) {
    let Some(spec) = spec.and_then(Value::as_object_mut) else { return };
    keep(spec, &["containers", "initContainers"]);
    containers(spec, "containers", &NAME);
    containers(spec, "initContainers", &NAME);
}

fn containers(spec: &mut Map<String, Value>, field: &str, names: &[&str]) {
    let all = spec.get_mut(field).and_then(Value::as_array_mut);
    all.into_iter().flatten().filter_map(Value::as_object_mut).for_each(|container| keep(container, names));
}

fn keep(fields: &mut Map<String, Value>, names: &[&str]) {
    fields.retain(|name, _| names.contains(&name.as_str()));
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn of_a_pod_stays_what_policy_can_be_about() {
        let container = json!({"name": "main", "image": "web", "env": [{"name": "A"}], "ports": [{"containerPort": 80}], "readinessProbe": {"httpGet": {}}});
        let metadata = json!({"name": "web", "managedFields": [{}], "annotations": {LAST_APPLIED: "{}", "kept": "1"}});
        let first = json!([{"name": "proxy", "image": "proxy"}]);
        let spec = json!({"serviceAccountName": "web", "nodeName": "n", "containers": [container], "initContainers": first});
        let pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec, "status": {"phase": "Running"}});
        let want = json!({
            "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web", "annotations": {"kept": "1"}},
            "spec": {
                "serviceAccountName": "web", "initContainers": [{"name": "proxy"}],
                "containers": [{"name": "main", "ports": [{"containerPort": 80}], "readinessProbe": {"httpGet": {}}}],
            },
            "status": {"phase": "Running"},
        });
        assert_eq!(trim(pod.clone(), Role::Read(Kind::Pod)), want);
        let mut owned = pod;
        owned["metadata"]["ownerReferences"] = json!([{"name": "web-7c9f"}]);
        let owned = trim(owned, Role::Read(Kind::Pod));
        assert!(!speaks_for_itself(&owned, Kind::Pod));
        assert_eq!(owned["spec"], json!({"containers": [{"name": "main"}], "initContainers": [{"name": "proxy"}]}));
        assert!(speaks_for_itself(&want, Kind::Pod));
    }

    #[test]
    fn of_policy_all_stays_that_was_written() {
        let split = json!({"metadata": {"name": "web"}, "spec": {"service": "web"}, "status": {"observedGeneration": 1}});
        assert_eq!(trim(split.clone(), Role::Read(Kind::TrafficSplit)), split);
    }
}
