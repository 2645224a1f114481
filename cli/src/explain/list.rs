//! `explain --list`: every code in one line.

use meshglot_translator::answer::{CodeLine, Codes};
use meshglot_translator::diagnostic::RANGES;

use super::text::table;
use crate::Io;
use crate::exit::{Exit, Outcome};

pub(super) fn run(output: &str, io: &mut Io<'_>) -> Outcome {
    let all = Codes::all();
    match output {
        "json" => io.answer(&all)?,
        "md" => write!(io.stdout, "{}", markdown(&all.codes))?,
        _ => write!(io.stdout, "{}", text(&all.codes))?,
    }
    Ok(Exit::Ok)
}

/// A table.
pub(crate) fn text(codes: &[CodeLine]) -> String {
    let head = ["CODE", "LEVEL", "BACKEND", "TITLE"].map(str::to_owned);
    let row = |line: &CodeLine| {
        let CodeLine { code, level, backend, title } = line;
        [(*code).to_owned(), level.clone(), backend.unwrap_or("-").to_owned(), (*title).to_owned()]
    };
    let rows: Vec<_> = std::iter::once(head).chain(codes.iter().map(row)).collect();
    table(&rows)
}

/// The page `docs/codes.md`, a table per range.
fn markdown(codes: &[CodeLine]) -> String {
    let mut page = String::from(
        "# Codes\n\nEvery code that meshglot says, with a page each: what it means, what to do, an example that says it and one that \
         does not. `meshglot explain CODE` shows the same page offline.\n\nA code is never reused. A *diagnostic* is a mistake in the \
         input and has a level of its own; a *loss* is something that a mesh cannot do as it was written, and each place has a verdict.\n",
    );
    for (range, about) in RANGES {
        page += &format!("\n## {range}xx: {about}\n\n| Code | Level | Says |\n|---|---|---|\n");
        for CodeLine { code, level, backend: _, title } in codes.iter().filter(|line| line.code.starts_with(range)) {
            page += &format!("| [{code}](codes/{code}.md) | {level} | {title} |\n");
        }
    }
    page
}
