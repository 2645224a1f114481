//! The streams of one run, and how they want to be written to.

use std::fmt;
use std::io::{Read, Write};

use meshglot_translator::answer::{Answer, document};
use meshglot_translator::render::write::yaml;

use crate::exit::Failure;
use crate::output::unwritable;

/// Standard streams and what is known about them.
pub struct Io<'a> {
    /// Read by `-f -`.
    pub stdin: &'a mut dyn Read,
    /// The answer, nothing else.
    pub stdout: &'a mut dyn Write,
    /// Diagnostics, notes, the closing line.
    pub stderr: &'a mut dyn Write,
    /// Whether what is written to `stderr` is coloured.
    pub colour: bool,
    /// Whether the answer is coloured.
    pub colour_out: bool,
    /// Whether the terminal shows more than ASCII.
    pub unicode: bool,
    /// `-q`: notes are left out, errors are not.
    pub quiet: bool,
}

impl fmt::Debug for Io<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Io {{ colour: {}, colour_out: {}, unicode: {} }}", self.colour, self.colour_out, self.unicode)
    }
}

impl Io<'_> {
    /// The mark before a closing line that says yes or no.
    pub(crate) fn mark(&self, yes: bool) -> &'static str {
        match (yes, self.unicode) {
            (true, true) => "✔",
            (false, true) => "✘",
            (true, false) => "ok",
            (false, false) => "FAIL",
        }
    }

    /// Writes the one document of `-o yaml`.
    pub(crate) fn answer_yaml<A: Answer>(&mut self, answer: &A) -> Result<(), Failure> {
        write!(self.stdout, "{}", yaml(&document(answer)).map_err(unwritable)?)?;
        Ok(())
    }

    /// Writes the one document of `-o json`.
    pub(crate) fn answer<A: Answer>(&mut self, answer: &A) -> std::io::Result<()> {
        writeln!(self.stdout, "{:#}", document(answer))
    }

    /// Writes rows whose columns are as wide as their widest cell.
    pub(crate) fn columns(&mut self, rows: &[Vec<String>]) -> std::io::Result<()> {
        columns(rows).into_iter().try_for_each(|line| writeln!(self.stdout, "{line}"))
    }

    pub(crate) fn arrow(&self) -> &'static str {
        if self.unicode { "→" } else { "->" }
    }
}

/// A line for each row; columns are as wide as their widest cell.
pub(crate) fn columns(rows: &[Vec<String>]) -> Vec<String> {
    let width = |at: usize| rows.iter().filter_map(|row| row.get(at)).map(|cell| cell.chars().count()).max().unwrap_or_default();
    let widths: Vec<usize> = (0..rows.first().map_or(0, Vec::len)).map(width).collect();
    let line = |row: &Vec<String>| {
        let cells: Vec<String> = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        cells.join("  ").trim_end().to_owned()
    };
    rows.iter().map(line).collect()
}
