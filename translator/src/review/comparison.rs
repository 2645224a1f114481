//! Everything that differs between two states, level by level and mesh by mesh.

use std::collections::BTreeSet;

use super::consequence::{of_mesh, of_policy, touched};
use super::ignore::Ignore;
use super::intent::{NeutralChange, intent};
use super::losses::{LossChanges, losses};
use super::rendered::{RenderedChanges, rendered};
use crate::diff::Show;
use crate::effect::Effect;
use crate::ir::ObjectKey;
use crate::render::{Backend, Rendered, Target};
use crate::resolve::Model;

/// A state of policy, and what each mesh gets from it.
#[derive(Debug)]
pub struct State<'s> {
    /// The policy.
    pub model: &'s Model,
    /// Which policy goes to the meshes.
    pub target: &'s Target,
    /// Mesh by mesh, in the order of showing.
    pub meshes: Vec<Rendered<'s>>,
}

/// How two states differ.
#[derive(Debug)]
pub struct Comparison {
    /// What people changed, by object.
    pub changes: Vec<NeutralChange>,
    /// What that does to each mesh that either state is rendered for, in the order of `backends`.
    pub meshes: Vec<MeshChanges>,
    /// What becomes of calls by the policy itself; `None`: nobody asked.
    pub effect: Option<Effect>,
}

/// How two states differ for one mesh.
#[derive(Debug)]
pub struct MeshChanges {
    /// The mesh.
    pub backend: &'static str,
    /// Its objects.
    pub rendered: RenderedChanges,
    /// What it cannot say any more, or again.
    pub losses: LossChanges,
    /// What becomes of calls by its own reading; `None`: nobody asked.
    pub effect: Option<Effect>,
}

/// What takes part in a comparison.
#[derive(Clone, Copy, Debug)]
pub struct Look<'l> {
    /// Fields that nobody wrote.
    pub show: Show,
    /// Differences that nobody wants to see.
    pub ignore: &'l Ignore,
    /// Whether calls are asked about, and then the most requests that are tried for one port of one Service.
    pub calls: Option<usize>,
}

/// Compares two states. `backends` are all that either state may be rendered for.
pub fn compare(from: &State<'_>, to: &State<'_>, backends: &[&dyn Backend], look: Look<'_>) -> Comparison {
    let changes = intent(from.model, to.model, look.show);
    let changed: BTreeSet<ObjectKey> = changes.iter().flat_map(NeutralChange::names).collect();
    let mesh = |backend: &&dyn Backend| {
        let of = |state: &'_ State<'_>| state.meshes.iter().position(|rendered| rendered.backend == backend.name());
        let (before, after) = (of(from), of(to));
        before.or(after)?;
        // A mesh that policy was moved to, or away from, had nothing or gets nothing.
        let nothing = Rendered { backend: backend.name(), objects: Vec::new(), sets: Vec::new(), losses: Vec::new() };
        let before = before.map_or(&nothing, |at| &from.meshes[at]);
        let after = after.map_or(&nothing, |at| &to.meshes[at]);
        let rendered = rendered(*backend, before, after, &changed, look.show, look.ignore);
        let calls = look.calls.map(|limit| {
            let services = touched(&changes, &rendered, [from.model, to.model]);
            of_mesh(*backend, (from, before), (to, after), services, limit)
        });
        Some(MeshChanges { backend: backend.name(), rendered, losses: losses(&before.losses, &after.losses), effect: calls })
    };
    let meshes = backends.iter().filter_map(mesh).collect();
    Comparison { effect: look.calls.map(|limit| of_policy(from.model, to.model, limit)), meshes, changes }
}
