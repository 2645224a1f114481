//! A plan that follows objects as they change, for whoever watches them: the same as a new plan, at the price of the edit.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::Plan;
use crate::diagnostic::{Code, Place};
use crate::ir::{MeshSettings, ObjectKey};
use crate::parse::Document;
use crate::render::{Backend, Engine, Target, Update};
use crate::resolve::{Model, ReadOptions};

impl Plan {
    /// A plan without objects for one mesh that gets all policy; losses of the `accepted` codes are accepted.
    pub fn empty(backend: &'static dyn Backend, options: ReadOptions, accepted: BTreeSet<Code>) -> Self {
        // The implied Mesh counts only while there is no other.
        let model = Model::new(Vec::new(), options).with_implied_mesh(MeshSettings::default());
        let target = Target { everything: true, accepted };
        let engine = Engine::new(backend, target.clone(), &model);
        Self { model, engines: vec![(backend, engine)], target, diagnostics: Vec::new() }
    }

    /// Puts documents in the place of what was known under their keys; none deletes the object. What is wrong is told anew. One
    /// update per engine says what is otherwise.
    pub fn edit(&mut self, edits: impl IntoIterator<Item = (ObjectKey, Option<Arc<Document>>)>) -> Vec<Update> {
        let mut changed = BTreeSet::new();
        for (key, document) in edits {
            changed.extend(self.model.put(&key, document.into_iter().collect()));
        }
        let updates = self.engines.iter_mut().map(|(_, engine)| engine.update(&self.model, &changed)).collect();
        let of_texts = std::mem::take(&mut self.diagnostics).into_iter().filter(|one| !matches!(one.place, Some(Place::Value(_))));
        let (of_texts, of_model): (Vec<_>, _) = (of_texts.collect(), self.model.diagnostics());
        self.diagnostics = of_texts;
        let told: Vec<_> = of_model.into_iter().filter(|one| self.concerns(one)).collect();
        self.diagnostics.extend(told);
        self.diagnostics.sort_by(crate::diagnostic::by_position);
        updates
    }
}
