//! kubectl: it asks a plugin as cobra asks a program, and is answered a candidate a line, then a directive.

use std::ffi::OsString;
use std::io::{Error, Write};
use std::path::Path;

use clap::Command;
use clap_complete::engine::complete;
use clap_complete::env::EnvCompleter;

/// kubectl 1.26 or newer, which runs `kubectl_complete-NAME` of the PATH.
#[derive(Clone, Copy, Debug)]
pub(super) struct Kubectl;

/// What kubectl runs; `VARIABLE` says what is asked.
const SCRIPT: &str = "#!/bin/sh
# kubectl runs this for what may stand behind `kubectl meshglot`.
exec env VARIABLE=kubectl kubectl-meshglot -- meshglot \"$@\"
";

/// No space behind the word.
const NO_SPACE: u8 = 2;
/// No files where nothing is offered.
const NO_FILES: u8 = 4;

impl EnvCompleter for Kubectl {
    fn name(&self) -> &'static str {
        "kubectl"
    }

    fn is(&self, name: &str) -> bool {
        name == "kubectl"
    }

    fn write_registration(&self, var: &str, _name: &str, _bin: &str, _completer: &str, buf: &mut dyn Write) -> Result<(), Error> {
        write!(buf, "{}", SCRIPT.replace("VARIABLE", var))
    }

    fn write_complete(&self, cmd: &mut Command, args: Vec<OsString>, folder: Option<&Path>, buf: &mut dyn Write) -> Result<(), Error> {
        let index = args.len().saturating_sub(1);
        let candidates = complete(cmd, args, index, folder)?;
        for candidate in &candidates {
            let help = candidate.get_help().map(ToString::to_string).unwrap_or_default();
            let value = candidate.get_value().to_string_lossy();
            match help.lines().next() {
                Some(help) => writeln!(buf, "{value}\t{help}")?,
                None => writeln!(buf, "{value}")?,
            }
        }
        let goes_on = |value: &str| value.ends_with(['/', ':', '=']);
        let open = matches!(&candidates[..], [only] if goes_on(&only.get_value().to_string_lossy()));
        writeln!(buf, ":{}", if open { NO_FILES + NO_SPACE } else { NO_FILES })
    }
}
