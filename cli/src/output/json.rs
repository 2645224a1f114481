//! `-o json`: exactly one document, diagnostics and losses in it. Fields are only ever added.

use meshglot_translator::answer::{DiagnosticAnswer, LossAnswer};
use meshglot_translator::diagnostic::Diagnostic;
use meshglot_translator::render::{Backend, Loss, Rendered, RenderedObject};
use serde_json::{Value, json};

use crate::Io;
use crate::exit::Failure;
use crate::plan::Plan;

pub(crate) use meshglot_translator::answer::API_VERSION;

pub(crate) fn write(plan: &Plan, rendered: &[(&dyn Backend, Rendered<'_>)], provenance: bool, io: &mut Io<'_>) -> Result<(), Failure> {
    let backend = |(backend, rendered): &(&dyn Backend, Rendered<'_>)| {
        let objects: Vec<Value> = rendered.objects.iter().map(|object| object_json(object, provenance)).collect();
        let sets: Vec<Value> = rendered
            .sets
            .iter()
            .map(|set| json!({"key": set.key, "members": set.members.iter().map(|id| id.path()).collect::<Vec<_>>(), "readyWhen": set.ready_when}))
            .collect();
        json!({"name": backend.name(), "objects": objects, "sets": sets, "losses": rendered.losses.iter().map(|loss| loss_json(loss)).collect::<Vec<_>>()})
    };
    let answer = json!({
        "apiVersion": API_VERSION,
        "kind": "Rendering",
        "backends": rendered.iter().map(backend).collect::<Vec<_>>(),
        "diagnostics": plan.diagnostics.iter().map(diagnostic_json).collect::<Vec<_>>(),
    });
    writeln!(io.stdout, "{answer:#}")?;
    Ok(())
}

fn object_json(object: &RenderedObject, provenance: bool) -> Value {
    let mut value = json!({"object": object.body(), "sources": object.sources.iter().map(ToString::to_string).collect::<Vec<_>>()});
    if provenance {
        let fields =
            object.provenance.iter().map(|field| json!({"path": field.path, "from": field.origin.path(), "at": field.origin.location()}));
        value["provenance"] = fields.collect();
    }
    value
}

/// One diagnostic.
pub(crate) fn diagnostic_json(diagnostic: &Diagnostic) -> Value {
    serde_json::to_value(DiagnosticAnswer::from(diagnostic)).unwrap_or_default()
}

/// One loss.
pub(crate) fn loss_json(loss: &Loss) -> Value {
    serde_json::to_value(LossAnswer::from(loss)).unwrap_or_default()
}
