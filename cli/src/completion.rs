//! `meshglot completion`: a script for a shell.

use clap::CommandFactory;

use crate::Io;
use crate::args::{Cli, CompletionArgs};
use crate::exit::{Exit, Outcome};

pub(crate) fn run(args: &CompletionArgs, io: &mut Io<'_>) -> Outcome {
    // Written to memory first: the generator does not return errors of the stream.
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "meshglot", &mut script);
    io.stdout.write_all(&script)?;
    Ok(Exit::Ok)
}
