//! `meshglot lint`: what is wrong with policy, and what each mesh would lose.

use meshglot_translator::diagnostic::{Severity, by_position};
use serde_json::json;

use crate::args::{FailOn, Global, LintArgs};
use crate::exit::{Exit, Outcome};
use crate::output::json::{API_VERSION, diagnostic_json, loss_json};
use crate::plan::Plan;
use crate::render::count;
use crate::{Io, draw};

pub(crate) fn run(args: &LintArgs, _global: &Global, io: &mut Io<'_>) -> Outcome {
    let plan = Plan::make(&args.input, &args.choice, io)?;
    let mut diagnostics = plan.diagnostics.clone();
    diagnostics.sort_by(by_position);
    let losses = plan.losses();
    let least = match args.fail_on {
        FailOn::Error => Severity::Error,
        FailOn::Warning => Severity::Warning,
        FailOn::Info => Severity::Info,
    };
    let severities: Vec<Severity> = diagnostics
        .iter()
        .map(|d| d.severity)
        .chain(losses.iter().filter(|loss| !loss.accepted).map(|loss| Severity::from(loss.verdict)))
        .collect();
    let findings = severities.iter().any(|severity| *severity <= least);

    if args.output == "json" {
        let answer = json!({
            "apiVersion": API_VERSION,
            "kind": "Findings",
            "diagnostics": diagnostics.iter().map(diagnostic_json).collect::<Vec<_>>(),
            "losses": losses.iter().map(|loss| loss_json(loss)).collect::<Vec<_>>(),
        });
        writeln!(io.stdout, "{answer:#}")?;
    } else {
        for diagnostic in &diagnostics {
            draw::diagnostic(diagnostic, io)?;
        }
        for loss in &losses {
            draw::loss(loss, io)?;
        }
    }
    if !io.quiet {
        let of = |severity: Severity| severities.iter().filter(|s| **s == severity).count();
        let objects = plan.model.keys().count();
        let (errors, warnings, infos) = (of(Severity::Error), of(Severity::Warning), of(Severity::Info));
        let parts = [(errors, "error"), (warnings, "warning"), (infos, "note")];
        let parts: Vec<String> = parts.into_iter().filter(|(number, _)| *number > 0).map(|(number, noun)| count(number, noun)).collect();
        let found = if parts.is_empty() { "nothing found".to_owned() } else { parts.join(", ") };
        writeln!(io.stderr, "{} {found} in {}", io.mark(!findings), count(objects, "object"))?;
    }
    Ok(if findings { Exit::No } else { Exit::Ok })
}
