//! A matrix as a table for people.

use std::collections::BTreeSet;

use meshglot_translator::effect::{AccessChange, Allowance, Cell, Column, Matrix, Party};

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
    let head = std::iter::once(CORNER.to_owned()).chain(heads(&matrix.ports)).collect();
    let compared = matrix.cells.iter().flatten().any(|cell| cell.changed);
    let callers = names(&matrix.callers);
    let row = |(name, cells): (String, &Vec<Cell>)| {
        std::iter::once(name).chain(cells.iter().map(|cell| text(cell, wide, compared, arrow))).collect()
    };
    std::iter::once(head).chain(callers.into_iter().zip(&matrix.cells).map(row)).collect()
}

/// Names of Services, with the namespace where there are several and the port where a Service has several.
fn heads(ports: &[Column]) -> Vec<String> {
    let namespaces: BTreeSet<&str> = ports.iter().map(|column| &*column.service.namespace).collect();
    let head = |column: &Column| {
        let name = if namespaces.len() > 1 { column.service.to_string() } else { column.service.name.to_string() };
        let several = ports.iter().filter(|other| other.service == column.service).count() > 1;
        if several { format!("{name}:{}", column.port) } else { name }
    };
    ports.iter().map(head).collect()
}

/// Names of accounts, with the namespace where there are several.
fn names(callers: &[Party]) -> Vec<String> {
    let namespace = |party: &Party| match party {
        Party::Account(account) => Some(account.namespace.clone()),
        Party::Spiffe(_) | Party::Others | Party::OthersIn(_) | Party::NoProxy => None,
    };
    let several = callers.iter().filter_map(namespace).collect::<BTreeSet<_>>().len() > 1;
    let name = |party: &Party| match party {
        Party::Account(account) if several => account.to_string(),
        Party::Account(account) => account.name.to_string(),
        Party::Spiffe(_) | Party::Others | Party::OthersIn(_) | Party::NoProxy => party.to_string(),
    };
    callers.iter().map(name).collect()
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
