//! `-o json` and `-o yaml`: one document.

use meshglot_translator::answer::{DiagnosticAnswer, DiffAnswer};

use super::{Shown, drift};
use crate::Io;
use crate::args::DiffFormat;
use crate::exit::Failure;

pub(super) fn write(shown: &Shown<'_>, io: &mut Io<'_>) -> Result<(), Failure> {
    let diagnostics = shown.diagnostics.iter().map(DiagnosticAnswer::from).collect();
    let withheld = shown.withheld.iter().flatten().map(|(backend, codes)| (*backend, codes.clone())).collect();
    let mut answer = DiffAnswer::of(&shown.from, &shown.to, &shown.comparison, withheld, diagnostics);
    answer.drift = drift::answers(shown.drift);
    answer.summary.drift = answer.drift.len();
    match shown.args.output {
        DiffFormat::Yaml => io.answer_yaml(&answer)?,
        _ => io.answer(&answer)?,
    }
    Ok(())
}
