//! `meshglot delete` in a cluster: single objects of policy.

use kube::api::{DeleteParams, Preconditions};

use super::super::select::{Found, Selected, name_of, namespace};
use super::super::{need, of};
use crate::Io;
use crate::args::DeleteArgs;
use crate::cluster::{Asked, Cluster, failed};
use crate::exit::{Exit, Failure, Outcome};

pub(super) fn delete(asked: &Asked, cluster: &Cluster, args: &DeleteArgs, io: &mut Io<'_>) -> Outcome {
    let own = args.selected.namespace.as_deref().unwrap_or(cluster.namespace());
    let selected = Selected::of(&args.selected.words, Some(own).filter(|_| !args.selected.all_namespaces))?;
    if let Some(other) = selected.places().0.iter().find(|(kind, _)| !kind.is_ours()) {
        let failure = Failure::new(Exit::Usage, format!("{} is no policy: it is not deleted here", other.0.name()));
        return Err(failure.help("kubectl delete does it"));
    }
    let objects = of(asked, &selected)?;
    let (found, missing) = selected.find(&objects)?;
    if !args.ignore_not_found {
        need(&missing)?;
    }
    for one in &found {
        if !args.dry_run {
            remove(one, cluster)?;
        }
        let word = if args.dry_run { "would be deleted" } else { "deleted" };
        writeln!(io.stdout, "{} {word}", one.resource.named(name_of(one.object)))?;
    }
    Ok(if args.dry_run && !found.is_empty() { Exit::No } else { Exit::Ok })
}

/// Deletes the object that was found, and not one that somebody has made meanwhile.
fn remove(found: &Found<'_>, cluster: &Cluster) -> Result<(), Failure> {
    let Some(kind) = cluster.read(cluster.reader.kind(found.resource.0))? else { return Ok(()) };
    let (namespace, name) = (namespace(found.object), name_of(found.object));
    let preconditions = Preconditions { uid: Some(found.text("/metadata/uid").to_owned()), resource_version: None };
    let parameters = DeleteParams { preconditions: Some(preconditions), ..DeleteParams::default() };
    let api = cluster.reader.api(&kind.api, Some(namespace).filter(|namespace| !namespace.is_empty()));
    match cluster.wait(cluster.reader.ask(async || api.delete(name, &parameters).await)) {
        Ok(_) => Ok(()),
        Err(kube::Error::Api(status)) if status.code == 404 => Ok(()),
        Err(error) => Err(failed(&found.key(), &error)),
    }
}
