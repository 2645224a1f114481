//! `meshglot prune`: deletes what is ours and no policy renders any more, if that is safe.

mod confirm;
mod safe;

use kube::api::{DeleteParams, Preconditions};
use meshglot_translator::render::ObjectId;
use meshglot_translator::render::write::yaml;
use serde_json::{Value, json};

use crate::args::PruneArgs;
use crate::cluster::{Cluster, Mesh, failed};
use crate::exit::{Exit, Failure, Outcome};
use crate::output::unwritable;
use crate::render::count;
use crate::{Io, plan};

pub(crate) fn run(args: &PruneArgs, io: &mut Io<'_>) -> Outcome {
    let cluster = Cluster::of(&args.cluster)?;
    let mesh = cluster.mesh(args.backend.as_deref(), plan::accepted(&args.accepted)?)?;
    safe::policy(&mesh, io)?;
    let unwanted = mesh.unwanted();
    let (plan, kept) = safe::parted(&mesh, unwanted);
    let others = mesh.live.len() - plan.len();
    for (id, why) in &kept {
        writeln!(io.stderr, "note: {} is kept: {why}", id.path())?;
    }
    show(&plan, args, io)?;
    if plan.is_empty() {
        tell(io, &format!("nothing to delete, {} kept", count(others, "owned object")))?;
        return Ok(Exit::Ok);
    }
    safe::all_there(&cluster, &mesh)?;
    if args.dry_run {
        tell(io, &format!("{} would be deleted, {} kept", count(plan.len(), "object"), count(others, "owned object")))?;
        return Ok(Exit::No);
    }
    io.stdout.flush()?;
    if !args.yes && !confirm::asked(plan.len(), io)? {
        writeln!(io.stderr, "nothing was deleted")?;
        return Ok(Exit::No);
    }
    for (id, live) in &plan {
        delete(&cluster, &mesh, id, live, io)?;
    }
    tell(io, &format!("{} deleted, {} kept", count(plan.len(), "object"), count(others, "owned object")))?;
    Ok(Exit::Ok)
}

fn tell(io: &mut Io<'_>, words: &str) -> Result<(), Failure> {
    if !io.quiet {
        writeln!(io.stderr, "{} {words}", io.mark(true))?;
    }
    Ok(())
}

fn show(plan: &[(&ObjectId, &Value)], args: &PruneArgs, io: &mut Io<'_>) -> Result<(), Failure> {
    let list = || {
        let items: Vec<Value> = plan.iter().map(|(_, live)| without_managers(live)).collect();
        json!({"apiVersion": "v1", "kind": "List", "items": items})
    };
    match args.output.as_str() {
        "json" => writeln!(io.stdout, "{:#}", list())?,
        "yaml" => write!(io.stdout, "{}", yaml(&list()).map_err(unwritable)?)?,
        "name" => plan.iter().try_for_each(|(id, _)| writeln!(io.stdout, "{}", id.path()))?,
        _ => io.columns(&plan.iter().map(|(id, _)| vec![id.path(), "owned, no policy renders it".to_owned()]).collect::<Vec<_>>())?,
    }
    Ok(())
}

fn without_managers(live: &Value) -> Value {
    let mut object = live.clone();
    if let Some(metadata) = object["metadata"].as_object_mut() {
        metadata.remove("managedFields");
    }
    object
}

/// Deletes the object that was looked at, and no other.
fn delete(cluster: &Cluster, mesh: &Mesh, id: &ObjectId, live: &Value, io: &mut Io<'_>) -> Result<(), Failure> {
    let Some(kind) = mesh.kind(id) else { return Ok(()) };
    let text = |name: &str| live["metadata"][name].as_str().map(str::to_owned);
    let preconditions = Preconditions { uid: text("uid"), resource_version: text("resourceVersion") };
    let parameters = DeleteParams { preconditions: Some(preconditions), ..DeleteParams::default() };
    let api = cluster.reader.api(&kind.api, Some(&id.namespace));
    match cluster.wait(cluster.reader.ask(async || api.delete(&id.name, &parameters).await)) {
        Ok(_) => Ok(()),
        Err(kube::Error::Api(status)) if status.code == 404 => Ok(()),
        Err(kube::Error::Api(status)) if status.code == 409 => {
            writeln!(io.stderr, "warning: {} was changed meanwhile: it stays", id.path())?;
            Ok(())
        }
        Err(error) => Err(failed(&format!("cannot delete {}", id.path()), &error)),
    }
}
