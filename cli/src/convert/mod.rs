//! `meshglot convert`: SMI objects in other versions of their groups.

mod folder;

use meshglot_translator::answer::{Answer, DiagnosticAnswer};
use meshglot_translator::convert::{Change, Conversion, Versions, convert};
use meshglot_translator::diagnostic::{Diagnostic, Severity, by_position};
use meshglot_translator::resolve::ReadOptions;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::args::ConvertArgs;
use crate::exit::{Exit, Failure, Outcome};
use crate::output::{Format, unwritable};
use crate::plan::exit_of;
use crate::render::count;
use crate::{Io, draw, input};

/// What `convert -o json` says.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ConversionAnswer {
    /// Everything that was read and not refused, in order.
    objects: Vec<ObjectAnswer>,
    /// What was refused, and what changed besides the version.
    diagnostics: Vec<DiagnosticAnswer>,
}

/// One object.
#[derive(Debug, Serialize, JsonSchema)]
struct ObjectAnswer {
    /// `kept`, `rewritten` or `added`.
    change: &'static str,
    /// The object as it is to be applied.
    object: Value,
}

impl Answer for ConversionAnswer {
    const KIND: &'static str = "Conversion";
}

pub(crate) fn run(args: &ConvertArgs, io: &mut Io<'_>) -> Outcome {
    let format = Format::parse(&args.output)?;
    if matches!(format, Format::Name) {
        return Err(Failure::new(Exit::Usage, "-o name is none of yaml, json, dir=PATH"));
    }
    let to = Versions::read(args.to.iter().map(String::as_str));
    let to = to.map_err(|unknown| Failure::new(Exit::Usage, format!("--to: {}", unknown.message)).help(unknown.help))?;
    let (sources, mut diagnostics) = input::read(&args.input, io)?;
    let unread = !diagnostics.is_empty();
    let options = ReadOptions { lenient: args.input.lenient, default_namespace: args.input.namespace.as_str().into() };
    let mut conversion = convert(&sources, &to, &options).map_err(unwritable)?;
    diagnostics.append(&mut conversion.diagnostics);
    diagnostics.sort_by(by_position);
    if diagnostics.is_empty() && conversion.texts.iter().all(|text| text.objects.is_empty()) {
        return Err(Failure::new(Exit::Invalid, "no object in the input").help("-R reads folders below folders"));
    }
    let strict = args.input.strict && conversion.skipped > 0;
    let exit = if strict { Exit::Invalid } else { exit_of(&diagnostics) };

    if !matches!(format, Format::Json) {
        tell(&diagnostics, io)?;
    }
    match &format {
        Format::Json => io.answer(&answer(&conversion, &diagnostics))?,
        Format::Folder(path) => folder::write(path, &args.input, &conversion, unread)?,
        Format::Yaml | Format::Name => write!(io.stdout, "{}", conversion.stream())?,
    }
    if !io.quiet {
        close(&conversion, &diagnostics, exit, io)?;
    }
    Ok(exit)
}

fn answer(conversion: &Conversion, diagnostics: &[Diagnostic]) -> ConversionAnswer {
    let objects = conversion.texts.iter().flat_map(|text| &text.objects);
    let objects = objects.map(|object| ObjectAnswer { change: word(object.change), object: object.value.clone() });
    ConversionAnswer { objects: objects.collect(), diagnostics: diagnostics.iter().map(DiagnosticAnswer::from).collect() }
}

fn word(change: Change) -> &'static str {
    match change {
        Change::Kept => "kept",
        Change::Rewritten => "rewritten",
        Change::Added => "added",
    }
}

/// Errors with their place in the text, notes in a line.
fn tell(diagnostics: &[Diagnostic], io: &mut Io<'_>) -> std::io::Result<()> {
    for one in diagnostics {
        match one.severity {
            Severity::Error | Severity::Warning => draw::diagnostic(one, io)?,
            Severity::Info if io.quiet => {}
            Severity::Info => writeln!(io.stderr, "note: {}: {}", one.location().unwrap_or_default(), one.message)?,
        }
    }
    Ok(())
}

fn close(conversion: &Conversion, diagnostics: &[Diagnostic], exit: Exit, io: &mut Io<'_>) -> std::io::Result<()> {
    let of = |change: Change| conversion.texts.iter().flat_map(|text| &text.objects).filter(|object| object.change == change).count();
    let errors = diagnostics.iter().filter(|one| one.severity == Severity::Error).count();
    let mut parts = vec![format!("{} rewritten", count(of(Change::Rewritten), "object"))];
    let others = [(of(Change::Added), "added"), (of(Change::Kept), "as they were"), (errors, "refused")];
    parts.extend(others.into_iter().filter(|(number, _)| *number > 0).map(|(number, what)| format!("{number} {what}")));
    writeln!(io.stderr, "{} {}", io.mark(exit == Exit::Ok), parts.join(", "))
}
