//! Pages show the files that they name, and tables that the program makes.
//!
//! `UPDATE_GOLDEN=1 cargo test -p meshglot docs` writes them.

use std::fmt::Write as _;
use std::fs;

use meshglot::capture;

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
