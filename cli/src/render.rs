//! `meshglot render`: neutral policy to a mesh's own objects.

use meshglot_translator::answer::Withheld;
use meshglot_translator::diagnostic::Severity;
use meshglot_translator::render::{Backend, Loss, Rendered, Verdict};

use crate::Io;
use crate::args::{Global, RenderArgs};
use crate::draw;
use crate::exit::{Exit, Outcome};
use crate::output::{self, Format};
use crate::plan::{self, Plan};
use crate::verify;

pub(crate) fn run(args: &RenderArgs, _global: &Global, io: &mut Io<'_>) -> Outcome {
    let format = Format::parse(&args.output)?;
    let plan = plan::make(&args.input, &args.choice, io)?;
    plan::need_backend(&plan, &args.choice)?;
    if let Some(name) = &args.format {
        plan.engines.iter().try_for_each(|(backend, _)| output::entries::known(*backend, name))?;
    }
    let exit = plan::exit(&plan, args.input.strict);
    let rendered: Vec<(&dyn Backend, Rendered<'_>)> = plan.engines.iter().map(|(backend, engine)| (*backend, engine.rendered())).collect();

    // JSON holds the diagnostics; for other formats they are notes beside the answer.
    let is_answer = matches!(format, Format::Json) && args.format.is_none();
    if !is_answer {
        tell(&plan, &rendered, io)?;
    }
    // Half of a protection is worse than none that is told: then nothing is written for the mesh.
    let (mut kept, mut withheld) = (Vec::new(), Vec::new());
    for (backend, rendered) in rendered {
        let codes = plan.widens(&rendered);
        if codes.is_empty() {
            kept.push((backend, rendered));
        } else {
            let names: Vec<&str> = codes.iter().map(|code| code.info().name).collect();
            let name = backend.name();
            writeln!(io.stderr, "error: nothing is written for {name}: it would allow more than the policy says ({})", names.join(", "))?;
            withheld.push(Withheld::of(&rendered, codes));
        }
    }
    let (rendered, unproved) = if args.verify { verify::proved(&plan, kept, io)? } else { (kept, Vec::new()) };
    let exit = if exit == Exit::Ok && !unproved.is_empty() { Exit::No } else { exit };
    withheld.extend(unproved.iter().map(|rendered| Withheld::of(rendered, [])));
    // For machines there is an answer all the same: it says what is withheld.
    if rendered.is_empty() && !withheld.is_empty() && !is_answer {
        return Ok(exit);
    }
    match &format {
        _ if args.format.is_some() => output::entries::write(&rendered, args.format.as_deref().unwrap_or_default(), &format, io)?,
        Format::Yaml => output::yaml::write(&rendered, args.provenance, io)?,
        Format::Json => output::json::write(&plan, &rendered, withheld, args.provenance, io)?,
        Format::Name => output::name::write(&rendered, io)?,
        Format::Folder(path) => output::folder::write(path, &plan, &rendered, args.provenance, io)?,
    }
    if !io.quiet {
        close(&plan, &rendered, io)?;
    }
    Ok(exit)
}

/// Draws what changes something; what is merely worth knowing is counted, and `lint` shows it.
fn tell(plan: &Plan, rendered: &[(&dyn Backend, Rendered<'_>)], io: &mut Io<'_>) -> std::io::Result<()> {
    let mut notes = 0;
    for diagnostic in &plan.diagnostics {
        match diagnostic.severity {
            Severity::Info => notes += 1,
            _ => draw::diagnostic(diagnostic, io)?,
        }
    }
    for loss in rendered.iter().flat_map(|(_, rendered)| &rendered.losses) {
        match Severity::from(loss.verdict) {
            Severity::Info => notes += 1,
            _ if loss.accepted => notes += 1,
            _ => draw::loss(loss, io)?,
        }
    }
    if notes > 0 && !io.quiet {
        writeln!(io.stderr, "note: {} left out, `meshglot lint` shows them", count(notes, "note"))?;
    }
    Ok(())
}

/// One closing line per backend: how much went in, came out, and was lost.
fn close(plan: &Plan, rendered: &[(&dyn Backend, Rendered<'_>)], io: &mut Io<'_>) -> std::io::Result<()> {
    let neutral = plan.neutral_objects().len();
    let errors = plan.diagnostics.iter().filter(|diagnostic| diagnostic.severity == Severity::Error).count();
    for (backend, rendered) in rendered {
        let good = !rendered.losses.iter().any(|loss| loss.fails()) && plan::exit(plan, false) == Exit::Ok;
        let (mark, arrow) = (io.mark(good), io.arrow());
        let what = format!(
            "{mark} {} {arrow} {}",
            count(neutral, "neutral object"),
            count(rendered.objects.len(), &format!("{} object", backend.name()))
        );
        writeln!(io.stderr, "{what}, {}", worst(errors, &rendered.losses))?;
    }
    if plan.model.skipped() > 0 {
        writeln!(io.stderr, "note: {} of kinds that are not read", count(plan.model.skipped(), "object"))?;
    }
    Ok(())
}

/// `all exact`, or how many errors and losses of each verdict there are, the worst first.
fn worst(errors: usize, losses: &[&Loss]) -> String {
    let verdicts = [Verdict::Refused, Verdict::Widened, Verdict::Dropped, Verdict::Narrowed, Verdict::Rounded];
    let counts = verdicts
        .into_iter()
        .map(|verdict| (verdict, losses.iter().filter(|loss| loss.verdict == verdict).count()))
        .filter(|(_, count)| *count > 0)
        .map(|(verdict, count)| format!("{count} {verdict}"));
    let counts: Vec<String> = (errors > 0).then(|| count(errors, "error")).into_iter().chain(counts).collect();
    match counts.is_empty() {
        false => counts.join(", "),
        true if losses.iter().any(|loss| loss.verdict == Verdict::Equivalent) => "all exact or equivalent".to_owned(),
        true => "all exact".to_owned(),
    }
}

/// `1 object`, `2 objects`.
pub(crate) fn count(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}
