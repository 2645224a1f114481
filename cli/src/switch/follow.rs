//! Where Meshes are on their way, as their controller tells it.

use std::time::{Duration, Instant};

use meshglot_translator::ir::Kind;
use serde_json::Value;

use crate::Io;
use crate::args::SwitchArgs;
use crate::cluster::Cluster;
use crate::exit::{Exit, Failure, Outcome};

/// How often it is looked again.
const LOOK: Duration = Duration::from_millis(500);

/// Meshes that wait for something, by their status.
pub(super) fn under_way(meshes: &[Value]) -> Vec<String> {
    let waits = |mesh: &Value| match stands(mesh) {
        Stands::Waits(why) if why.contains(" on its way to ") => Some(format!("Mesh/{}: {why}", name(mesh))),
        _ => None,
    };
    meshes.iter().filter_map(waits).collect()
}

/// Those that a command with nothing to change is about.
pub(super) fn concerned(meshes: &[Value], args: &SwitchArgs) -> Vec<String> {
    let is_it = |mesh: &&Value| mesh["spec"]["backend"] == args.to && args.mesh.as_deref().is_none_or(|named| named == name(mesh));
    meshes.iter().filter(is_it).map(|mesh| name(mesh).to_owned()).collect()
}

/// Waits until all of them are in force where they are to be; what each waits for is told as it changes.
pub(super) fn until_there(cluster: &Cluster, names: &[String], args: &SwitchArgs, io: &mut Io<'_>) -> Outcome {
    let since = Instant::now();
    let missing = || Failure::new(Exit::Unreachable, "the cluster has no kind Mesh");
    let kind = cluster.read(cluster.reader.kind(Kind::Mesh))?.ok_or_else(missing)?.api;
    let mut told = vec![String::new(); names.len()];
    loop {
        let mut open = Vec::new();
        for (name, told) in names.iter().zip(&mut told) {
            let mesh = cluster.read(cluster.reader.get(&kind, "", name))?;
            let why = match mesh.as_ref().map(stands) {
                Some(Stands::There) => continue,
                Some(Stands::Waits(why)) => why,
                None => return Err(Failure::new(Exit::Unreachable, format!("Mesh/{name} is gone"))),
            };
            if *told != why && !io.quiet {
                writeln!(io.stderr, "Mesh/{name}: {why}")?;
                io.stderr.flush()?;
            }
            told.clone_from(&why);
            open.push(format!("Mesh/{name}: {why}"));
        }
        if open.is_empty() {
            names.iter().try_for_each(|name| writeln!(io.stdout, "Mesh/{name} is in force on {}", args.to))?;
            return Ok(Exit::Ok);
        }
        if since.elapsed() >= args.timeout {
            let message = format!("timed out after {} s: {}", args.timeout.as_secs_f64(), open.join("; "));
            return Err(Failure::new(Exit::TimedOut, message).help("the same command with --wait goes on waiting"));
        }
        std::thread::sleep(LOOK);
    }
}

/// Where a Mesh is.
enum Stands {
    There,
    /// In words.
    Waits(String),
}

fn stands(mesh: &Value) -> Stands {
    let generation = &mesh["metadata"]["generation"];
    let ready = mesh["status"]["conditions"].as_array().into_iter().flatten().find(|one| one["type"] == "Ready");
    match ready {
        Some(ready) if ready["observedGeneration"] == *generation => match ready["status"].as_str() {
            Some("True") => Stands::There,
            _ => Stands::Waits(ready["message"].as_str().unwrap_or_default().to_owned()),
        },
        _ => Stands::Waits("no controller has told of it yet".to_owned()),
    }
}

fn name(mesh: &Value) -> &str {
    mesh["metadata"]["name"].as_str().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_the_newest_generation_counts() {
        let mesh = |generation: u64, status: &str| {
            json!({"metadata": {"name": "main", "generation": 3}, "status": {"conditions": [
                {"type": "Ready", "status": status, "observedGeneration": generation, "message": "istio: on its way to linkerd: why"}]}})
        };
        assert!(matches!(stands(&mesh(3, "True")), Stands::There));
        assert!(matches!(stands(&mesh(2, "True")), Stands::Waits(why) if why.contains("no controller")));
        assert_eq!(under_way(&[mesh(3, "False"), mesh(2, "False")]), ["Mesh/main: istio: on its way to linkerd: why"]);
    }
}
