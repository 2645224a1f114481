//! The real process: arguments, streams, environment, pager, and a report for a panic.

use std::ffi::OsString;
use std::io::{self, IsTerminal, Write};

use clap::{CommandFactory, FromArgMatches};

use crate::args::Cli;
use crate::{Exit, Io, colour, pager, run};

/// Runs `meshglot` with the arguments of this process and gives its exit code.
pub fn main() -> u8 {
    let arguments: Vec<OsString> = std::env::args_os().collect();
    let cli = match parse(&arguments) {
        Ok(cli) => cli,
        Err(error) => {
            // clap knows which stream and which code: help is 0 on stdout, mistakes are 2 on stderr.
            let _ = error.print();
            return u8::try_from(error.exit_code()).unwrap_or(Exit::Usage.code());
        }
    };
    let variable = |name: &str| std::env::var(name).ok();
    let unicode = ["LC_ALL", "LC_CTYPE", "LANG"].iter().find_map(|name| variable(name).filter(|value| !value.is_empty()));
    let unicode =
        unicode.is_none_or(|locale| locale.to_ascii_uppercase().contains("UTF-8") || locale.to_ascii_uppercase().contains("UTF8"));
    let colour = colour::decide(cli.global.color, io::stderr().is_terminal(), &variable);
    let colour_answer = colour::decide(cli.global.color, io::stdout().is_terminal(), &variable);
    let paged = io::stdout().is_terminal() && !cli.global.no_pager;

    let mut answer = Vec::new();
    let mut direct = io::BufWriter::new(io::stdout().lock());
    let mut stderr = io::BufWriter::new(io::stderr().lock());
    let exit = {
        let stdout: &mut dyn Write = if paged { &mut answer } else { &mut direct };
        let (stdin, quiet) = (&mut io::stdin().lock(), cli.global.quiet);
        let mut io = Io { stdin, stdout, stderr: &mut stderr, colour, colour_answer, unicode, quiet };
        run(&cli, &mut io)
    };
    let shown = if paged { pager::show(&answer, &mut direct, &variable) } else { Ok(()) };
    // The answer first, so that on one terminal the closing line comes last.
    let written = shown.and_then(|()| direct.flush());
    let _ = stderr.flush();
    match written {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Exit::Internal.code(),
        Err(_) => Exit::Ok.code(),
        Ok(()) => exit.code(),
    }
}

/// Parses arguments, the program's name first; its name decides what usage lines show.
///
/// # Errors
/// clap's own words, also for `--help` and `--version`.
pub fn parse(arguments: &[OsString]) -> Result<Cli, clap::Error> {
    let program = arguments.first().map(std::path::Path::new).and_then(|path| path.file_stem()).and_then(|name| name.to_str());
    let as_plugin = program == Some("kubectl-meshglot");
    let command = Cli::command();
    let command = if as_plugin { command.bin_name("kubectl meshglot") } else { command };
    Cli::from_arg_matches(&command.try_get_matches_from(arguments)?)
}
