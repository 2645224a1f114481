//! `meshglot get`, `describe`, `status`, `wait`, `apply` and `delete`: the objects of a mesh that runs, or of a cluster.

mod describe;
mod edit;
mod events;
mod found;
mod get;
mod jsonpath;
mod rendered;
mod resource;
mod select;
mod status;
mod table;
mod wait;
pub(crate) mod wire;

use serde_json::{Value, json};

use crate::Io;
use crate::args::{ClusterArgs, PlaneOrFile};
use crate::cluster::{Asked, asked};
use crate::exit::{Exit, Failure};
use crate::proxy::{Admin, from_file};
use select::{Missing, Selected};

pub(crate) use describe::run as describe;
pub(crate) use edit::{apply, delete};
pub(crate) use events::{of_cluster as events_of_cluster, of_file as events_of_file};
pub(crate) use get::run as get;
pub(crate) use status::{ObjectStatuses, run as status};
pub(crate) use wait::run as wait;
pub(crate) use wire::Objects;

/// The annotation that says where an object is written: a path in the folder, and a line.
pub(crate) const SOURCE: &str = "meshglot.dev/source";

/// Where it is in an object.
const SOURCE_AT: &str = "/metadata/annotations/meshglot.dev~1source";

/// The objects of a mesh that runs, of a cluster, or of a file that `get -o json` printed. That it is blocked is told.
fn ask(from: &PlaneOrFile, cluster: &ClusterArgs, selected: &Selected, io: &mut Io<'_>) -> Result<Objects, Failure> {
    let Some(asked) = asked(from, cluster)? else { return read(from_file(from, io)?) };
    let objects = of(&asked, selected)?;
    tell_blocked(&objects, io)?;
    Ok(objects)
}

/// The objects of whoever is asked.
fn of(asked: &Asked, selected: &Selected) -> Result<Objects, Failure> {
    match asked {
        Asked::Plane(admin) => of_plane(admin, selected),
        Asked::Cluster(cluster) => {
            let (places, is_category) = selected.places();
            cluster.objects(&places, is_category)
        }
    }
}

fn of_plane(admin: &Admin, selected: &Selected) -> Result<Objects, Failure> {
    admin.get(&format!("/objects?kinds={}", selected.kinds()))
}

fn tell_blocked(objects: &Objects, io: &mut Io<'_>) -> Result<(), Failure> {
    if let Some(why) = &objects.blocked {
        let rest =
            if objects.revision > 0 { format!("revision {} stays in force", objects.revision) } else { "nothing is in force".to_owned() };
        writeln!(io.stderr, "warning: the folder as it is now is not in force: {why}: {rest}")?;
    }
    Ok(())
}

/// A list, or one object.
fn read(json: Value) -> Result<Objects, Failure> {
    let items = match json.get("items").and_then(Value::as_array) {
        Some(items) if json["kind"] == "List" => items.clone(),
        None if json.get("metadata").is_some() => vec![json],
        _ => return Err(Failure::new(Exit::Invalid, "this is not what `meshglot get -o json` printed")),
    };
    Ok(Objects { items, ..Objects::default() })
}

/// As an API server would have them.
fn list(objects: &Objects, items: &[&Value]) -> Value {
    json!({"apiVersion": "v1", "kind": "List", "metadata": {"resourceVersion": objects.revision.to_string()}, "items": items})
}

/// Fails where something was named that is not there.
fn need(missing: &[Missing]) -> Result<(), Failure> {
    if missing.is_empty() {
        return Ok(());
    }
    let names: Vec<String> = missing.iter().map(ToString::to_string).collect();
    let failure = Failure::new(Exit::Unreachable, format!("not found: {}", names.join(", ")));
    Err(match missing.iter().find_map(|one| one.near.as_deref()) {
        Some(near) => failure.help(format!("did you mean {near}?")),
        None => failure,
    })
}
