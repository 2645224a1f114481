//! The meshes of a plan, each with its reading of what it would get.

use std::collections::BTreeSet;

use super::Plan;
use crate::effect::Side;
use crate::eval::{Decision, Evaluate, Neutral, Request};
use crate::render::{Backend, Engine, Loss};
use crate::verify::losses_on_the_way;

/// A mesh, and how it reads its objects.
pub struct Mesh {
    /// Its name.
    pub name: &'static str,
    /// Its reading of what it would get.
    pub reading: Box<dyn Evaluate>,
    /// What it cannot say, by position.
    losses: Vec<Loss>,
    /// The codes that say why nothing is written for it; empty: it gets its objects.
    pub withheld: Vec<&'static str>,
}

impl Mesh {
    /// Reads what one mesh of a plan would get.
    pub fn of(plan: &Plan, backend: &dyn Backend, engine: &Engine<'_>) -> Self {
        let rendered = engine.rendered();
        Self {
            name: backend.name(),
            reading: plan.reading(backend, &rendered),
            withheld: plan.withheld(&rendered),
            losses: rendered.losses.into_iter().cloned().collect(),
        }
    }

    /// All meshes of a plan, in its order.
    pub fn all(plan: &Plan) -> Vec<Self> {
        plan.engines.iter().map(|(backend, engine)| Self::of(plan, *backend, engine)).collect()
    }

    /// Whether it gets its objects.
    pub fn is_written(&self) -> bool {
        self.withheld.is_empty()
    }

    /// As a side of a comparison; `plan` is the one that it was read from.
    pub fn side<'s>(&'s self, plan: &'s Plan) -> Side<'s> {
        Side { model: &plan.model, reading: &*self.reading, mesh: Some((self.name, &plan.target)) }
    }

    /// What it does with a call, and the codes that have to do with it; no decision where nothing is written, and then
    /// the codes say why. `neutral`: the reading of the plan's model.
    pub fn decide(&self, plan: &Plan, neutral: &Neutral<'_>, request: &Request) -> (Option<Decision>, Vec<&'static str>) {
        if !self.is_written() {
            return (None, self.withheld.clone());
        }
        let losses: Vec<&Loss> = self.losses.iter().collect();
        let losses = losses_on_the_way(&plan.model, neutral, self.name, &plan.target, &request.service, &losses);
        let codes: BTreeSet<&str> = losses.iter().map(|loss| loss.code.info().name).collect();
        (Some(self.reading.evaluate(request)), codes.into_iter().collect())
    }
}
