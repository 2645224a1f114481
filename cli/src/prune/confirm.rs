//! Asks whoever sits at the terminal.

use std::io::{BufRead as _, IsTerminal as _, Read as _};

use crate::Io;
use crate::exit::{Exit, Failure};
use crate::render::count;

/// More than this is no answer.
const LONGEST: u64 = 64;

/// Whether somebody agrees.
pub(super) fn asked(objects: usize, io: &mut Io<'_>) -> Result<bool, Failure> {
    if !std::io::stdin().is_terminal() {
        let failure = Failure::new(Exit::Usage, format!("{} would be deleted, and nobody can be asked", count(objects, "object")));
        return Err(failure.help("-y does it, --dry-run only lists"));
    }
    write!(io.stderr, "delete {}? [y/N] ", count(objects, "object"))?;
    io.stderr.flush()?;
    let mut answer = String::new();
    // Standard input is held by whoever has made the streams: it is read through them.
    std::io::BufReader::new((&mut *io.stdin).take(LONGEST)).read_line(&mut answer)?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}
