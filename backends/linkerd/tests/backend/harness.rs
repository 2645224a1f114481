//! Renders a text for Linkerd, as the tests compare it.

use std::sync::Arc;

use meshglot_linkerd::Linkerd;
use meshglot_translator::diagnostic::{Code, Severity};
use meshglot_translator::ir::MeshSettings;
use meshglot_translator::parse::{Document, Source, parse};
use meshglot_translator::render::{Engine, Rendered, Target};
use meshglot_translator::resolve::{Model, ReadOptions};
use serde_json::Value;

/// Sets as lists of `Kind/name`, and losses as `CODE verdict text`, where the text is what the loss points at.
pub(crate) struct Output {
    pub(crate) objects: Vec<Value>,
    pub(crate) sets: Vec<Vec<String>>,
    pub(crate) losses: Vec<String>,
}

pub(crate) fn rendered(text: &str, mesh: MeshSettings, accepted: &[Code]) -> Output {
    render(text, mesh, accepted, |rendered| Output {
        objects: rendered.objects.iter().map(|object| object.body()).collect(),
        sets: rendered.sets.iter().map(|set| set.members.iter().map(|id| format!("{}/{}", id.kind, id.name)).collect()).collect(),
        losses: rendered.losses.iter().map(|loss| format!("{} {} {}", loss.code, loss.verdict, loss.origin.written())).collect(),
    })
}

pub(crate) fn render<T>(text: &str, mesh: MeshSettings, accepted: &[Code], see: impl FnOnce(&Rendered<'_>) -> T) -> T {
    let model = Model::new(documents(text), ReadOptions::default()).with_implied_mesh(mesh);
    let errors: Vec<_> = model.diagnostics().into_iter().filter(|diagnostic| diagnostic.severity == Severity::Error).collect();
    assert!(errors.is_empty(), "{errors:?}");
    let target = Target { everything: true, accepted: accepted.iter().copied().collect(), ..Target::default() };
    see(&Engine::new(&Linkerd, target, &model).rendered())
}

/// The documents of a text, [`bare`].
pub(crate) fn wanted(text: &str) -> Vec<Value> {
    documents(text).iter().map(|document| bare(document.root().to_json())).collect()
}

/// All but labels and annotations, which every backend writes alike.
pub(crate) fn bare(mut object: Value) -> Value {
    let metadata = object["metadata"].as_object_mut().expect("every object has metadata");
    metadata.retain(|field, _| field == "name" || field == "namespace");
    object
}

fn documents(text: &str) -> Vec<Arc<Document>> {
    let (documents, diagnostics) = parse(&[Source::new("input.yaml", text)]);
    assert!(diagnostics.is_empty(), "{diagnostics:?}");
    documents
}
