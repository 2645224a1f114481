//! What meshes get, for machines.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::{Answer, DiagnosticAnswer, LossAnswer};
use crate::diagnostic::{Code, Diagnostic};
use crate::render::{Provenance, Rendered, RenderedObject, ReplaceSet};

/// Neutral policy as the objects of meshes.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Rendering {
    /// A mesh each.
    pub backends: Vec<BackendRendering>,
    /// The meshes that nothing is written for.
    pub withheld: Vec<Withheld>,
    /// What is wrong with the input, by position.
    pub diagnostics: Vec<DiagnosticAnswer>,
}

impl Answer for Rendering {
    const KIND: &'static str = "Rendering";
}

impl Rendering {
    /// Of what is rendered and what is withheld; `provenance`: whether to say where each field came from.
    pub fn of<'r>(
        rendered: impl IntoIterator<Item = &'r Rendered<'r>>,
        withheld: Vec<Withheld>,
        diagnostics: &[Diagnostic],
        provenance: bool,
    ) -> Self {
        Self {
            backends: rendered.into_iter().map(|rendered| BackendRendering::of(rendered, provenance)).collect(),
            withheld,
            diagnostics: diagnostics.iter().map(DiagnosticAnswer::from).collect(),
        }
    }
}

/// What one mesh gets.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct BackendRendering {
    /// The mesh.
    pub name: &'static str,
    /// Sorted as the mesh wants them.
    pub objects: Vec<ObjectAnswer>,
    /// Objects that must be applied in order.
    pub sets: Vec<SetAnswer>,
    /// What the mesh will do otherwise than it was written.
    pub losses: Vec<LossAnswer>,
}

impl BackendRendering {
    fn of(rendered: &Rendered<'_>, provenance: bool) -> Self {
        Self {
            name: rendered.backend,
            objects: rendered.objects.iter().map(|object| ObjectAnswer::of(object, provenance)).collect(),
            sets: rendered.sets.iter().map(|set| (*set).into()).collect(),
            losses: rendered.losses.iter().map(|loss| (*loss).into()).collect(),
        }
    }
}

/// A mesh that nothing is written for: half of a protection is worse than none that is told.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Withheld {
    /// The mesh.
    pub name: &'static str,
    /// The codes that say what it would allow beyond what was written; empty where it was asked to be proved, and is not.
    pub codes: Vec<&'static str>,
    /// What the mesh would do otherwise than it was written.
    pub losses: Vec<LossAnswer>,
}

impl Withheld {
    /// Nothing of this is written, by these codes.
    pub fn of(rendered: &Rendered<'_>, codes: impl IntoIterator<Item = Code>) -> Self {
        Self {
            name: rendered.backend,
            codes: codes.into_iter().map(|code| code.info().name).collect(),
            losses: rendered.losses.iter().map(|loss| (*loss).into()).collect(),
        }
    }
}

/// One object.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ObjectAnswer {
    /// Complete, as it is applied.
    pub object: Value,
    /// The neutral objects that it was made from, `KIND/NAMESPACE/NAME`, sorted.
    pub sources: Vec<String>,
    /// Field by field, where it came from. Absent unless asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provenance: Option<Vec<FieldAnswer>>,
}

impl ObjectAnswer {
    fn of(object: &RenderedObject, provenance: bool) -> Self {
        Self {
            object: object.body(),
            sources: object.sources.iter().map(ToString::to_string).collect(),
            provenance: provenance.then(|| object.provenance.iter().map(FieldAnswer::from).collect()),
        }
    }
}

/// A field of a rendered object, and the neutral field that decided it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct FieldAnswer {
    /// Such as `.spec.http[0].route[1].weight`.
    pub path: String,
    /// The neutral field, such as `.spec.backends[1].weight`.
    pub from: String,
    /// Where that is written: `FILE:LINE:COLUMN`.
    pub at: String,
}

impl From<&Provenance> for FieldAnswer {
    fn from(field: &Provenance) -> Self {
        let Provenance { path, origin } = field;
        Self { path: path.clone(), from: origin.path(), at: origin.location() }
    }
}

/// Objects that only make sense together: create all, wait, delete what they replace.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SetAnswer {
    /// Names the set; a set of the same key replaces it.
    pub key: String,
    /// `KIND.GROUP/NAMESPACE/NAME`, in the order of application.
    pub members: Vec<String>,
    /// What must hold before the old members are deleted, such as `Accepted=True`.
    pub ready_when: String,
}

impl From<&ReplaceSet> for SetAnswer {
    fn from(set: &ReplaceSet) -> Self {
        let ReplaceSet { key, members, ready_when } = set;
        Self { key: key.clone(), members: members.iter().map(|id| id.path()).collect(), ready_when: ready_when.clone() }
    }
}
