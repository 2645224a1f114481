//! The streams of one run, and how they want to be written to.

use std::fmt;
use std::io::{Read, Write};

use meshglot_translator::answer::{Answer, document};

/// Standard streams and what is known about them.
pub struct Io<'a> {
    /// Read by `-f -`.
    pub stdin: &'a mut dyn Read,
    /// The answer, nothing else.
    pub stdout: &'a mut dyn Write,
    /// Diagnostics, notes, the closing line.
    pub stderr: &'a mut dyn Write,
    /// Whether diagnostics are coloured.
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

    /// Writes the one document of `-o json`.
    pub(crate) fn answer<A: Answer>(&mut self, answer: &A) -> std::io::Result<()> {
        writeln!(self.stdout, "{:#}", document(answer))
    }

    pub(crate) fn arrow(&self) -> &'static str {
        if self.unicode { "→" } else { "->" }
    }
}
