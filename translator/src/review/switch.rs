//! What moving policy from one mesh to another changes.

use std::collections::BTreeMap;

use super::losses::{LossChanges, LossKey};
use crate::effect::{Effect, Options, Side, effect};
use crate::eval::Neutral;
use crate::plan::{Mesh, Plan};
use crate::render::{Loss, ObjectId, Rendered};

/// A move of all policy.
#[derive(Debug)]
pub struct Switch {
    /// The mesh that has it, if one does.
    pub from: Option<&'static str>,
    /// The mesh that gets it.
    pub to: &'static str,
    /// Objects that are written, in the order of writing.
    pub create: Vec<ObjectId>,
    /// Objects that are removed, in the order of writing.
    pub delete: Vec<ObjectId>,
    /// What is lost on the one and not on the other, by the neutral field that is lost.
    pub losses: LossChanges,
    /// Who may call what on the second and could not on the first; without a first, what the second does otherwise than
    /// the policy says.
    pub effect: Effect,
    /// The codes by which nothing is written for the second.
    pub withheld: Vec<&'static str>,
}

impl Switch {
    /// Works out a move to `to`; `None`: the plan does not hold one of the meshes. `limit`: the most requests that are
    /// tried for one port of one Service.
    pub fn of(plan: &Plan, from: Option<&Mesh>, to: &Mesh, limit: usize) -> Option<Self> {
        let rendered =
            |mesh: &Mesh| plan.engines.iter().find(|(backend, _)| backend.name() == mesh.name).map(|(_, engine)| engine.rendered());
        let after = rendered(to)?;
        let before = match from {
            Some(mesh) => Some(rendered(mesh)?),
            None => None,
        };
        let options = Options { limit, ..Options::default() };
        let neutral = Neutral::new(&plan.model);
        let effect = match from {
            Some(from) => effect(&from.side(plan), &to.side(plan), &options),
            None => effect(&Side { model: &plan.model, reading: &neutral, mesh: None }, &to.side(plan), &options),
        };
        Some(Self {
            from: from.map(|mesh| mesh.name),
            to: to.name,
            create: ids(&after),
            delete: before.as_ref().map(ids).unwrap_or_default(),
            losses: losses_between(before.as_ref().map_or(&[], |rendered| &rendered.losses), &after.losses),
            effect,
            withheld: to.withheld.clone(),
        })
    }
}

fn ids(rendered: &Rendered<'_>) -> Vec<ObjectId> {
    rendered.objects.iter().map(|object| object.id.clone()).collect()
}

/// What only one of two meshes loses. Each has codes of its own: a loss is gone if its field is lost there no more.
pub fn losses_between(from: &[&Loss], to: &[&Loss]) -> LossChanges {
    let keyed = |losses: &[&Loss]| -> BTreeMap<String, Vec<Loss>> {
        let mut by_field = BTreeMap::<String, Vec<Loss>>::new();
        for loss in losses {
            by_field.entry(LossKey::of(loss).field).or_default().push((*loss).clone());
        }
        by_field
    };
    let (before, after) = (keyed(from), keyed(to));
    let only = |of: &BTreeMap<String, Vec<Loss>>, other: &BTreeMap<String, Vec<Loss>>| {
        of.iter().filter(|(field, _)| !other.contains_key(*field)).flat_map(|(_, losses)| losses.clone()).collect()
    };
    LossChanges { added: only(&after, &before), removed: only(&before, &after) }
}
