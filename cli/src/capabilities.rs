//! `meshglot capabilities`: what each mesh can say, put together from the cells of the backends.

use std::collections::BTreeMap;

use meshglot_translator::render::Capability;
use serde_json::json;

use crate::Io;
use crate::args::CapabilitiesArgs;
use crate::exit::{Exit, Failure, Outcome};
use crate::output::json::API_VERSION;

pub(crate) fn run(args: &CapabilitiesArgs, io: &mut Io<'_>) -> Outcome {
    let backends: Vec<_> = meshglot_registry::all()
        .into_iter()
        .filter(|b| args.backend.as_deref().is_none_or(|name| name == b.name() || name == "all"))
        .collect();
    let names: Vec<&str> = backends.iter().map(|backend| backend.name()).collect();
    let mut rows: BTreeMap<&str, BTreeMap<&str, Capability>> = BTreeMap::new();
    for backend in &backends {
        for capability in backend.capabilities() {
            let wanted =
                args.feature.as_deref().is_none_or(|f| capability.feature == f || capability.feature.starts_with(&format!("{f}.")));
            if wanted {
                rows.entry(capability.feature).or_default().insert(backend.name(), capability);
            }
        }
    }
    if rows.is_empty() {
        return Err(Failure::new(Exit::Invalid, format!("there is no feature `{}`", args.feature.as_deref().unwrap_or_default())));
    }
    match args.output.as_str() {
        "json" => {
            let features: Vec<_> = rows
                .iter()
                .map(|(feature, cells)| {
                    let cells: Vec<_> = cells
                        .iter()
                        .map(|(backend, c)| json!({"backend": backend, "verdict": c.verdict.word(), "note": c.note, "proof": c.proof}))
                        .collect();
                    json!({"feature": feature, "backends": cells})
                })
                .collect();
            writeln!(io.stdout, "{:#}", json!({"apiVersion": API_VERSION, "kind": "Capabilities", "features": features}))?;
        }
        "md" => {
            writeln!(io.stdout, "| Feature | {} |\n|---|{}", names.join(" | "), "---|".repeat(names.len()))?;
            for (feature, cells) in &rows {
                let cell = |name: &&str| cells.get(name).map_or("-".to_owned(), |c| format!("[{}](golden/{})", c.verdict, c.proof));
                writeln!(io.stdout, "| {feature} | {} |", names.iter().map(cell).collect::<Vec<_>>().join(" | "))?;
            }
        }
        _ => {
            write!(io.stdout, "{:<16}", "FEATURE")?;
            for name in &names {
                write!(io.stdout, "{:<12}", name.to_uppercase())?;
            }
            writeln!(io.stdout, "NOTES")?;
            for (feature, cells) in &rows {
                write!(io.stdout, "{feature:<16}")?;
                for name in &names {
                    write!(io.stdout, "{:<12}", cells.get(name).map_or("-", |c| c.verdict.word()))?;
                }
                let notes: Vec<String> =
                    cells.iter().filter(|(_, c)| !c.note.is_empty()).map(|(name, c)| format!("{name}: {}", c.note)).collect();
                writeln!(io.stdout, "{}", notes.join(" · "))?;
            }
        }
    }
    Ok(Exit::Ok)
}
