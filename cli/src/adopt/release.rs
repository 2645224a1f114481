//! `meshglot release`: an object of ours becomes nobody's, and says what it said.

use kube::api::{Patch, PatchParams};
use meshglot_controller::MANAGER;
use serde_json::{Map, Value, json};

use crate::Io;
use crate::args::ReleaseArgs;
use crate::cluster::{Cluster, ambiguous, failed, named};
use crate::exit::{Exit, Failure, Outcome};

/// Who has written it, to the API server.
const MANAGED_BY: &str = "app.kubernetes.io/managed-by";

pub(crate) fn run(args: &ReleaseArgs, io: &mut Io<'_>) -> Outcome {
    let backends = meshglot_registry::all();
    let (kinds, name) = named(&args.object, &backends)?;
    let cluster = Cluster::of(&args.cluster)?;
    let namespace = args.namespace.as_deref().unwrap_or(cluster.namespace());
    let mut found = Vec::new();
    for backend in &backends {
        for resource in cluster.read(cluster.reader.rendered(*backend))?.0 {
            let Some(kind) = kinds.iter().find(|kind| kind.kind == resource.api.kind && kind.group == resource.api.group) else { continue };
            let is_known = found.iter().any(|(other, _, _)| *other == kind);
            if let Some(object) = cluster.read(cluster.reader.get(&resource.api, namespace, &name))?.filter(|_| !is_known) {
                found.push((kind, resource.api, object));
            }
        }
    }
    if found.len() > 1 {
        found.retain(|(_, _, object)| is_ours(object));
    }
    let (_, kind, object) = match &found[..] {
        [one] => one,
        [] => return Err(Failure::new(Exit::Unreachable, format!("{} is not there in {namespace}", args.object))),
        several => return Err(ambiguous(&args.object, several.iter().map(|(kind, _, _)| *kind))),
    };
    let path = format!("{}.{}/{namespace}/{name}", kind.kind.to_lowercase(), kind.group);
    if !is_ours(object) {
        writeln!(io.stdout, "{path} is not ours")?;
        return Ok(Exit::Ok);
    }
    let parameters = PatchParams { field_manager: Some("meshglot-cli".to_owned()), ..PatchParams::default() };
    let patch = Patch::Merge(json!({ "metadata": released(object) }));
    cluster.write(kind, (namespace, &name), &parameters, &patch).map_err(|error| failed(&path, &error))?;
    writeln!(io.stdout, "{path} released")?;
    if !io.quiet {
        writeln!(
            io.stderr,
            "note: the controller leaves it alone; policy that renders an object of its name says Rejected until it is gone"
        )?;
    }
    Ok(Exit::Ok)
}

fn is_ours(object: &Value) -> bool {
    object["metadata"]["labels"][MANAGED_BY] == "meshglot"
}

/// What is otherwise in its metadata, if nobody has changed it meanwhile.
fn released(object: &Value) -> Value {
    let metadata = &object["metadata"];
    let is_ours = |key: &str, value: &Value| key.starts_with("meshglot.dev/") || (key == MANAGED_BY && value == "meshglot");
    let gone = |name: &str| {
        let keys = metadata[name].as_object().into_iter().flatten().filter(|(key, value)| is_ours(key, value));
        keys.map(|(key, _)| (key.clone(), Value::Null)).collect::<Map<String, Value>>()
    };
    let others = metadata["managedFields"].as_array().into_iter().flatten().filter(|one| one["manager"] != MANAGER);
    let mut managers: Vec<Value> = others.cloned().collect();
    if managers.is_empty() {
        // An empty list would be taken for one that was left out.
        managers.push(json!({}));
    }
    json!({
        "resourceVersion": metadata["resourceVersion"], "labels": gone("labels"), "annotations": gone("annotations"), "managedFields": managers,
    })
}
