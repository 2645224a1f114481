//! `-o json`: exactly one document, diagnostics and losses in it. Fields are only ever added.

use meshglot_translator::diagnostic::{Diagnostic, Place};
use meshglot_translator::render::{Backend, Loss, Rendered, RenderedObject};
use serde_json::{Value, json};

use crate::Io;
use crate::exit::Failure;
use crate::plan::Plan;

/// `apiVersion` of every JSON answer.
pub(crate) const API_VERSION: &str = "cli.meshglot.dev/v1";

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

/// One diagnostic; `file`, `line` and `column` are absent where it points at no text.
pub(crate) fn diagnostic_json(diagnostic: &Diagnostic) -> Value {
    let mut value =
        json!({"code": diagnostic.code.info().name, "severity": diagnostic.severity.to_string(), "message": diagnostic.message});
    if let Some(object) = &diagnostic.object {
        value["object"] = object.to_string().into();
    }
    if let Some(help) = &diagnostic.help {
        value["help"] = help.as_str().into();
    }
    if let Some(place) = &diagnostic.place {
        locate(&mut value, place);
    }
    let also: Vec<Value> = diagnostic
        .also
        .iter()
        .map(|(place, label)| {
            let mut value = json!({"message": label});
            locate(&mut value, place);
            value
        })
        .collect();
    if !also.is_empty() {
        value["also"] = also.into();
    }
    value
}

/// One loss.
pub(crate) fn loss_json(loss: &Loss) -> Value {
    let mut value = json!({
        "code": loss.code.info().name,
        "verdict": loss.verdict.word(),
        "backend": loss.backend,
        "object": loss.object.to_string(),
        "message": loss.message,
        "help": loss.help.as_deref().unwrap_or(loss.code.info().fix),
        "accepted": loss.accepted,
    });
    locate(&mut value, &Place::Value(loss.origin.clone()));
    value
}

fn locate(value: &mut Value, place: &Place) {
    let source = place.source();
    let at = source.position(place.span().start);
    value["file"] = source.name().into();
    value["line"] = at.line.into();
    value["column"] = at.column.into();
    if let Place::Value(origin) = place {
        value["in"] = origin.object().into();
        value["path"] = origin.path().into();
    }
}
