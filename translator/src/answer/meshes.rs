//! How two meshes differ for one policy, for machines.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::{Answer, EffectAnswer, Location};
use crate::diagnostic;
use crate::review::{Concept, Place, Saying};

/// How two meshes differ for one policy.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct MeshDiffAnswer {
    /// One mesh.
    pub from: &'static str,
    /// The other.
    pub to: &'static str,
    /// Every neutral field that either says or loses, by file and position.
    pub concepts: Vec<ConceptAnswer>,
    /// Fields of either that no neutral field decided.
    pub leftovers: Vec<PlaceAnswer>,
    /// What calls become of on `to` that they do not on `from`. Absent where nobody asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub effect: Option<EffectAnswer>,
}

impl Answer for MeshDiffAnswer {
    const KIND: &'static str = "MeshDiff";
}

/// One neutral field.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ConceptAnswer {
    /// `identity`, `match`, `action`, `destination`, `weight` or `setting`.
    pub concept: &'static str,
    /// Where it is written.
    pub at: Location,
    /// Whether both say it as it was written.
    pub alike: bool,
    /// What became of it on `from`, then on `to`.
    pub backends: Vec<SayingAnswer>,
}

/// What became of a neutral field on one mesh.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct SayingAnswer {
    /// The mesh.
    pub backend: &'static str,
    /// The worst of what is told about it; `exact` if nothing is.
    pub verdict: &'static str,
    /// The codes of what is told.
    pub codes: Vec<&'static str>,
    /// Where it stands.
    pub places: Vec<PlaceAnswer>,
}

/// A field of a rendered object.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct PlaceAnswer {
    /// `kind.group/namespace/name`.
    pub object: String,
    /// Such as `.spec.http[0].route[1].weight`.
    pub path: String,
    /// What stands there.
    pub value: Value,
}

impl From<&Place> for PlaceAnswer {
    fn from(place: &Place) -> Self {
        Self { object: place.object.path(), path: place.path.clone(), value: place.value.clone() }
    }
}

impl From<&Concept> for ConceptAnswer {
    fn from(concept: &Concept) -> Self {
        let saying = |saying: &Saying| SayingAnswer {
            backend: saying.backend,
            verdict: saying.verdict.word(),
            codes: saying.codes.iter().map(|code| code.info().name).collect(),
            places: saying.places.iter().map(PlaceAnswer::from).collect(),
        };
        Self {
            concept: concept.word,
            at: Location::of(&diagnostic::Place::Value(concept.at.clone())),
            alike: concept.is_alike(),
            backends: concept.sayings.iter().map(saying).collect(),
        }
    }
}
