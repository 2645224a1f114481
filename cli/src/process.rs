//! The real process: arguments, streams, environment, pager.

use std::ffi::OsString;
use std::io::{self, IsTerminal, Write};

use clap::{ColorChoice, Command, CommandFactory, FromArgMatches};

use crate::args::{Cli, ColourChoice};
use crate::pager::{self, Screen};
use crate::{Exit, Io, colour, completion, run};

pub use crate::panic::guarded;

/// Runs `meshglot` with the arguments of this process and gives its exit code.
pub fn main() -> u8 {
    let arguments: Vec<OsString> = std::env::args_os().collect();
    guarded(&arguments, || completion::reply(&arguments).unwrap_or_else(|| session(&arguments)))
}

fn session(arguments: &[OsString]) -> u8 {
    let cli = match parse(arguments) {
        Ok(cli) => cli,
        Err(error) => {
            // clap knows which stream and which code: help is 0 on stdout, mistakes are 2 on stderr.
            let _ = error.print();
            return u8::try_from(error.exit_code()).unwrap_or(Exit::Usage.code());
        }
    };
    let variable = |name: &str| std::env::var(name).ok();
    let coloured = |terminal| colour::decide(cli.global.color, terminal, &variable);
    let terminal = io::stdout().is_terminal();
    let paged = terminal && !cli.global.no_pager && !cli.command.is_lasting();

    let mut answer = Vec::new();
    // Not locked: what runs within on other threads, such as a proxy, would wait for ever to say something.
    let mut direct = io::BufWriter::new(io::stdout());
    let mut stderr = io::BufWriter::new(io::stderr());
    let exit = {
        let stdout: &mut dyn Write = if paged { &mut answer } else { &mut direct };
        let mut io = Io {
            stdin: &mut io::stdin().lock(),
            stdout,
            stderr: &mut stderr,
            colour: coloured(io::stderr().is_terminal()),
            colour_out: coloured(terminal),
            unicode: unicode(&variable),
            quiet: cli.global.quiet,
        };
        run(&cli, &mut io)
    };
    let shown = if paged { pager::show(&answer, Screen::of_stdout(&variable), &mut direct, &variable) } else { Ok(()) };
    // The answer first, so that on one terminal the closing line comes last.
    let written = shown.and_then(|()| direct.flush());
    let _ = stderr.flush();
    match written {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Exit::Internal.code(),
        Err(_) => Exit::Ok.code(),
        Ok(()) => exit.code(),
    }
}

/// Whether the locale shows more than ASCII; where none is set, it does.
fn unicode(variable: &dyn Fn(&str) -> Option<String>) -> bool {
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].iter().find_map(|name| variable(name).filter(|value| !value.is_empty()));
    locale.is_none_or(|locale| ["UTF-8", "UTF8"].iter().any(|word| locale.to_ascii_uppercase().contains(word)))
}

/// Parses arguments, the program's name first; its name decides what usage lines show.
///
/// # Errors
/// clap's own words, also for `--help` and `--version`.
pub fn parse(arguments: &[OsString]) -> Result<Cli, clap::Error> {
    let program = arguments.first().map(std::path::Path::new).and_then(|path| path.file_stem()).and_then(|name| name.to_str());
    let as_plugin = program == Some("kubectl-meshglot");
    let command = Cli::command().color(own_colour(arguments));
    let command = if as_plugin { behind_kubectl(command) } else { command };
    Cli::from_arg_matches(&command.try_get_matches_from(arguments)?)
}

/// Usage and examples as they are typed behind kubectl.
fn behind_kubectl(command: Command) -> Command {
    let as_plugin = |text: String| text.replace("meshglot ", "kubectl meshglot ");
    let command = command.bin_name("kubectl meshglot");
    let names: Vec<String> = command.get_subcommands().map(|inner| inner.get_name().to_owned()).collect();
    names.into_iter().fold(command, |command, name| {
        command.mut_subcommand(name, |inner| match inner.get_after_help().map(ToString::to_string) {
            Some(text) => inner.after_help(as_plugin(text)),
            None => inner,
        })
    })
}

/// `--color` for what clap itself says, which it does before it has read the arguments.
fn own_colour(arguments: &[OsString]) -> ColorChoice {
    match colour::asked(arguments) {
        ColourChoice::Auto => ColorChoice::Auto,
        ColourChoice::Always => ColorChoice::Always,
        ColourChoice::Never => ColorChoice::Never,
    }
}
