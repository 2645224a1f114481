//! Policy, and what is rendered from it: what is not in force, what is in the way, what has drifted.

use std::sync::Arc;

use meshglot_controller::Snapshot;
use meshglot_translator::render::{Backend, ObjectId};
use serde_json::Value;

use super::Check;
use crate::age::now;
use crate::cluster::{Cluster, Held, Mesh, edited};
use crate::exit::Failure;
use crate::render::count;

const CATEGORY: &str = "policy";

/// More of a sort are counted.
const MOST: usize = 20;

pub(super) fn look(cluster: &Cluster, snapshot: &Arc<Snapshot>, backends: &[&'static dyn Backend]) -> Vec<Check> {
    let stands: Vec<Check> = snapshot.policy().iter().filter_map(|(key, object)| standing(&key.to_string(), object)).collect();
    let all = snapshot.policy().len();
    let mut checks =
        if stands.is_empty() { vec![Check::ok(CATEGORY, format!("{} in force", count(all, "policy object")))] } else { cut(stands) };
    for backend in backends {
        match cluster.mesh_of(snapshot.clone(), *backend).and_then(|mesh| rendered(cluster, &mesh)) {
            Ok(found) => checks.extend(found),
            Err(failure) => checks.push(Check::unknown(CATEGORY, &failure)),
        }
    }
    checks
}

/// What is not well with a policy object.
fn standing(name: &str, object: &Value) -> Option<Check> {
    let conditions = object["status"]["conditions"].as_array().into_iter().flatten();
    let of = |type_: &str| conditions.clone().find(|one| one["type"] == type_);
    let is = |type_: &str, status: &str| of(type_).is_some_and(|one| one["status"] == status);
    let words = |type_: &str| {
        let text = |field: &str| of(type_).and_then(|one| one[field].as_str()).unwrap_or_default().to_owned();
        format!("{name}: {}: {}", text("reason"), text("message"))
    };
    let describe = format!("meshglot describe {}", name.to_lowercase());
    let observed = object["status"]["observedGeneration"].as_i64();
    if observed.is_none() || observed < object["metadata"]["generation"].as_i64() {
        return Some(Check::error(CATEGORY, format!("{name}: nobody has told yet how it stands")).hint("a controller does").waits());
    }
    if is("Stalled", "True") {
        return Some(Check::error(CATEGORY, words("Stalled")).hint(describe));
    }
    if !is("Ready", "True") {
        return Some(Check::error(CATEGORY, words("Ready")).hint(describe).waits());
    }
    None
}

/// What is not well with rendered objects.
fn rendered(cluster: &Cluster, mesh: &Mesh) -> Result<Vec<Check>, Failure> {
    if !mesh.withheld.is_empty() {
        let what =
            format!("policy is withheld, and what is there stays: it would allow more than was written ({})", mesh.withheld.join(", "));
        return Ok(vec![Check::error(CATEGORY, what).hint(format!("meshglot explain {}", mesh.withheld[0]))]);
    }
    let mut checks = Vec::new();
    for (id, one) in &mesh.wanted {
        let paused = mesh.snapshot.is_paused(&one.body, &one.sources);
        checks.extend(object(cluster, mesh, id)?.filter(|_| !paused));
    }
    for (id, _) in mesh.unwanted() {
        checks.push(Check::warning(CATEGORY, format!("{} is ours, and no policy renders it", id.path())).hint("meshglot prune"));
    }
    if checks.is_empty() {
        let all = count(mesh.wanted.len(), "rendered object");
        return Ok(vec![Check::ok(CATEGORY, format!("{all} of {} as policy renders", mesh.backend.name()))]);
    }
    Ok(cut(checks))
}

fn object(cluster: &Cluster, mesh: &Mesh, id: &ObjectId) -> Result<Option<Check>, Failure> {
    let path = id.path();
    Ok(match mesh.held(id) {
        Held::InForce => None,
        // That is told of the definition.
        Held::NotInstalled => None,
        Held::Drifted => {
            let by = mesh.live.get(id).and_then(|live| edited(live, &now())).map(|by| format!(", {by}")).unwrap_or_default();
            Some(
                Check::warning(CATEGORY, format!("{path} has drifted{by}"))
                    .hint("a controller writes it again, unless it is told not to")
                    .waits(),
            )
        }
        Held::Older => Some(Check::error(CATEGORY, format!("{path} is not as the newest policy renders it")).waits()),
        Held::Missing if cluster.foreign(mesh, id)?.is_some() => {
            let adopt = format!("meshglot adopt {}/{} -n {}", id.kind.to_lowercase(), id.name, id.namespace);
            let check = Check::error(CATEGORY, format!("{path} is somebody else's, and in the way of ours"));
            Some(check.hint(format!("{adopt}, or its owner takes it away")))
        }
        Held::Missing => Some(Check::error(CATEGORY, format!("{path} is not there")).waits()),
    })
}

/// The first of many, and how many more there are.
fn cut(mut checks: Vec<Check>) -> Vec<Check> {
    let more = checks.len().saturating_sub(MOST);
    // The worst first; those that are alike stay in their order.
    checks.sort_by_key(|check| std::cmp::Reverse(check.level));
    let is_waiting = checks.iter().skip(MOST).all(|check| check.is_waiting);
    let level = checks.get(MOST).map(|check| check.level);
    checks.truncate(MOST);
    if let Some(level) = level {
        checks.push(Check { level, is_waiting, ..Check::warning(CATEGORY, format!("and {more} more")).hint("meshglot status") });
    }
    checks
}
