//! Texts to a model and engines: what every question about policy begins with, on the command line and in the web view.

mod edit;
mod matrix;
mod mesh;
mod named;
mod older;
mod request;
mod without;

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::diagnostic::{Code, Diagnostic, Place, Severity, by_position};
use crate::eval::Evaluate;
use crate::ir::{Kind, MeshSettings, ObjectKey};
use crate::parse::{Source, parse};
use crate::render::{Backend, Engine, Loss, Rendered, Target, Verdict};
use crate::resolve::{Model, ReadOptions};
use crate::verify::reading;

pub use matrix::{AccessMatrix, Reading};
pub use mesh::Mesh;
pub use named::{ObjectName, UnknownObject};
pub use request::{RequestError, RequestLine};

/// Which meshes policy is rendered for.
#[derive(Clone)]
pub enum Chosen {
    /// These, each gets all of it.
    These(Vec<&'static dyn Backend>),
    /// Of these the ones that a Mesh of the policy names, each gets what is meant for it.
    NamedOf(Vec<&'static dyn Backend>),
}

impl Chosen {
    /// Those that may get any.
    pub fn backends(&self) -> &[&'static dyn Backend] {
        match self {
            Self::These(backends) | Self::NamedOf(backends) => backends,
        }
    }
}

/// A model and one engine per mesh.
pub struct Plan {
    /// The policy, as far as it could be read.
    pub model: Model,
    /// In the order in which the meshes were given.
    pub engines: Vec<(&'static dyn Backend, Engine<'static>)>,
    /// Which policy goes to each of them.
    pub target: Target,
    /// Everything wrong with the input, sorted by position.
    pub diagnostics: Vec<Diagnostic>,
}

impl Plan {
    /// The policy alone, for questions that are about no mesh: nothing is rendered. `diagnostics` is what was wrong with
    /// the sources as texts.
    pub fn policy(sources: &[Arc<Source>], diagnostics: Vec<Diagnostic>, options: ReadOptions) -> Self {
        let (model, mut diagnostics) = checked(sources, diagnostics, options);
        diagnostics.retain(|diagnostic| diagnostic.except.is_none());
        Self { model, engines: Vec::new(), target: Target::default(), diagnostics }
    }

    /// The policy, rendered; losses of the `accepted` codes are accepted.
    pub fn of(
        sources: &[Arc<Source>],
        diagnostics: Vec<Diagnostic>,
        options: ReadOptions,
        chosen: Chosen,
        accepted: BTreeSet<Code>,
    ) -> Self {
        let (model, diagnostics) = checked(sources, diagnostics, options);
        Self::rendered(model, diagnostics, chosen, accepted)
    }

    /// A model with everything that is wrong with it, rendered.
    fn rendered(model: Model, mut diagnostics: Vec<Diagnostic>, chosen: Chosen, accepted: BTreeSet<Code>) -> Self {
        let (everything, backends) = match chosen {
            Chosen::These(backends) => (true, backends),
            Chosen::NamedOf(backends) => {
                let meshes = model.meshes();
                let is_named = |backend: &&dyn Backend| meshes.iter().any(|mesh| mesh.backend.as_deref() == Some(backend.name()));
                (false, backends.into_iter().filter(is_named).collect())
            }
        };
        let target = Target { everything, accepted, ..Target::default() };
        let engines: Vec<_> = backends.into_iter().map(|backend| (backend, Engine::new(backend, target.clone(), &model))).collect();
        let mut plan = Self { model, engines, target, diagnostics: Vec::new() };
        diagnostics.retain(|diagnostic| plan.concerns(diagnostic));
        plan.diagnostics = diagnostics;
        plan
    }

    /// Whether a mesh of the plan suffers from it: policy that nobody sends to another backend goes to its Mesh's own, which is
    /// the one that is excepted.
    fn concerns(&self, diagnostic: &Diagnostic) -> bool {
        let holds = |except: &str| self.target.everything && self.engines.iter().any(|(backend, _)| backend.name() != except);
        diagnostic.except.is_none_or(holds)
    }

    /// Whether the input held neither an object nor a mistake.
    pub fn is_empty(&self) -> bool {
        self.model.keys().next().is_none() && self.diagnostics.is_empty()
    }

    /// Codes that say that a mesh would allow more than was written, and that nobody accepted.
    pub fn widens(&self, rendered: &Rendered<'_>) -> BTreeSet<Code> {
        self.widening(rendered.backend, rendered.losses.iter().copied())
    }

    fn widening<'l>(&self, backend: &str, losses: impl Iterator<Item = &'l Loss>) -> BTreeSet<Code> {
        let holds = |diagnostic: &&Diagnostic| diagnostic.except.is_none_or(|except| except != backend);
        let by_input = self.diagnostics.iter().filter(holds).map(|diagnostic| diagnostic.code).filter(|code| *code == Code::MG0502);
        let unaccepted = losses.filter(|loss| loss.verdict == Verdict::Widened && !loss.accepted);
        by_input.chain(unaccepted.map(|loss| loss.code)).collect()
    }

    /// The same by name: where there is one, nothing is written for the mesh.
    pub fn withheld(&self, rendered: &Rendered<'_>) -> Vec<&'static str> {
        self.widens(rendered).into_iter().map(|code| code.info().name).collect()
    }

    /// The same for each mesh of the plan, in its order.
    pub fn all_withheld(&self) -> impl Iterator<Item = (&'static str, Vec<&'static str>)> {
        self.engines.iter().map(|(backend, engine)| {
            let codes = self.widening(backend.name(), engine.losses());
            (backend.name(), codes.into_iter().map(|code| code.info().name).collect())
        })
    }

    /// How a mesh reads what it would get.
    pub fn reading(&self, backend: &dyn Backend, rendered: &Rendered<'_>) -> Box<dyn Evaluate> {
        reading(backend, &self.model, &self.target, rendered.bodies())
    }

    /// The objects that something told is about: the one that it names, and the one that it points into.
    pub fn subjects(&self, object: Option<&ObjectKey>, place: Option<&Place>) -> BTreeSet<ObjectKey> {
        let holder = match place {
            Some(Place::Value(origin)) => self.model.key_of(origin.document()),
            Some(Place::Text(_)) | None => None,
        };
        object.cloned().into_iter().chain(holder).collect()
    }

    /// What has no effect because it is wrong.
    pub fn errors(&self) -> impl Iterator<Item = &Diagnostic> {
        self.diagnostics.iter().filter(|diagnostic| diagnostic.severity == Severity::Error)
    }

    /// All losses, mesh by mesh.
    pub fn losses(&self) -> Vec<&Loss> {
        self.engines.iter().flat_map(|(_, engine)| engine.rendered().losses).collect()
    }

    /// Neutral objects that count for a mesh, Meshes apart.
    pub fn neutral_objects(&self) -> Vec<&ObjectKey> {
        self.model.keys().filter(|key| key.kind.is_neutral() && key.kind != Kind::Mesh).collect()
    }
}

/// A model, and everything that is wrong with its input, sorted.
fn checked(sources: &[Arc<Source>], mut diagnostics: Vec<Diagnostic>, options: ReadOptions) -> (Model, Vec<Diagnostic>) {
    let (documents, mut unreadable) = parse(sources);
    diagnostics.append(&mut unreadable);
    told(held(Model::new(documents, options)), diagnostics)
}

/// Policy without any Mesh belongs to one that holds everything.
fn held(model: Model) -> Model {
    if model.has_mesh() { model } else { model.with_implied_mesh(MeshSettings::default()) }
}

/// A model, and what is wrong with it beside what was with its texts.
fn told(model: Model, mut diagnostics: Vec<Diagnostic>) -> (Model, Vec<Diagnostic>) {
    diagnostics.extend(model.diagnostics());
    diagnostics.sort_by(by_position);
    (model, diagnostics)
}
