//! Who may call what by a plan and on its meshes, now and before.

use std::sync::Arc;

use super::{Mesh, Plan};
use crate::answer::MatrixAnswer;
use crate::effect::{Effect, Entrances, Matrix, Options, Side, Uncertain, effect};

/// A plan, and how it is read.
#[derive(Clone, Copy)]
pub struct Reading<'p> {
    /// The plan.
    pub plan: &'p Plan,
    /// The neutral reading of its model.
    pub entrances: &'p Entrances<'p>,
    /// The meshes that are asked too, those that get nothing among them.
    pub meshes: &'p [&'p Mesh],
}

/// Every caller by every port.
#[derive(Clone, Debug)]
pub struct AccessMatrix {
    /// With what meshes do otherwise, and what was so before.
    pub matrix: Matrix,
    /// Whether something is otherwise than before, or may be because it could not be decided.
    pub changed: bool,
    undecided: Vec<(String, Uncertain)>,
    withheld: Vec<(&'static str, Vec<&'static str>)>,
}

impl AccessMatrix {
    /// Of the Services in `wanted` namespaces; `base`: the policy that it is compared with, and then only rows and columns
    /// in which something changed. `limit`: the most requests that are tried for one port of one Service.
    pub fn of(now: Reading<'_>, base: Option<Reading<'_>>, limit: usize, wanted: impl Fn(&Arc<str>) -> bool) -> Self {
        let services = std::iter::once(&now).chain(&base).flat_map(|side| side.entrances.inventory().services());
        let services = services.map(|service| service.key.clone()).filter(|key| wanted(&key.namespace)).collect();
        let options = Options { limit, services: Some(services), ..Options::default() };

        let beside: Vec<(&'static str, Effect)> =
            now.written().map(|mesh| (mesh.name, effect(&now.neutral(), &mesh.side(now.plan), &options))).collect();
        let since = base.map(|base| changes(base, now, &options)).unwrap_or_default();
        let all: Vec<&Effect> = beside.iter().chain(&since).map(|(_, effect)| effect).collect();
        let mut matrix = Matrix::of(now.entrances, base.map(|base| base.entrances), &all, wanted);
        beside.iter().for_each(|(mesh, effect)| matrix.beside(mesh, effect));
        since.iter().for_each(|(_, effect)| matrix.changed_by(effect));
        if base.is_some() {
            matrix.keep_changed();
        }
        let changed = since.iter().any(|(_, effect)| !effect.access.is_empty() || !effect.doubts.is_empty());
        let undecided = beside.iter().chain(&since).flat_map(|(name, effect)| doubts(name, effect)).collect();
        let withheld = now.meshes.iter().filter(|mesh| !mesh.is_written()).map(|mesh| (mesh.name, mesh.withheld.clone())).collect();
        Self { matrix, changed, undecided, withheld }
    }

    /// How two meshes of one plan differ, `from` without a note and `to` with what it does otherwise than `from`; Services
    /// in `wanted` namespaces.
    pub fn between(of: Reading<'_>, [from, to]: [&Mesh; 2], limit: usize, wanted: impl Fn(&Arc<str>) -> bool) -> Self {
        let services = of.entrances.inventory().services().iter().map(|service| service.key.clone());
        let options = Options { limit, services: Some(services.filter(|key| wanted(&key.namespace)).collect()), ..Options::default() };
        let between = effect(&from.side(of.plan), &to.side(of.plan), &options);
        let mut matrix = Matrix::of(of.entrances, None, &[&between], wanted);
        matrix.beside(to.name, &between);
        let undecided = doubts(to.name, &between).collect();
        Self { matrix, changed: !between.access.is_empty(), undecided, withheld: Vec::new() }
    }

    /// For machines.
    pub fn answer(&self) -> MatrixAnswer {
        MatrixAnswer::of(&self.matrix, self.undecided.clone(), self.withheld.clone())
    }
}

impl<'p> Reading<'p> {
    fn neutral(&self) -> Side<'p> {
        Side { model: &self.plan.model, reading: self.entrances.neutral(), mesh: None }
    }

    fn written(&self) -> impl Iterator<Item = &'p Mesh> {
        self.meshes.iter().copied().filter(|mesh| mesh.is_written())
    }
}

/// What is otherwise than before: by the policy, and on each mesh for which something is written on both sides.
fn changes(base: Reading<'_>, now: Reading<'_>, options: &Options) -> Vec<(&'static str, Effect)> {
    let mut found = vec![("the policy", effect(&base.neutral(), &now.neutral(), options))];
    for mesh in now.written() {
        if let Some(old) = base.written().find(|old| old.name == mesh.name) {
            found.push((mesh.name, effect(&old.side(base.plan), &mesh.side(now.plan), options)));
        }
    }
    found
}

fn doubts<'e>(name: &'e str, effect: &'e Effect) -> impl Iterator<Item = (String, Uncertain)> + 'e {
    effect.doubts.iter().map(move |doubt| (name.to_owned(), doubt.clone()))
}
