//! What is told of each object of a plan: asked of many objects, so it is sorted once.

use std::collections::BTreeMap;

use crate::diagnostic::Diagnostic;
use crate::ir::ObjectKey;
use crate::plan::Plan;

/// The diagnostics of a plan by object, and what is withheld from each backend.
#[derive(Debug)]
pub struct Told<'p> {
    objects: BTreeMap<ObjectKey, Vec<&'p Diagnostic>>,
    withheld: BTreeMap<&'static str, Vec<&'static str>>,
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
        let withheld = plan.engines.iter().map(|(backend, engine)| (backend.name(), plan.withheld(&engine.rendered()))).collect();
        Self { objects, withheld }
    }

    pub(super) fn of(&self, key: &ObjectKey) -> &[&'p Diagnostic] {
        self.objects.get(key).map_or(&[], Vec::as_slice)
    }

    pub(super) fn withheld(&self, backend: &str) -> &[&'static str] {
        self.withheld.get(backend).map_or(&[], Vec::as_slice)
    }
}
