//! The list of capabilities for people: a row per feature, a column per mesh.

use std::io::Result;

use meshglot_translator::answer::{Capabilities, FeatureAnswer};

use crate::Io;

/// Words alone, notes at the end of the line.
pub(super) fn narrow(all: &Capabilities, names: &[&str], io: &mut Io<'_>) -> Result<()> {
    let mut head = format!("{:<16}", "FEATURE");
    head.extend(names.iter().map(|name| format!("{:<12}", name.to_uppercase())));
    writeln!(io.stdout, "{head}NOTES")?;
    for row in &all.features {
        let words: String = names.iter().map(|name| format!("{:<12}", word(row, name))).collect();
        let notes = row.backends.iter().filter(|cell| !cell.note.is_empty()).map(|cell| format!("{}: {}", cell.backend, cell.note));
        let line = format!("{:<16}{words}{}", row.feature, notes.collect::<Vec<_>>().join(" · "));
        writeln!(io.stdout, "{}", line.trim_end())?;
    }
    Ok(())
}

/// A line per mesh, with what proves it and what becomes of the feature there.
pub(super) fn wide(all: &Capabilities, names: &[&str], io: &mut Io<'_>) -> Result<()> {
    let longest = all.features.iter().flat_map(|row| &row.backends).map(|cell| cell.proof.len()).max().unwrap_or_default();
    let width = "golden/".len() + longest + 2;
    writeln!(io.stdout, "{:<16}{:<10}{:<12}{:<width$}NOTES", "FEATURE", "MESH", "VERDICT", "PROOF")?;
    for row in &all.features {
        for name in names {
            let (proof, note) = row.of(name).map_or_else(Default::default, |cell| (format!("golden/{}", cell.proof), cell.note));
            let line = format!("{:<16}{name:<10}{:<12}{proof:<width$}{note}", row.feature, word(row, name));
            writeln!(io.stdout, "{}", line.trim_end())?;
        }
    }
    Ok(())
}

/// Each word links to what proves it, as seen from the top of the repository.
pub(super) fn markdown(all: &Capabilities, names: &[&str], io: &mut Io<'_>) -> Result<()> {
    writeln!(io.stdout, "| Feature | {} |\n|---|{}", names.join(" | "), "---|".repeat(names.len()))?;
    for row in &all.features {
        let cell = |name: &&str| row.of(name).map_or("-".to_owned(), |cell| format!("[{}](golden/{})", cell.verdict, cell.proof));
        writeln!(io.stdout, "| {} | {} |", row.feature, names.iter().map(cell).collect::<Vec<_>>().join(" | "))?;
    }
    Ok(())
}

/// A mesh that has no word on the feature has `-`.
fn word(row: &FeatureAnswer, name: &str) -> &'static str {
    row.of(name).map_or("-", |cell| cell.verdict)
}
