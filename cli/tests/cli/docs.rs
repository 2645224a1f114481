//! Pages made from the program itself are current: files and tables shown in pages, docs/codes.md.
//!
//! `UPDATE_GOLDEN=1 cargo test -p meshglot docs` writes them.

use std::fmt::Write as _;
use std::fs;

use meshglot::capture;
use meshglot_translator::diagnostic::CODES;

use super::pages::{self, root};

/// Fills what follows each `<!-- file: PATH -->`, a block, and each `<!-- table: meshglot ... -->`.
fn filled(page: &str) -> String {
    let mut out = String::new();
    let mut lines = page.lines().peekable();
    while let Some(line) = lines.next() {
        let _ = writeln!(out, "{line}");
        let marker = |name: &str| line.strip_prefix(&format!("<!-- {name}: ")).and_then(|rest| rest.strip_suffix(" -->"));
        if let Some(file) = marker("file") {
            let fence = lines.next().expect("a fence follows its marker");
            while lines.next().is_some_and(|next| next != "```") {}
            let text = fs::read_to_string(root().join(file)).expect("the file of a marker");
            let _ = write!(out, "{fence}\n{text}```\n");
        }
        if let Some(command) = marker("table") {
            while lines.next_if(|next| next.starts_with('|')).is_some() {}
            let words: Vec<&str> = command.split_whitespace().skip(1).collect();
            out += &capture(&words, b"").stdout;
        }
    }
    out
}

#[test]
fn pages_show_real_files_and_tables() {
    for page in pages::all() {
        pages::current(&page, filled);
    }
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
    pages::current("docs/codes.md", |_| page);
}
