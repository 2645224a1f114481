//! Laws that hold for every backend, over generated models: what the goldens show for single cases.

mod agree;
mod diff;
mod edits;
mod effect;
mod kinds;
mod model;
mod order;
mod requests;
mod scale;
mod sorts;
mod status;
mod versions;
mod without;

use meshglot_translator::ir::MeshSettings;
use meshglot_translator::parse::{Document, Source, parse};
use meshglot_translator::render::{Backend, Engine, Target};
use meshglot_translator::resolve::{Model, ReadOptions};
use std::fmt::Write as _;
use std::sync::Arc;

/// Everything of this target is rendered to the backend at hand.
fn target() -> Target {
    Target { everything: true, ..Target::default() }
}

fn documents(texts: &[String]) -> Vec<Arc<Document>> {
    let (documents, diagnostics) = parse(&[Source::new("t.yaml", texts.join("\n---\n"))]);
    assert!(diagnostics.is_empty(), "generated input is YAML: {diagnostics:?}");
    documents
}

fn model(texts: &[String]) -> Model {
    Model::new(documents(texts), ReadOptions::default()).with_implied_mesh(MeshSettings::default())
}

/// Everything that an engine has to say, as bytes: objects, sets, losses without their place in the file.
fn said(engine: &Engine<'_>) -> String {
    let rendered = engine.rendered();
    let mut text = rendered.to_yaml().expect("JSON values have a YAML form");
    for set in &rendered.sets {
        let _ = writeln!(text, "{set:?}");
    }
    let mut losses: Vec<String> = rendered
        .losses
        .iter()
        .map(|loss| format!("{} {} {} {} {}", loss.code, loss.verdict, loss.object, loss.origin.path(), loss.message))
        .collect();
    losses.sort();
    text + &losses.join("\n")
}

fn fresh<'b>(backend: &'b dyn Backend, model: &Model) -> Engine<'b> {
    Engine::new(backend, target(), model)
}
