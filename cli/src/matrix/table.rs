//! A matrix as a table for people.

use meshglot_translator::effect::{AccessChange, Allowance, Cell, Matrix};

use crate::Io;

/// The corner.
const CORNER: &str = "FROM \\ TO";

/// Columns as wide as their widest cell; `wide`: every request is written out.
pub(super) fn write(matrix: &Matrix, wide: bool, io: &mut Io<'_>) -> std::io::Result<()> {
    io.columns(&rows(matrix, wide, io.arrow()))
}

/// For a review.
pub(super) fn markdown(matrix: &Matrix, io: &mut Io<'_>) -> std::io::Result<()> {
    // A backslash would escape, a bar would end the cell, and a star or a tilde would begin something.
    let escape = |cell: &String| {
        cell.chars().fold(
            String::new(),
            |text, c| if matches!(c, '|' | '\\' | '*' | '~' | '_' | '<' | '`') { text + "\\" } else { text } + &c.to_string(),
        )
    };
    for (at, row) in rows(matrix, true, io.arrow()).iter().enumerate() {
        writeln!(io.stdout, "| {} |", row.iter().map(escape).collect::<Vec<_>>().join(" | "))?;
        if at == 0 {
            writeln!(io.stdout, "|{}", "---|".repeat(row.len()))?;
        }
    }
    Ok(())
}

/// The head and all rows; nothing where there is no row.
fn rows(matrix: &Matrix, wide: bool, arrow: &str) -> Vec<Vec<String>> {
    if matrix.callers.is_empty() {
        return Vec::new();
    }
    let head = std::iter::once(CORNER.to_owned()).chain(matrix.port_labels()).collect();
    let compared = matrix.cells.iter().flatten().any(|cell| cell.changed);
    let callers = matrix.caller_labels();
    let row = |(name, cells): (String, &Vec<Cell>)| {
        std::iter::once(name).chain(cells.iter().map(|cell| text(cell, wide, compared, arrow))).collect()
    };
    std::iter::once(head).chain(callers.into_iter().zip(&matrix.cells).map(row)).collect()
}

/// One cell. Among those that changed, one that did not is `=`.
fn text(cell: &Cell, wide: bool, compared: bool, arrow: &str) -> String {
    if compared && !cell.changed {
        return "=".to_owned();
    }
    let now = words(&cell.allowance, wide);
    let now = match cell.before.as_ref().filter(|before| **before != cell.allowance) {
        Some(before) => format!("{} {arrow} {now}", words(before, wide)),
        None => now,
    };
    let meshes: Vec<String> = cell.meshes.iter().map(|(name, changes)| format!("{name} {}", otherwise(changes, wide))).collect();
    if meshes.is_empty() { now } else { format!("{now} ({})", meshes.join(", ")) }
}

fn words(allowance: &Allowance, wide: bool) -> String {
    let words = allowance.words();
    match words.as_slice() {
        [first, rest @ ..] if !wide && !rest.is_empty() => format!("{first} +{}", rest.len()),
        _ => allowance.to_string(),
    }
}

/// What a mesh does otherwise: `-` where it lets nothing in, else what it lets in besides, and what it does not.
fn otherwise(changes: &[AccessChange], wide: bool) -> String {
    let change = |change: &AccessChange| {
        if !change.gained && change.entire {
            return "-".to_owned();
        }
        let sign = if change.gained { '+' } else { '-' };
        let shown = if wide { change.requests.len() } else { 1 };
        let more = change.requests.len().saturating_sub(shown) + change.more;
        let more = (more > 0).then(|| format!("and {more} more"));
        change.requests.iter().take(shown).map(|requests| format!("{sign}{requests}")).chain(more).collect::<Vec<_>>().join(" ")
    };
    changes.iter().map(change).collect::<Vec<_>>().join(" ")
}
