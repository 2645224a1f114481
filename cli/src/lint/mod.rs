//! `meshglot lint`: what is wrong with policy, what a reviewer would point at, and what each mesh would lose.

mod file;
mod github;
mod junit;
pub(crate) mod line;
mod list;
mod sarif;

use meshglot_translator::answer::{FindingsAnswer, Summary};
use meshglot_translator::diagnostic::Severity;
use meshglot_translator::lint::{Finding, Findings, findings};

use crate::args::{FailOn, Global, LintArgs, LintFormat};
use crate::exit::{Exit, Outcome};
use crate::plan;
use crate::render::count;
use crate::{Io, draw, input};

pub(crate) fn run(args: &LintArgs, _global: &Global, io: &mut Io<'_>) -> Outcome {
    if args.list {
        return list::run(args, io);
    }
    let (sources, unreadable) = input::read(&args.input, io)?;
    let files = sources.len() + unreadable.len();
    let plan = plan::of(&sources, unreadable, &args.input, &args.choice)?;
    plan::need_input(&plan, &args.input)?;
    let losses = plan.losses().into_iter().cloned().collect();
    let findings = findings(&plan.model, plan.diagnostics.clone(), losses, args.suppress.clone());
    // Before anything is printed: no format changes the code.
    let fails = findings.counting().any(|finding| fails(finding, args.fail_on));
    let skipped = if args.input.strict { plan.model.skipped() } else { 0 };

    match args.output {
        LintFormat::Text => text(&findings, io)?,
        LintFormat::Table => findings.counting().try_for_each(|finding| writeln!(io.stdout, "{}", line::of(finding)))?,
        LintFormat::Json => io.answer(&FindingsAnswer::from(&findings))?,
        LintFormat::Yaml => io.answer_yaml(&FindingsAnswer::from(&findings))?,
        LintFormat::Sarif => sarif::write(&findings, io)?,
        LintFormat::Junit => junit::write(&plan, &findings, args.fail_on, io)?,
        LintFormat::Github => github::write(&findings, io)?,
    }
    if skipped > 0 {
        writeln!(io.stderr, "error: {} of kinds that are not read (--strict)", count(skipped, "object"))?;
    }
    if !io.quiet {
        close(&findings, files, !fails && skipped == 0, io)?;
    }
    Ok(match (skipped, fails) {
        (1.., _) => Exit::Invalid,
        (0, true) => Exit::No,
        (0, false) => Exit::Ok,
    })
}

/// Whether the command fails on it.
fn fails(finding: &Finding, on: FailOn) -> bool {
    let least = match on {
        FailOn::Error => Severity::Error,
        FailOn::Warning => Severity::Warning,
        FailOn::Info => Severity::Info,
        FailOn::None => return false,
    };
    !finding.is_accepted() && finding.severity() <= least
}

fn text(findings: &Findings, io: &mut Io<'_>) -> std::io::Result<()> {
    for finding in findings.counting() {
        let text = match finding {
            Finding::Diagnostic(diagnostic) => draw::diagnostic_text(diagnostic, io.colour_out),
            Finding::Loss(loss) => draw::loss_text(loss, io.colour_out),
        };
        writeln!(io.stdout, "{text}")?;
    }
    Ok(())
}

/// What there is of each, and where to read more about the worst.
fn close(findings: &Findings, files: usize, good: bool, io: &mut Io<'_>) -> std::io::Result<()> {
    for unused in &findings.unused {
        writeln!(io.stderr, "note: {unused}")?;
    }
    let Summary { errors, warnings, infos, accepted, suppressed } = Summary::from(findings);
    let parts = [(errors, "error"), (warnings, "warning"), (infos, "note")];
    let parts: Vec<String> = parts.into_iter().filter(|(number, _)| *number > 0).map(|(number, noun)| count(number, noun)).collect();
    let found = if parts.is_empty() { "nothing found".to_owned() } else { parts.join(", ") };
    let aside = [(accepted, "accepted"), (suppressed, "suppressed")];
    let aside: String = aside.into_iter().filter(|(number, _)| *number > 0).map(|(number, word)| format!(", {number} {word}")).collect();
    let explain = findings.worst().map(|worst| format!(" (meshglot explain {})", worst.code())).unwrap_or_default();
    writeln!(io.stderr, "{} {found} in {}{aside}{explain}", io.mark(good), count(files, "file"))
}
