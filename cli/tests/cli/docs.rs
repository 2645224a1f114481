//! Pages made from the program itself are current: README's outputs, docs/cli.md, docs/codes.md.
//!
//! `UPDATE_GOLDEN=1 cargo test -p meshglot docs` writes them.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use meshglot::capture;
use meshglot_translator::diagnostic::CODES;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn current(page: &str, text: &str) {
    let path = root().join(page);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(&path, text).expect("the page can be written");
    }
    let written = fs::read_to_string(&path).unwrap_or_default();
    assert!(written == text, "{page} is not current: UPDATE_GOLDEN=1 cargo test -p meshglot docs");
}

/// What a command says, with paths as seen from the top of the repository.
fn said(command: &str) -> String {
    let words: Vec<String> = command
        .split_whitespace()
        .skip(1)
        .map(|word| {
            if word.starts_with("examples/") || word.starts_with("golden/") {
                root().join(word).display().to_string()
            } else {
                word.to_owned()
            }
        })
        .collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let said = capture(&words, b"");
    let prefix = format!("{}/", root().display());
    let text = said.stdout + &said.stderr;
    text.replace(&prefix, "").lines().map(str::trim_end).collect::<Vec<_>>().join("\n") + "\n"
}

/// Fills the block after each `<!-- run: ... -->` and `<!-- file: ... -->`.
fn filled(page: &str) -> String {
    let mut out = String::new();
    let mut lines = page.lines().peekable();
    while let Some(line) = lines.next() {
        let _ = writeln!(out, "{line}");
        let marker = |name: &str| line.strip_prefix(&format!("<!-- {name}: ")).and_then(|rest| rest.strip_suffix(" -->"));
        let Some((text, is_table)) = marker("run")
            .map(|c| (said(c), c.ends_with("-o md")))
            .or_else(|| marker("file").map(|f| (fs::read_to_string(root().join(f)).expect("the file of a marker"), false)))
        else {
            continue;
        };
        if is_table {
            while lines.peek().is_some_and(|next| next.starts_with('|')) {
                lines.next();
            }
            out += &text;
            continue;
        }
        let fence = lines.next().expect("a fence follows its marker");
        while lines.next().is_some_and(|next| next != "```") {}
        let command = marker("run").map(|command| format!("$ {command}\n")).unwrap_or_default();
        let _ = write!(out, "{fence}\n{command}{text}```\n");
    }
    out
}

#[test]
fn readme_shows_real_output() {
    let page = fs::read_to_string(root().join("README.md")).expect("README.md");
    current("README.md", &filled(&page));
}

#[test]
fn every_code_has_its_place_on_the_page_of_codes() {
    let mut page = String::from(
        "# Codes\n\nEvery code that meshglot says. Made from `translator/codes.yaml`; `meshglot explain CODE` shows the same.\n",
    );
    for info in CODES {
        let of = info
            .backend
            .map_or_else(|| info.level.map(|level| level.to_string()).unwrap_or_default(), |backend| format!("loss on {backend}"));
        let _ = write!(page, "\n## {}\n\n**{}** ({of})\n\n{}\n\n*What you can do:* {}\n", info.name, info.title, info.why, info.fix);
    }
    current("docs/codes.md", &page);
}

#[test]
fn every_command_has_its_place_on_the_page_of_commands() {
    let mut page = String::from("# Command line\n\nThe help of every command, as it prints it.\n\n");
    page += "Exit codes: 0 yes, or done; 1 the answer is no: findings, or a loss that was not accepted; 2 usage; 3 input is unreadable or invalid; 6 something of somebody else is in the way, and nothing was overwritten; 70 a mistake of ours. The format of the output never changes the code. Standard output holds the answer alone.\n";
    for command in ["", "render", "lint", "can", "convert", "explain", "crds", "capabilities", "completion", "version"] {
        let words: Vec<&str> = command.split_whitespace().chain(["--help"]).collect();
        let help = capture(&words, b"").stdout;
        let help: Vec<&str> = help.lines().map(str::trim_end).collect();
        let _ = write!(page, "\n## meshglot {command}\n\n```text\n{}\n```\n", help.join("\n"));
    }
    current("docs/cli.md", &page.replace("## meshglot \n", "## meshglot\n"));
}
