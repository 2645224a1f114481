//! What is rendered from an object of a cluster, and how each of that stands.

use meshglot_translator::ir::ObjectKey;

use super::describe::indented;
use super::select::{Found, name_of, namespace};
use crate::Io;
use crate::cluster::{Cluster, Mesh, edited};
use crate::exit::Failure;
use crate::io::columns;

/// The meshes, where a policy object is asked about; why they cannot be told is a warning, since the object itself can.
pub(super) fn meshes(cluster: &Cluster, found: &[Found<'_>], io: &mut Io<'_>) -> Result<Vec<Mesh>, Failure> {
    if !found.iter().any(|one| one.resource.0.is_neutral()) {
        return Ok(Vec::new());
    }
    match cluster.seen() {
        Ok(meshes) => Ok(meshes),
        Err(failure) => {
            writeln!(io.stderr, "warning: what is rendered cannot be told: {}", failure.message())?;
            Ok(Vec::new())
        }
    }
}

/// A row for each object that is made from this one. `is_only`: where there is none that is told, too.
pub(super) fn of(found: &Found<'_>, mesh: &Mesh, is_only: bool, cluster: &Cluster, at: &str) -> Result<String, Failure> {
    let (namespace, name) = (namespace(found.object), name_of(found.object));
    let key = ObjectKey { kind: found.resource.0, namespace: namespace.into(), name: name.into() };
    if !key.kind.is_neutral() {
        return Ok(String::new());
    }
    let mut rows = Vec::new();
    for (id, _) in mesh.wanted.iter().filter(|(_, wanted)| wanted.sources.contains(&key)) {
        rows.push(vec![id.path(), cluster.stands(mesh, id, at)?]);
    }
    let is_of = |live: &serde_json::Value| {
        let sources = live["metadata"]["annotations"]["meshglot.dev/sources"].as_str().unwrap_or_default();
        sources.split(',').any(|source| source == key.to_string())
    };
    for (id, live) in mesh.live.iter().filter(|(id, live)| !mesh.wanted.contains_key(*id) && is_of(live)) {
        let by = edited(live, at).map(|by| format!(", {by}")).unwrap_or_default();
        rows.push(vec![id.path(), format!("no policy renders it any more{by}")]);
    }
    let head = format!("Rendered for {}:", mesh.backend.name());
    if rows.is_empty() {
        return Ok(if is_only { format!("{head}\n  nothing\n") } else { String::new() });
    }
    Ok(format!("{head}\n{}\n", indented(&columns(&rows).join("\n"))))
}
