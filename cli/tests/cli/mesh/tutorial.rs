//! `docs/tutorial.md`, followed step by step beside a demo that runs.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use super::demo::{Demo, alone, here, page};
use super::running::until;

/// How often a command is typed until it says what it should.
const TRIES: usize = 20;

/// What stands in one block of the page.
enum Step {
    /// A command, and what it prints.
    Typed(String, Vec<String>),
    /// What the demo says.
    Heard(Vec<String>),
}

fn steps() -> Vec<Step> {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/tutorial.md");
    let page = fs::read_to_string(page).expect("the tutorial");
    let mut steps = Vec::new();
    for block in page.split("```text\n").skip(1) {
        let block = block.split("```").next().expect("a block");
        for line in block.lines() {
            match (line.strip_prefix("$ "), steps.last_mut()) {
                (Some(command), _) => steps.push(Step::Typed(command.to_owned(), Vec::new())),
                (None, Some(Step::Typed(_, lines))) if block.starts_with("$ ") => lines.push(line.to_owned()),
                (None, Some(Step::Heard(lines))) => lines.push(line.to_owned()),
                (None, _) => steps.push(Step::Heard(vec![line.to_owned()])),
            }
        }
    }
    steps
}

/// Numbers, times, ports and tokens are others each time, and columns as wide as they are.
fn masked(line: &str) -> String {
    let words = line.split_whitespace().map(|word| {
        let word = word.split_once("token=").map_or(word, |(before, _)| before);
        let mut text = String::new();
        for letter in word.chars() {
            match (letter.is_ascii_digit() || letter == '.', text.ends_with('N')) {
                (true, true) => {}
                (true, false) => text.push('N'),
                (false, _) => text.push(letter),
            }
        }
        text
    });
    words.collect::<Vec<_>>().join(" ")
}

/// Whether a text is as the page has it, where `...` stands for any lines.
fn is_told(page: &[String], said: &str) -> bool {
    let said: Vec<String> = said.lines().map(masked).collect();
    let mut rest = &said[..];
    let mut any = false;
    for line in page {
        if line == "..." {
            any = true;
            continue;
        }
        let line = masked(line);
        let at = if any { rest.iter().position(|one| *one == line) } else { (rest.first() == Some(&line)).then_some(0) };
        let Some(at) = at else { return false };
        (rest, any) = (&rest[at + 1..], false);
    }
    any || rest.is_empty()
}

#[test]
fn the_tutorial_is_what_happens() {
    let _alone = alone();
    let here = here();
    let program = Path::new(env!("CARGO_BIN_EXE_meshglot")).parent().expect("a folder");
    let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap_or_default());
    let mut demo = Demo::with_path(here.path(), &[], Some(&path));
    let shop = demo.shop();
    let mut typed = 0;
    for step in steps() {
        match step {
            Step::Typed(command, told) if command == "meshglot demo" => {
                assert!(is_told(&told, demo.said()), "{}", demo.said());
                until("calls are counted", || page(shop).contains("the ratings answered 403"));
            }
            Step::Typed(command, told) => {
                typed += 1;
                let run = || {
                    let mut shell = Command::new("sh");
                    let output = shell.args(["-c", &command]).current_dir(here.path()).env("PATH", &path).stdin(Stdio::null()).output();
                    let output = output.expect("a shell");
                    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
                };
                let mut said = run();
                // Calls are counted once a second.
                for _ in 0..TRIES {
                    if is_told(&told, &said) {
                        break;
                    }
                    std::thread::sleep(Duration::from_millis(500));
                    said = run();
                }
                assert!(is_told(&told, &said), "{command}\n{said}");
            }
            Step::Heard(told) => {
                let said = demo.hears("all 6 proxies have it");
                assert!(is_told(&told, &said), "{said}");
            }
        }
    }
    assert!(typed >= 10, "{typed} commands");
    demo.ends(false);
}

#[test]
fn numbers_are_any_and_words_are_not() {
    let page = ["a  1.5ms b-v1", "...", "z"].map(str::to_owned);
    assert!(is_told(&page, "a 27ms   b-v2\nx\ny\nz"));
    assert!(!is_told(&page, "a 27ms c-v2\nz") && !is_told(&page, "a 27ms b-v2\nx") && !is_told(&page, "a 27ms b-v2\nz\nmore"));
}
