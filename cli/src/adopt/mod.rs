//! `meshglot adopt`: an object of somebody else, of the name that policy renders, becomes ours.

mod differing;
mod release;

use kube::api::{Patch, PatchParams, PostParams};
use meshglot_controller::{MANAGER, Resource, alike};
use meshglot_translator::render::ObjectId;
use serde_json::{Value, json};

use crate::Io;
use crate::args::AdoptArgs;
use crate::cluster::{Cluster, Mesh, ambiguous, conflicts, failed, managers, named, told};
use crate::exit::{Exit, Failure, Outcome};
use crate::plan;

pub(crate) use release::run as release;

pub(crate) fn run(args: &AdoptArgs, io: &mut Io<'_>) -> Outcome {
    named(&args.object, &meshglot_registry::all())?;
    let cluster = Cluster::of(&args.cluster)?;
    let mesh = cluster.mesh(args.backend.as_deref(), plan::accepted(&args.accepted)?)?;
    let namespace = args.namespace.as_deref().unwrap_or(cluster.namespace());
    let id = wanted(args, &mesh, namespace)?;
    if mesh.live.contains_key(&id) {
        writeln!(io.stdout, "{} unchanged", id.path())?;
        return Ok(Exit::Ok);
    }
    if !mesh.withheld.is_empty() {
        let codes = mesh.withheld.join(", ");
        return Err(Failure::new(Exit::Invalid, format!("policy is withheld: it would allow more than was written ({codes})")));
    }
    let not_there = || {
        let failure = Failure::new(Exit::Unreachable, format!("{} is not there", id.path()));
        failure.help("a controller makes it: there is nothing to adopt")
    };
    let (Some(foreign), Some(kind), Some(wanted)) = (cluster.foreign(&mesh, &id)?, mesh.kind(&id), mesh.wanted.get(&id)) else {
        return Err(not_there());
    };
    let shape = mesh.backend.shape(&id);
    let differing = differing::fields(&foreign, &wanted.body, &shape);
    if !differing.is_empty() && !args.take {
        return Err(owned(&id, &told(&differing)));
    }
    let taken = apply(&cluster, kind, &id, &wanted.body, &foreign, args.take)?;
    if !alike(&wanted.body, &taken, &shape) {
        replace(&cluster, kind, &id, &wanted.body, &taken)?;
    }
    writeln!(io.stdout, "{} adopted", id.path())?;
    for other in managers(&taken).iter().filter(|other| other.operation == "Apply") {
        writeln!(io.stderr, "warning: {} has applied it, too: what it applies again is a conflict", other.name)?;
    }
    Ok(Exit::Ok)
}

/// What policy renders of that name.
fn wanted(args: &AdoptArgs, mesh: &Mesh, namespace: &str) -> Result<ObjectId, Failure> {
    let (kinds, name) = named(&args.object, &[mesh.backend])?;
    let id = |kind: &meshglot_translator::render::RenderedKind| ObjectId {
        api_version: format!("{}/{}", kind.group, kind.version),
        kind: kind.kind.to_owned(),
        namespace: namespace.to_owned(),
        name: name.clone(),
    };
    let found: Vec<_> = kinds.iter().filter(|kind| mesh.wanted.contains_key(&id(kind))).collect();
    match &found[..] {
        [one] => Ok(id(one)),
        [] => {
            let what = format!("no policy of the cluster renders {} in {namespace}: nothing would be put in its place", args.object);
            Err(Failure::new(Exit::Unreachable, what).help("write the policy first; meshglot render -o name tells what it is called"))
        }
        several => Err(ambiguous(&args.object, several.iter().copied())),
    }
}

fn owned(id: &ObjectId, fields: &str) -> Failure {
    let failure = Failure::new(Exit::Conflict, format!("{}: others own fields that differ: {fields}: nothing was written", id.path()));
    failure.help("--take becomes the owner")
}

/// Applies ours in the place of what was looked at.
fn apply(cluster: &Cluster, kind: &Resource, id: &ObjectId, body: &Value, foreign: &Value, take: bool) -> Result<Value, Failure> {
    let mut body = body.clone();
    body["metadata"]["resourceVersion"] = foreign["metadata"]["resourceVersion"].clone();
    let parameters = if take { PatchParams::apply(MANAGER).force() } else { PatchParams::apply(MANAGER) };
    cluster.write(&kind.api, (&id.namespace, &id.name), &parameters, &Patch::Apply(body)).map_err(|error| {
        let conflicts = conflicts(&error);
        if conflicts.is_empty() { failed(&id.path(), &error) } else { owned(id, &told(&conflicts)) }
    })
}

/// Takes out what others have written besides: an apply leaves that.
fn replace(cluster: &Cluster, kind: &Resource, id: &ObjectId, body: &Value, taken: &Value) -> Result<(), Failure> {
    let mut whole = body.clone();
    whole["metadata"] = taken["metadata"].clone();
    whole["apiVersion"] = json!(kind.api.api_version);
    whole["kind"] = json!(kind.api.kind);
    if let Some(status) = taken.get("status") {
        whole["status"] = status.clone();
    }
    let failure = |error: &kube::Error| failed(&id.path(), error);
    let object = serde_json::from_value(whole).map_err(|error| Failure::new(Exit::Internal, error.to_string()))?;
    let parameters = PostParams { field_manager: Some(MANAGER.to_owned()), ..PostParams::default() };
    let api = cluster.reader.api(&kind.api, Some(&id.namespace));
    cluster.wait(cluster.reader.ask(async || api.replace(&id.name, &parameters, &object).await)).map_err(|error| failure(&error))?;
    Ok(())
}
