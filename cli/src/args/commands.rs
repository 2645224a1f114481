//! The list of commands, from the grammar itself: what documents or tests all commands can forget none.

use clap::{Command, CommandFactory};

use super::Cli;

/// Every command as it is written behind `meshglot`, in the order of the help: `render`, `lint`, and those below others
/// as `outer inner`. Hidden ones are left out.
pub fn commands() -> Vec<String> {
    let mut found = Vec::new();
    below(&Cli::command(), "", &mut found);
    found
}

/// Every example of every command's help, with the command that it belongs to.
pub fn examples() -> Vec<(String, String)> {
    let all = commands().into_iter().map(|path| {
        let mut root = Cli::command();
        let found = path.split(' ').try_fold(&mut root, |command, name| command.find_subcommand_mut(name));
        let text = found.and_then(|command| command.get_after_help()).map(ToString::to_string).unwrap_or_default();
        (path, text)
    });
    let lines = |text: &str| text.lines().filter_map(|line| line.strip_prefix("  ").map(str::to_owned)).collect::<Vec<_>>();
    all.flat_map(|(path, text)| lines(&text).into_iter().map(move |line| (path.clone(), line))).collect()
}

fn below(command: &Command, path: &str, found: &mut Vec<String>) {
    for inner in command.get_subcommands().filter(|inner| !inner.is_hide_set()) {
        let path = format!("{path} {}", inner.get_name()).trim_start().to_owned();
        found.push(path.clone());
        below(inner, &path, found);
    }
}
