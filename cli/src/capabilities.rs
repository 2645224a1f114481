//! `meshglot capabilities`: what each mesh can say, put together from the cells of the backends.

use meshglot_translator::answer::Capabilities;
use meshglot_translator::diagnostic::nearest;
use meshglot_translator::render::Backend;

use crate::Io;
use crate::args::CapabilitiesArgs;
use crate::exit::{Exit, Failure, Outcome};

pub(crate) fn run(args: &CapabilitiesArgs, io: &mut Io<'_>) -> Outcome {
    let asked = |backend: &&dyn Backend| args.backend.as_deref().is_none_or(|name| name == backend.name() || name == "all");
    let backends: Vec<&dyn Backend> = meshglot_registry::all().into_iter().filter(asked).collect();
    let names: Vec<&'static str> = backends.iter().map(|backend| backend.name()).collect();
    let mut table = Capabilities::of(backends);
    if let Some(wanted) = &args.feature {
        let unknown = unknown(wanted, &table);
        table.features.retain(|row| is_below(row.feature, wanted));
        if table.features.is_empty() {
            return Err(unknown);
        }
    }
    match args.output.as_str() {
        "json" => io.answer(&table)?,
        "md" => markdown(&table, &names, io)?,
        _ => text(&table, &names, io)?,
    }
    Ok(Exit::Ok)
}

/// Whether it is this feature or one below it.
fn is_below(feature: &str, wanted: &str) -> bool {
    feature.strip_prefix(wanted).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

fn unknown(wanted: &str, table: &Capabilities) -> Failure {
    let failure = Failure::new(Exit::Invalid, format!("there is no feature `{wanted}`"));
    let features = table.features.iter().map(|row| row.feature);
    let groups = features.clone().filter_map(|feature| feature.split('.').next());
    match nearest(wanted, features.chain(groups).collect::<Vec<_>>()) {
        Some(feature) => failure.help(format!("did you mean {feature}?")),
        None => failure,
    }
}

fn markdown(table: &Capabilities, names: &[&str], io: &mut Io<'_>) -> std::io::Result<()> {
    writeln!(io.stdout, "| Feature | {} |\n|---|{}", names.join(" | "), "---|".repeat(names.len()))?;
    for row in &table.features {
        let cell = |name: &&str| row.of(name).map_or("-".to_owned(), |cell| format!("[{}](golden/{})", cell.verdict, cell.proof));
        writeln!(io.stdout, "| {} | {} |", row.feature, names.iter().map(cell).collect::<Vec<_>>().join(" | "))?;
    }
    Ok(())
}

fn text(table: &Capabilities, names: &[&str], io: &mut Io<'_>) -> std::io::Result<()> {
    write!(io.stdout, "{:<16}", "FEATURE")?;
    for name in names {
        write!(io.stdout, "{:<12}", name.to_uppercase())?;
    }
    writeln!(io.stdout, "NOTES")?;
    for row in &table.features {
        write!(io.stdout, "{:<16}", row.feature)?;
        for name in names {
            write!(io.stdout, "{:<12}", row.of(name).map_or("-", |cell| cell.verdict))?;
        }
        let notes = row.backends.iter().filter(|cell| !cell.note.is_empty()).map(|cell| format!("{}: {}", cell.backend, cell.note));
        writeln!(io.stdout, "{}", notes.collect::<Vec<_>>().join(" · "))?;
    }
    Ok(())
}
