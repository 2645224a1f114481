//! Puts a ruleset in force, by `nft`.

use std::io::Write as _;
use std::process::{Command, Stdio};

use crate::exit::{Exit, Failure};

/// Gives it to `nft -f -`.
///
/// # Errors
/// `nft` is not there, or refuses it.
pub(super) fn apply(ruleset: &str) -> Result<(), Failure> {
    let missing = |error: std::io::Error| {
        Failure::new(Exit::Unreachable, format!("nft cannot be started: {error}")).help("the image has to hold it: docs/inject.md")
    };
    let mut nft = Command::new("nft").args(["-f", "-"]).stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().map_err(missing)?;
    let written = nft.stdin.take().map_or(Ok(()), |mut stdin| stdin.write_all(ruleset.as_bytes()));
    let said = nft.wait_with_output()?;
    if said.status.success() && written.is_ok() {
        return Ok(());
    }
    let why = String::from_utf8_lossy(&said.stderr);
    let failure = Failure::new(Exit::Unreachable, format!("nft refuses the rules: {}", why.trim()));
    Err(failure.help("it needs the capability NET_ADMIN, and a kernel with nf_tables"))
}
