//! What is told of each object of a plan: asked of many objects, so it is sorted once.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::diagnostic::Diagnostic;
use crate::ir::ObjectKey;
use crate::parse::Document;
use crate::plan::Plan;
use crate::render::{Engine, Loss};

/// The diagnostics of a plan by object, and what is withheld from each backend.
#[derive(Debug)]
pub struct Told<'p> {
    objects: BTreeMap<ObjectKey, Vec<&'p Diagnostic>>,
    withheld: BTreeMap<&'static str, Vec<&'static str>>,
}

/// What was told of an object as it is written now: an older one stands in its place.
#[derive(Clone, Debug)]
pub struct Newest {
    /// As it is written.
    pub document: Arc<Document>,
    pub(super) diagnostics: Vec<Diagnostic>,
    pub(super) losses: BTreeMap<&'static str, Vec<Loss>>,
    pub(super) withheld: BTreeMap<&'static str, Vec<&'static str>>,
}

impl Newest {
    pub(super) fn withheld(&self, backend: &str) -> &[&'static str] {
        self.withheld.get(backend).map_or(&[], Vec::as_slice)
    }
}

impl<'p> Told<'p> {
    /// Of a plan.
    pub fn of_plan(plan: &'p Plan) -> Self {
        let mut objects: BTreeMap<ObjectKey, Vec<&'p Diagnostic>> = BTreeMap::new();
        for diagnostic in &plan.diagnostics {
            for key in plan.subjects(diagnostic.object.as_ref(), diagnostic.place.as_ref()) {
                objects.entry(key).or_default().push(diagnostic);
            }
        }
        Self { objects, withheld: plan.all_withheld().collect() }
    }

    /// The same of one object alone, to be kept.
    pub fn newest(&self, plan: &Plan, key: &ObjectKey) -> Option<Newest> {
        let losses = |engine: &Engine<'_>| engine.rendered_from(key, &plan.model).losses.into_iter().cloned().collect();
        Some(Newest {
            document: plan.model.document(key)?.clone(),
            diagnostics: self.of(key).iter().map(|one| (*one).clone()).collect(),
            losses: plan.engines.iter().map(|(backend, engine)| (backend.name(), losses(engine))).collect(),
            withheld: self.withheld.clone(),
        })
    }

    pub(super) fn of(&self, key: &ObjectKey) -> &[&'p Diagnostic] {
        self.objects.get(key).map_or(&[], Vec::as_slice)
    }

    pub(super) fn withheld(&self, backend: &str) -> &[&'static str] {
        self.withheld.get(backend).map_or(&[], Vec::as_slice)
    }
}
