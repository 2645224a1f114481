//! Runs a command in this process and keeps what it says: for tests and for pages made from real output.

use std::ffi::OsString;

use crate::{Exit, Io, process, run};

/// What one run said.
#[derive(Clone, Debug)]
pub struct Captured {
    /// The exit code.
    pub exit: u8,
    /// The answer.
    pub stdout: String,
    /// Diagnostics and notes.
    pub stderr: String,
}

/// Runs `meshglot` with these arguments (its name not among them), without colour and in UTF-8.
pub fn capture(arguments: &[&str], mut stdin: &[u8]) -> Captured {
    let words: Vec<OsString> = std::iter::once("meshglot").chain(arguments.iter().copied()).map(OsString::from).collect();
    let cli = match process::parse(&words) {
        Ok(cli) => cli,
        Err(error) => {
            let exit = u8::try_from(error.exit_code()).unwrap_or(Exit::Usage.code());
            let text = error.render().to_string();
            let (stdout, stderr) = if error.use_stderr() { (String::new(), text) } else { (text, String::new()) };
            return Captured { exit, stdout, stderr };
        }
    };
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    let mut io = Io {
        stdin: &mut stdin,
        stdout: &mut stdout,
        stderr: &mut stderr,
        colour: false,
        colour_out: false,
        unicode: true,
        quiet: cli.global.quiet,
    };
    let exit = run(&cli, &mut io).code();
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    Captured { exit, stdout: text(stdout), stderr: text(stderr) }
}
