//! `docs/cli.md`: what holds for all commands is written by hand, what each says of itself is made from the grammar.

use std::fmt::Write as _;

use meshglot::args::commands;
use meshglot::capture;

use super::pages;

/// What is made begins here.
const COMMANDS: &str = "## Commands\n";

#[test]
fn every_command_has_its_place_on_the_page_of_commands() {
    let mut page = format!("{COMMANDS}\n| Command | |\n|---|---|\n");
    for command in commands() {
        let about = help(&command).lines().next().unwrap_or_default().to_owned();
        let _ = writeln!(page, "| [`meshglot {command}`](#meshglot-{}) | {about} |", command.replace(' ', "-"));
    }
    for command in std::iter::once(String::new()).chain(commands()) {
        let title = format!("meshglot {command}");
        let _ = write!(page, "\n## {}\n\n```text\n{}```\n", title.trim_end(), help(&command));
    }
    pages::current("docs/cli.md", |text| {
        let (by_hand, _) = text.split_once(COMMANDS).expect("the heading of what is made");
        by_hand.to_owned() + &page
    });
}

fn help(command: &str) -> String {
    let words: Vec<&str> = command.split_whitespace().chain(["--help"]).collect();
    let said = capture(&words, b"");
    assert_eq!(said.exit, 0, "{command}: {}", said.stderr);
    said.stdout.lines().map(|line| format!("{}\n", line.trim_end())).collect()
}

#[test]
fn every_command_tells_its_exit_codes() {
    for command in commands() {
        assert!(help(&command).contains("Exit codes: 0 "), "{command}");
    }
}
