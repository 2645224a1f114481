//! Older documents in the place of newer ones that no mesh can be given.

use std::collections::BTreeSet;

use super::Plan;
use crate::diagnostic::Place;
use crate::effect::{Effect, Options, Side, effect};
use crate::eval::Neutral;
use crate::ir::ObjectKey;
use crate::render::Verdict;
use crate::resolve::Model;

impl Plan {
    /// Neutral objects that a mesh cannot be given as they are written: something in them is wrong, or the mesh cannot say it. One that
    /// another object has won over is not among them.
    pub fn refused(&self) -> BTreeSet<ObjectKey> {
        let is_lost = |name: &str| name.starts_with("MG02");
        let wrong = self.errors().filter(|one| !is_lost(one.code.info().name));
        let of_errors = wrong.flat_map(|one| self.subjects(one.object.as_ref(), one.place.as_ref()));
        let losses = self.losses().into_iter().filter(|loss| loss.verdict >= Verdict::Widened && loss.fails());
        let of_losses = losses.flat_map(|loss| self.subjects(Some(&loss.object), Some(&Place::Value(loss.origin.clone()))));
        of_errors.chain(of_losses).filter(|key| key.kind.is_neutral()).collect()
    }

    /// Whether nobody may do by this policy what they may not do by `other`, from which it differs in these objects. What cannot be
    /// decided counts as more. `limit`: the most requests that are tried for one port of one Service.
    pub fn allows_no_more_than(&self, other: &Model, keys: &BTreeSet<ObjectKey>, limit: usize) -> bool {
        let touched = |key: &ObjectKey| [other.services_touched(key), self.model.services_touched(key)];
        let services = keys.iter().flat_map(touched).try_fold(BTreeSet::new(), |mut all, some| {
            all.extend(some?);
            Some(all)
        });
        let (before, after) = (Neutral::new(other), Neutral::new(&self.model));
        let from = Side { model: other, reading: &before, mesh: None };
        let to = Side { model: &self.model, reading: &after, mesh: None };
        let Effect { access, doubts, .. } = effect(&from, &to, &Options { limit, services, ..Options::default() });
        doubts.is_empty() && access.iter().all(|change| !change.gained)
    }
}
