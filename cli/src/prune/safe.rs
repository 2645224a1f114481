//! What has to hold before anything is deleted.

use std::collections::BTreeSet;

use meshglot_translator::ir::ObjectKey;
use meshglot_translator::render::ObjectId;
use serde_json::Value;

use crate::Io;
use crate::cluster::{Cluster, Held, Mesh};
use crate::exit::{Exit, Failure};
use crate::plan::exit_of;
use crate::render::count;

/// Policy that cannot be read, or is withheld, says nothing of what is wanted.
pub(super) fn policy(mesh: &Mesh, io: &mut Io<'_>) -> Result<(), Failure> {
    if !mesh.withheld.is_empty() {
        let codes = mesh.withheld.join(", ");
        let what = format!("policy is withheld: it would allow more than was written ({codes}): what is there stays");
        return Err(Failure::new(Exit::Invalid, what).help("--allow-widening accepts it, if the controller does"));
    }
    if exit_of(&mesh.plan.diagnostics) == Exit::Invalid {
        for error in mesh.plan.errors() {
            writeln!(io.stderr, "error[{}]: {}", error.code.info().name, crate::lint::line::plain(&error.message))?;
        }
        let errors = mesh.plan.errors().count();
        return Err(Failure::new(Exit::Invalid, format!("{} in policy: nobody knows what it wants", count(errors, "error"))));
    }
    Ok(())
}

/// An object and what it is there.
type Owned<'m> = (&'m ObjectId, &'m Value);

/// What may be deleted, and what not, with the reason.
pub(super) fn parted<'m>(mesh: &'m Mesh, unwanted: Vec<Owned<'m>>) -> (Vec<Owned<'m>>, Vec<(&'m ObjectId, String)>) {
    let refused = mesh.plan.refused();
    let (mut plan, mut kept) = (Vec::new(), Vec::new());
    for (id, live) in unwanted {
        match reason(mesh, live, &refused) {
            None => plan.push((id, live)),
            Some(why) => kept.push((id, why)),
        }
    }
    (plan, kept)
}

/// Why an object is kept that no policy renders now.
fn reason(mesh: &Mesh, live: &Value, refused: &BTreeSet<ObjectKey>) -> Option<String> {
    let sources = live["metadata"]["annotations"]["meshglot.dev/sources"].as_str().unwrap_or_default();
    if let Some(key) = refused.iter().find(|key| sources.split(',').any(|source| source == key.to_string())) {
        return Some(format!("{key} is refused, and may come back"));
    }
    let absent = mesh.snapshot.absent.iter().filter(|kind| kind.is_neutral());
    // Where the sources are too many to be listed any kind may be behind it.
    let is_of = |name: &str| sources.starts_with("sha256:") || sources.split(',').any(|source| source.starts_with(&format!("{name}/")));
    let kind = absent.map(|kind| kind.name()).find(|name| is_of(name))?;
    Some(format!("it comes from {kind}, which is not installed any more"))
}

/// What replaces something has to be there first.
pub(super) fn all_there(cluster: &Cluster, mesh: &Mesh) -> Result<(), Failure> {
    let open: Vec<&ObjectId> = mesh.wanted.keys().filter(|id| matches!(mesh.held(id), Held::Missing | Held::Older)).collect();
    let Some(first) = open.first() else { return Ok(()) };
    let paused = |id: &&&ObjectId| mesh.wanted.get(**id).is_some_and(|one| mesh.snapshot.is_paused(&one.body, &one.sources));
    if open.iter().all(|id| paused(&id)) {
        return Ok(());
    }
    let others = if open.len() > 1 { format!(", and {} more", open.len() - 1) } else { String::new() };
    let what = format!("what policy renders is not there yet: {}{others}: nothing was deleted", first.path());
    let help = match cluster.foreign(mesh, first)? {
        Some(_) => "somebody else's object has its name: meshglot adopt, or its owner takes it away",
        None => "a controller writes it; what replaces something has to be there first",
    };
    Err(Failure::new(Exit::Invalid, what).help(help))
}
