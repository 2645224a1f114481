//! How a child ends with whoever started it, also when that is killed: before it becomes the program that it is to be, it asks the
//! system for a signal at the death of its parent.

use std::ffi::{OsStr, OsString};
use std::os::unix::process::CommandExt as _;
use std::process::Command;

use rustix::process::{Pid, Signal, getppid, set_parent_process_death_signal};

use crate::args::WithParentArgs;
use crate::exit::{Exit, Failure, Outcome};

/// This very program, even after its file was replaced by a newer one.
const OWN: &str = "/proc/self/exe";

/// The words that start a program so that it ends with this process.
pub(super) fn words(command: &[OsString]) -> Vec<OsString> {
    let parent = std::process::id().to_string();
    let head = [OsString::from("with-parent"), parent.into(), "--".into()];
    head.into_iter().chain(command.iter().cloned()).collect()
}

/// The name of this program for [`words`] and for a process that is started.
pub(crate) fn own_program() -> OsString {
    OWN.into()
}

/// `meshglot with-parent PARENT -- PROGRAM WORDS...`; it does not return if all is well.
pub(crate) fn run(args: &WithParentArgs) -> Outcome {
    let failed = |error: std::io::Error| Failure::new(Exit::Internal, format!("{}: {error}", args.program[0].display()));
    set_parent_process_death_signal(Some(Signal::TERM)).map_err(|error| failed(error.into()))?;
    // It may have died before it was asked about.
    if getppid().map(Pid::as_raw_nonzero).map(|id| id.get()) != Some(args.parent) {
        return Ok(Exit::Ok);
    }
    let mut command = Command::new(&args.program[0]);
    if args.program[0] == OsStr::new(OWN) {
        command.arg0("meshglot");
    }
    Err(failed(command.args(&args.program[1..]).exec()))
}
