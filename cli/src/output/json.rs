//! `-o json`: exactly one document, diagnostics and losses in it. Fields are only ever added.

use meshglot_translator::answer::{DiagnosticAnswer, LossAnswer, Rendering, Withheld};
use meshglot_translator::diagnostic::Diagnostic;
use meshglot_translator::render::{Backend, Loss, Rendered};
use serde_json::Value;

use crate::Io;
use crate::exit::Failure;
use crate::plan::Plan;

pub(crate) use meshglot_translator::answer::API_VERSION;

pub(crate) fn write(
    plan: &Plan,
    rendered: &[(&dyn Backend, Rendered<'_>)],
    withheld: Vec<Withheld>,
    provenance: bool,
    io: &mut Io<'_>,
) -> Result<(), Failure> {
    io.answer(&Rendering::of(rendered.iter().map(|(_, rendered)| rendered), withheld, &plan.diagnostics, provenance))?;
    Ok(())
}

/// One diagnostic.
pub(crate) fn diagnostic_json(diagnostic: &Diagnostic) -> Value {
    serde_json::to_value(DiagnosticAnswer::from(diagnostic)).unwrap_or_default()
}

/// One loss.
pub(crate) fn loss_json(loss: &Loss) -> Value {
    serde_json::to_value(LossAnswer::from(loss)).unwrap_or_default()
}
