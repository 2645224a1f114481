//! Text to a model and its rendering for the built-in mesh.

use std::sync::Arc;

use meshglot_builtin::Builtin;
use meshglot_translator::ir::MeshSettings;
use meshglot_translator::parse::{Document, Source, parse};
use meshglot_translator::render::{Engine, Target};
use meshglot_translator::resolve::{Model, ReadOptions};

/// Each text is one YAML document or several.
pub(crate) fn documents(texts: &[&str]) -> Vec<Arc<Document>> {
    let (documents, diagnostics) = parse(&[Source::new("input.yaml", texts.join("\n---\n"))]);
    assert!(diagnostics.is_empty(), "{diagnostics:?}");
    documents
}

pub(crate) fn model(documents: Vec<Arc<Document>>) -> Model {
    Model::new(documents, ReadOptions::default()).with_implied_mesh(MeshSettings::default())
}

pub(crate) fn engine(model: &Model) -> Engine<'static> {
    Engine::new(&Builtin, Target { everything: true, ..Target::default() }, model)
}
