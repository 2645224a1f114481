//! What each mesh can say, for machines.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::Answer;
use crate::render::{Backend, Capability, Verdict};

/// A row per feature, a cell per mesh that has a word on it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Capabilities {
    /// By name.
    pub features: Vec<FeatureAnswer>,
}

impl Answer for Capabilities {
    const KIND: &'static str = "Capabilities";
}

/// One feature.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct FeatureAnswer {
    /// Such as `split.weight`.
    pub feature: &'static str,
    /// The meshes that have a word on it, by name.
    pub backends: Vec<CellAnswer>,
}

/// How well a mesh says a feature.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct CellAnswer {
    /// The mesh.
    pub backend: &'static str,
    /// In the best case, from best to worst in the list of words.
    #[schemars(extend("enum" = Verdict::ALL.map(Verdict::word)))]
    pub verdict: &'static str,
    /// What becomes of it, and the codes of what may be lost; may be empty. For people.
    pub note: &'static str,
    /// The folder below `golden/` that proves it.
    pub proof: &'static str,
}

impl Capabilities {
    /// Of these meshes, put together from their cells.
    pub fn of<'b>(backends: impl IntoIterator<Item = &'b dyn Backend>) -> Self {
        let mut rows: BTreeMap<&'static str, BTreeMap<&'static str, CellAnswer>> = BTreeMap::new();
        for backend in backends {
            for Capability { feature, verdict, note, proof } in backend.capabilities() {
                let cell = CellAnswer { backend: backend.name(), verdict: verdict.word(), note, proof };
                rows.entry(feature).or_default().insert(backend.name(), cell);
            }
        }
        let row = |(feature, cells): (&'static str, BTreeMap<_, _>)| FeatureAnswer { feature, backends: cells.into_values().collect() };
        Self { features: rows.into_iter().map(row).collect() }
    }
}

impl FeatureAnswer {
    /// What this mesh says of it.
    pub fn of(&self, backend: &str) -> Option<&CellAnswer> {
        self.backends.iter().find(|cell| cell.backend == backend)
    }
}
