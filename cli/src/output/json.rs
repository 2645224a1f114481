//! `-o json`: exactly one document, diagnostics and losses in it. Fields are only ever added.

use meshglot_translator::answer::{Rendering, Withheld};
use meshglot_translator::render::{Backend, Rendered};

use crate::Io;
use crate::exit::Failure;
use crate::plan::Plan;

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
