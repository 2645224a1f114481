//! Completion with live names: what shells ask while a line is typed, and the scripts that make them ask.

mod bash;
mod grammar;
mod kubectl;
mod line;
mod names;
mod plugin;

use std::ffi::OsString;
use std::io::Write as _;
use std::sync::Arc;

use clap_complete::env::{Elvish, Fish, Powershell, Shells, Zsh};

use crate::Io;
use crate::args::CompletionArgs;
use crate::exit::{Exit, Failure, Outcome};
use bash::Bash;
use kubectl::Kubectl;
use line::Line;

/// Set by the scripts, to the name of the shell: then a line is completed and nothing else is done.
const VARIABLE: &str = "MESHGLOT_COMPLETE";

/// Everybody who asks.
const SHELLS: Shells<'static> = Shells(&[&Bash, &Elvish, &Fish, &Powershell, &Zsh, &Kubectl]);

/// `meshglot completion`.
pub(crate) fn run(args: &CompletionArgs, io: &mut Io<'_>) -> Outcome {
    if let Some(folder) = &args.install_kubectl {
        plugin::install(folder, io)?;
        return Ok(Exit::Ok);
    }
    let name = args.shell.map(|shell| shell.to_string()).unwrap_or_default();
    let shell = SHELLS.completer(&name).ok_or_else(|| Failure::new(Exit::Usage, format!("there is no shell `{name}`")))?;
    // Written to memory first: then a closed pipe is met where all others are.
    let mut script = Vec::new();
    shell.write_registration(VARIABLE, "meshglot", "meshglot", "meshglot", &mut script)?;
    io.stdout.write_all(&script)?;
    Ok(Exit::Ok)
}

/// Answers a shell that asks how its line may go on; `None` if none asks.
pub(crate) fn reply(arguments: &[OsString]) -> Option<u8> {
    let shell = std::env::var(VARIABLE).ok().filter(|name| !name.is_empty())?;
    let shell = SHELLS.completer(&shell)?;
    let words: Vec<OsString> = arguments.iter().skip_while(|word| *word != "--").skip(1).cloned().collect();
    let mut text = Vec::new();
    let line = Arc::new(Line::of(&words));
    let folder = std::env::current_dir().ok();
    // Where nothing is known nothing is offered; a message would end up in the line.
    let answered = shell.write_complete(&mut grammar::grammar(&line), words, folder.as_deref(), &mut text);
    let written = answered.and_then(|()| std::io::stdout().write_all(&text));
    Some(if written.is_ok() { Exit::Ok } else { Exit::No }.code())
}
