//! `meshglot man`: manual pages in roff, made from the grammar and from what each command's help ends with.

use std::fs;
use std::path::Path;

use clap::{Command, CommandFactory};
use clap_mangen::Man;
use clap_mangen::roff::{Roff, roman};

use crate::Io;
use crate::args::{Cli, ManArgs, commands};
use crate::exit::{Exit, Failure, Outcome};

/// How every page begins.
const MARK: &str = ".TH meshglot";

/// Exit codes where a command does not tell its own.
const EXIT: &str = "0 yes or done, 1 the answer is no, 2 usage, 3 input is unreadable or invalid, 6 something of somebody else is in the way, 70 a mistake of ours, 130 interrupted.";

/// What is read from the environment, by every command.
const ENVIRONMENT: [(&str, &str); 4] = [
    ("MESHGLOT_PAGER, PAGER", "Shows an answer that is longer than the terminal; empty or `cat`: none. Otherwise `less -FRX`."),
    ("NO_COLOR", "Not empty: no colour."),
    ("CLICOLOR_FORCE, FORCE_COLOR", "Neither empty nor 0: colour, even where the output is no terminal."),
    ("LC_ALL, LC_CTYPE, LANG", "Where the first that is set is not UTF-8, signs are ASCII."),
];

pub(crate) fn run(args: &ManArgs, io: &mut Io<'_>) -> Outcome {
    match &args.dir {
        Some(folder) => write_all(folder, io)?,
        None => io.stdout.write_all(&page(&args.command.join(" "))?)?,
    }
    Ok(Exit::Ok)
}

/// Writes every page; none if one would take the place of a file that is no page of ours.
fn write_all(folder: &Path, io: &mut Io<'_>) -> Result<(), Failure> {
    let names = std::iter::once(String::new()).chain(commands());
    let file = |name: String| Ok((folder.join(file_name(&name)), page(&name)?));
    let pages = names.map(file).collect::<Result<Vec<_>, Failure>>()?;
    if let Some((path, _)) = pages.iter().find(|(path, _)| fs::read_to_string(path).is_ok_and(|text| !text.contains(MARK))) {
        let failure = Failure::new(Exit::Conflict, format!("{}: not written by meshglot: nothing was written", path.display()));
        return Err(failure.help("move it, or choose another folder"));
    }
    let stopped = |path: &Path, error: &std::io::Error| Failure::new(Exit::Conflict, format!("{}: {error}", path.display()));
    fs::create_dir_all(folder).map_err(|error| stopped(folder, &error))?;
    for (path, text) in &pages {
        fs::write(path, text).map_err(|error| stopped(path, &error))?;
    }
    if !io.quiet {
        writeln!(io.stderr, "{} {} pages in {}", io.mark(true), pages.len(), folder.display())?;
    }
    Ok(())
}

/// `meshglot-render.1`.
fn file_name(command: &str) -> String {
    format!("{}.1", format!("meshglot {command}").trim_end().replace(' ', "-"))
}

fn page(name: &str) -> Result<Vec<u8>, Failure> {
    let mut root = Cli::command();
    root.build();
    let found = name.split_whitespace().try_fold(&root, |command, word| command.find_subcommand(word));
    let command = found.ok_or_else(|| unknown(name))?.clone();
    let man = Man::new(command.clone()).source(concat!("meshglot ", env!("CARGO_PKG_VERSION"))).manual("meshglot");
    let mut text = Vec::new();
    man.render_title(&mut text)?;
    man.render_name_section(&mut text)?;
    man.render_synopsis_section(&mut text)?;
    man.render_description_section(&mut text)?;
    man.render_options_section(&mut text)?;
    if command.has_subcommands() {
        man.render_subcommands_section(&mut text)?;
    }
    ending(&command).to_writer(&mut text)?;
    Ok(text)
}

/// What stands behind the options of the help, under the headings that readers of manual pages look for.
fn ending(command: &Command) -> Roff {
    let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    let (examples, rest) = help.split_once("\n\n").unwrap_or((&help, ""));
    let (notes, exit) = rest.split_once("Exit codes: ").unwrap_or((rest, EXIT));
    let mut roff = Roff::new();
    if !notes.is_empty() {
        roff.control("SH", ["NOTES"]).text([roman(notes.replace('\n', " ").trim())]);
    }
    let examples: Vec<&str> = examples.lines().skip(1).map(str::trim).collect();
    if !examples.is_empty() {
        roff.control("SH", ["EXAMPLES"]).control("nf", []);
        for example in examples {
            roff.text([roman(example)]);
        }
        roff.control("fi", []);
    }
    roff.control("SH", ["EXIT STATUS"]).text([roman(exit.replace('\n', " "))]);
    roff.control("SH", ["ENVIRONMENT"]);
    for (name, meaning) in ENVIRONMENT {
        roff.control("TP", []).text([roman(name)]).text([roman(meaning)]);
    }
    roff
}

fn unknown(name: &str) -> Failure {
    let failure = Failure::new(Exit::Invalid, format!("there is no command `{name}`"));
    failure.did_you_mean(name, commands().iter().map(String::as_str))
}
