//! The grammar of the command line with the names that its arguments take.

use std::ffi::OsStr;
use std::sync::Arc;

use clap::{Command, CommandFactory, Id};
use clap_complete::engine::{ArgValueCompleter, CompletionCandidate};
use meshglot_crds::{LookupError, lookup};
use meshglot_translator::answer::Capabilities;
use meshglot_translator::diagnostic::CODES;

use super::line::Line;
use super::names;
use crate::args::{Cli, commands};

/// The values that an argument takes, as far as they are known; the second is what is typed of one.
type Values = fn(&Line, &str) -> Vec<CompletionCandidate>;

/// The whole grammar. Arguments whose values it lists itself are as they are.
pub(super) fn grammar(line: &Arc<Line>) -> Command {
    completed(Cli::command(), line)
}

fn completed(command: Command, line: &Arc<Line>) -> Command {
    let name = command.get_name().to_owned();
    let arguments: Vec<Id> = command.get_arguments().map(|argument| argument.get_id().clone()).collect();
    let below: Vec<String> = command.get_subcommands().map(|inner| inner.get_name().to_owned()).collect();
    let with = |command: Command, argument: Id| match values(&name, argument.as_str()) {
        Some(values) => command.mut_arg(argument, |argument| argument.add(completer(values, line))),
        None => command,
    };
    let command = arguments.into_iter().fold(command, with);
    below.into_iter().fold(command, |command, inner| command.mut_subcommand(inner, |inner| completed(inner, line)))
}

fn completer(values: Values, line: &Arc<Line>) -> ArgValueCompleter {
    let line = line.clone();
    ArgValueCompleter::new(move |typed: &OsStr| {
        let typed = typed.to_string_lossy();
        let fits = |candidate: &CompletionCandidate| candidate.get_value().to_string_lossy().starts_with(&*typed);
        values(&line, &typed).into_iter().filter(fits).collect()
    })
}

/// What an argument takes, by its command and its name in the grammar.
fn values(command: &str, argument: &str) -> Option<Values> {
    match (command, argument) {
        ("explain", "topic") => Some(|_, typed| topics(typed)),
        ("man", "command") => Some(|_, _| commands().into_iter().map(CompletionCandidate::new).collect()),
        ("crds", "kinds") => Some(|_, _| kinds()),
        ("render", "output") => Some(|_, _| words(["yaml", "json", "name", "dir="])),
        ("render", "format") => Some(|_, _| words(meshglot_registry::all().into_iter().flat_map(|backend| backend.formats()).copied())),
        (_, "feature") => Some(|_, _| words(Capabilities::of(meshglot_registry::all()).features.into_iter().map(|row| row.feature))),
        (_, "allow_lossy") => Some(|_, _| words(["any", "none"]).into_iter().chain(codes("", Some(false))).collect()),
        (_, "allow_widening") => Some(|_, _| codes("", Some(true))),
        (_, "namespace") => Some(|line, _| names::namespaces(line)),
        (_, "source") => Some(names::callers),
        (_, "method") => Some(|_, _| words(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])),
        (_, "url") => Some(|line, _| names::urls(line)),
        _ => None,
    }
}

fn words<'w>(words: impl IntoIterator<Item = &'w str>) -> Vec<CompletionCandidate> {
    words.into_iter().map(CompletionCandidate::new).collect()
}

/// Codes in the case that is typed: all, or those of losses that widen or do not.
fn codes(typed: &str, widens: Option<bool>) -> Vec<CompletionCandidate> {
    let small = typed.starts_with('m');
    let wanted = CODES.iter().filter(|info| widens.is_none_or(|widens| info.backend.is_some() && info.widens == widens));
    let name = |name: &str| if small { name.to_lowercase() } else { name.to_owned() };
    wanted.map(|info| CompletionCandidate::new(name(info.name)).help(Some(info.title.into()))).collect()
}

fn kinds() -> Vec<CompletionCandidate> {
    let help = |kind: &'static meshglot_crds::Kind| kind.field("").ok().map(|field| field.text.into());
    meshglot_crds::all().iter().map(|kind| CompletionCandidate::new(kind.singular).help(help(kind))).collect()
}

/// Codes and kinds; behind a kind its fields, one step further than what is typed.
fn topics(typed: &str) -> Vec<CompletionCandidate> {
    let holder = match lookup(typed) {
        Ok(_) => typed.trim_end_matches('.'),
        Err(LookupError::Kind { .. } | LookupError::Field { .. }) => typed.rsplit_once('.').map_or("", |(holder, _)| holder),
    };
    if holder.is_empty() {
        return codes(typed, None).into_iter().chain(kinds()).collect();
    }
    let itself = CompletionCandidate::new(holder);
    let children = lookup(holder).map(|(_, field)| field.children).unwrap_or_default();
    let below =
        children.into_iter().map(|child| CompletionCandidate::new(format!("{holder}.{}", child.name)).help(Some(child.type_.into())));
    std::iter::once(itself).chain(below).collect()
}
