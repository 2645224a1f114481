//! Renders a text for Consul, as the tests compare it.

use std::sync::Arc;

use meshglot_consul::Consul;
use meshglot_translator::diagnostic::Severity;
use meshglot_translator::ir::MeshSettings;
use meshglot_translator::parse::{Document, Source, parse};
use meshglot_translator::render::{Engine, Loss, Rendered, Target};
use meshglot_translator::resolve::{Model, ReadOptions};
use serde_json::{Value, json};

pub(crate) fn render<T>(input: &str, see: impl FnOnce(&Rendered<'_>) -> T) -> T {
    let model = model(documents(input));
    let errors: Vec<String> =
        model.diagnostics().into_iter().filter(|one| one.severity == Severity::Error).map(|one| one.message).collect();
    assert!(errors.is_empty(), "{errors:?}");
    see(&engine(&model).rendered())
}

/// Kind, name and spec of everything, in the order in which it is written.
pub(crate) fn specs(input: &str) -> Vec<Value> {
    let essence = |body: &Value| json!({"kind": body["kind"], "metadata": {"name": body["metadata"]["name"]}, "spec": body["spec"]});
    render(input, |rendered| rendered.objects.iter().map(|object| essence(&object.body())).collect())
}

/// Losses as `CODE verdict object path`.
pub(crate) fn losses(input: &str) -> Vec<String> {
    let line = |loss: &&Loss| format!("{} {} {} {}", loss.code, loss.verdict, loss.object.name, loss.origin.path());
    render(input, |rendered| rendered.losses.iter().map(line).collect())
}

/// The documents of an indented text.
pub(crate) fn yaml(text: &str) -> Vec<Value> {
    documents(&text.replace("\n        ", "\n")).iter().map(|document| document.root().to_json()).collect()
}

/// Takes each document out and puts it back: the rendering is always the one of a fresh start. A unit that read too
/// little would keep what it rendered before.
pub(crate) fn assert_edits(input: &str) {
    let documents = documents(input);
    let text = |engine: &Engine<'_>| {
        let rendered = engine.rendered();
        let losses: Vec<String> = rendered.losses.iter().map(|loss| format!("{} {}", loss.code, loss.message)).collect();
        (rendered.to_yaml().expect("JSON has a YAML form"), losses)
    };
    let mut now = model(documents.clone());
    let mut engine_now = engine(&now);
    let whole = text(&engine_now);
    for gone in &documents {
        let key = now.key_of(gone).expect("every document is an object");
        let changed = now.put(&key, Vec::new());
        engine_now.update(&now, &changed);
        let rest = documents.iter().filter(|document| !Arc::ptr_eq(document, gone)).cloned().collect();
        assert_eq!(text(&engine_now), text(&engine(&model(rest))), "without {key}");
        let changed = now.put(&key, vec![gone.clone()]);
        engine_now.update(&now, &changed);
        assert_eq!(text(&engine_now), whole, "with {key} again");
    }
}

fn documents(text: &str) -> Vec<Arc<Document>> {
    let (documents, wrong) = parse(&[Source::new("input.yaml", text)]);
    assert!(wrong.is_empty(), "{wrong:?}");
    documents
}

fn model(documents: Vec<Arc<Document>>) -> Model {
    Model::new(documents, ReadOptions::default()).with_implied_mesh(MeshSettings::default())
}

fn engine(model: &Model) -> Engine<'static> {
    Engine::new(&Consul, Target { everything: true, ..Target::default() }, model)
}
