//! A plan beside itself without one object: what that object does.

use super::{Chosen, Plan, held, told};
use crate::diagnostic::Place;
use crate::effect::{Effect, Options, Side, effect};
use crate::eval::Neutral;
use crate::ir::ObjectKey;

impl Plan {
    /// The same policy without one object, rendered for the `chosen` meshes.
    pub fn without(&self, key: &ObjectKey, chosen: Chosen) -> Self {
        let of_texts = self.diagnostics.iter().filter(|diagnostic| !matches!(diagnostic.place, Some(Place::Value(_))));
        let (model, diagnostics) = told(held(self.model.without(key)), of_texts.cloned().collect());
        Self::rendered(model, diagnostics, chosen, self.target.accepted.clone())
    }

    /// What calls become of by the policy because an object is there. `limit`: the most requests that are tried for one
    /// port of one Service.
    pub fn effect_of(&self, key: &ObjectKey, limit: usize) -> Effect {
        let without = held(self.model.without(key));
        let (before, after) = (Neutral::new(&without), Neutral::new(&self.model));
        let from = Side { model: &without, reading: &before, mesh: None };
        let to = Side { model: &self.model, reading: &after, mesh: None };
        effect(&from, &to, &Options { limit, services: self.model.services_touched(key), ..Options::default() })
    }
}
