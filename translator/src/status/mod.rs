//! The status of neutral objects, as `docs/api.md` section 2 has it: what came of the translation, and what whoever applies
//! it has to say.

mod conditions;
mod facts;
mod told;

use std::sync::Arc;

use meshglot_crds::status::{BackendStatus, LossStatus, Summary, Verdict};

use crate::diagnostic::Diagnostic;
use crate::ir::{Kind, MeshSettings, ObjectKey};
use crate::plan::Plan;
use crate::render::{Backend, Engine, Loss};
use conditions::conditions;
pub use meshglot_crds::status::{Condition, ConditionStatus, LastGood, Status};

pub use facts::{Applied, Facts, OnBackend};
pub use told::{Newest, Told};

/// Losses that a status lists.
const LISTED: usize = 16;

/// What became of an object on one backend.
struct Reached<'p> {
    backend: &'static str,
    mesh: Option<String>,
    /// The worst that is lost.
    verdict: Verdict,
    losses: Vec<&'p Loss>,
    /// Rendered objects that it contributes to.
    desired: usize,
    /// Codes by which nothing at all is written for the backend.
    withheld: Vec<&'static str>,
    on: OnBackend,
}

impl Reached<'_> {
    fn is_refused(&self) -> bool {
        !self.withheld.is_empty() || self.losses.iter().any(|loss| loss.verdict == Verdict::Refused && loss.fails())
    }

    fn is_ready(&self) -> bool {
        !self.is_refused() && matches!(self.on.applied, Applied::InForce)
    }
}

/// The status of an object of the plan; `told` is of the same plan.
pub fn status(plan: &Plan, told: &Told<'_>, key: &ObjectKey, facts: &Facts<'_>) -> Status {
    let reached: Vec<Reached<'_>> =
        plan.engines.iter().filter_map(|(backend, engine)| reached(plan, told, key, *backend, engine, facts)).collect();
    let diagnostics: Vec<&Diagnostic> = match facts.newest {
        Some(newest) => newest.diagnostics.iter().collect(),
        None => told.of(key).to_vec(),
    };
    let backends: Vec<BackendStatus> = reached.iter().map(backend).collect();
    Status {
        observed_generation: Some(facts.generation),
        conditions: Some(conditions(&diagnostics, &reached, facts)),
        summary: Some(summary(&reached, &backends)),
        backends: Some(backends),
        overridden: None,
    }
}

/// `None`: the object is of another mesh, or of none.
fn reached<'p>(
    plan: &'p Plan,
    told: &Told<'_>,
    key: &ObjectKey,
    backend: &'static dyn Backend,
    engine: &'p Engine<'_>,
    facts: &Facts<'p>,
) -> Option<Reached<'p>> {
    let name = backend.name();
    let settings = match key.kind {
        Kind::Mesh => plan.model.meshes().into_iter().find(|mesh| mesh.name == key.name),
        _ => plan.model.mesh_of(&key.namespace),
    };
    if !plan.target.everything && !settings.as_ref().is_some_and(|settings| serves(plan, name, key, settings)) {
        return None;
    }
    let rendered = engine.rendered_from(key, &plan.model);
    let mut losses = match facts.newest {
        Some(newest) => newest.losses.get(name).into_iter().flatten().collect(),
        None => rendered.losses,
    };
    losses.sort_by_key(|loss| std::cmp::Reverse(loss.verdict));
    Some(Reached {
        backend: name,
        // One that is implied has no object to look at.
        mesh: settings.filter(|_| plan.model.has_mesh()).map(|settings| settings.name.to_string()),
        verdict: losses.first().map_or(least(key.kind), |loss| loss.verdict),
        losses,
        desired: rendered.objects.len(),
        withheld: facts.newest.map_or_else(|| told.withheld(name), |newest| newest.withheld(name)).to_vec(),
        on: facts.on(name),
    })
}

/// What is lost of a kind though nothing is rendered that could name a loss.
fn least(kind: Kind) -> Verdict {
    if kind == Kind::UdpRoute { Verdict::Dropped } else { Verdict::Exact }
}

/// Whether a backend gets policy of a namespace, or of any of a Mesh's.
fn serves(plan: &Plan, backend: &str, key: &ObjectKey, mesh: &MeshSettings) -> bool {
    let of_mesh = |namespace: &Arc<str>| plan.model.mesh_of(namespace).is_some_and(|other| other.name == mesh.name);
    let leaves = || plan.target.leaving.get(backend).is_some_and(|leaving| leaving.iter().any(of_mesh));
    plan.target.serves(backend, &key.namespace, mesh) || key.kind == Kind::Mesh && leaves()
}

fn backend(reached: &Reached<'_>) -> BackendStatus {
    let count = |number: usize| i32::try_from(number).unwrap_or(i32::MAX);
    let applied = if matches!(reached.on.applied, Applied::InForce) { reached.desired } else { reached.on.applied_objects };
    let losses: Vec<LossStatus> = reached.losses.iter().take(LISTED).map(|loss| loss_status(loss)).collect();
    BackendStatus {
        name: reached.backend.to_owned(),
        mesh: reached.mesh.clone(),
        verdict: Some(reached.verdict),
        desired: Some(count(reached.desired)),
        applied: Some(count(applied.min(reached.desired))),
        last_good: reached.on.last_good.clone(),
        more_losses: (reached.losses.len() > LISTED).then(|| count(reached.losses.len() - LISTED)),
        losses: (!losses.is_empty()).then_some(losses),
    }
}

fn loss_status(loss: &Loss) -> LossStatus {
    LossStatus {
        code: loss.code.info().name.to_owned(),
        verdict: loss.verdict,
        path: Some(loss.origin.path()),
        at: Some(loss.origin.object()),
    }
}

fn summary(reached: &[Reached<'_>], backends: &[BackendStatus]) -> Summary {
    let applied: usize = backends.iter().filter_map(|one| usize::try_from(one.applied?).ok()).sum();
    let desired: usize = reached.iter().map(|one| one.desired).sum();
    let synced = reached.iter().filter_map(|one| one.on.synced).reduce(|one, other| (one.0 + other.0, one.1 + other.1));
    Summary {
        ready: Some(format!("{}/{}", reached.iter().filter(|one| one.is_ready()).count(), reached.len())),
        backend: Some(match reached {
            [] => "-".to_owned(),
            [one] => one.backend.to_owned(),
            several => format!("{} backends", several.len()),
        }),
        loss: Some(reached.iter().map(|one| one.verdict).max().map_or("-", Verdict::word).to_owned()),
        objects: Some(format!("{applied}/{desired}")),
        synced: Some(synced.map_or_else(|| "-".to_owned(), |(have, all)| format!("{have}/{all}"))),
    }
}
