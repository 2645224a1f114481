//! A plan that follows objects as they change, for whoever watches them: the same as a new plan, at the price of the edit.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{Chosen, Plan};
use crate::diagnostic::{Code, Place};
use crate::ir::{MeshSettings, ObjectKey};
use crate::parse::Document;
use crate::render::{Engine, Leaving, Target, Update};
use crate::resolve::{Model, ReadOptions};

impl Plan {
    /// A plan without objects; losses of the `accepted` codes are accepted. All of the `chosen` meshes have an engine, named by a Mesh or
    /// not.
    pub fn empty(chosen: Chosen, options: ReadOptions, accepted: BTreeSet<Code>) -> Self {
        // The implied Mesh counts only while there is no other.
        let model = Model::new(Vec::new(), options).with_implied_mesh(MeshSettings::default());
        let (everything, backends) = match chosen {
            Chosen::These(backends) => (true, backends),
            Chosen::NamedOf(backends) => (false, backends),
        };
        let target = Target { everything, accepted, ..Target::default() };
        let engines = backends.into_iter().map(|backend| (backend, Engine::new(backend, target.clone(), &model))).collect();
        Self { model, engines, target, diagnostics: Vec::new() }
    }

    /// Lets backends serve these namespaces besides, and no others. One update per engine says what is otherwise; `None`: it is so already.
    pub fn leave(&mut self, leaving: Leaving) -> Option<Vec<Update>> {
        if self.target.leaving == leaving {
            return None;
        }
        self.target.leaving = leaving;
        Some(self.engines.iter_mut().map(|(_, engine)| engine.retarget(&self.model, &self.target)).collect())
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
