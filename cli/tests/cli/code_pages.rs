//! The pages of codes are what `explain` says: docs/codes.md, and a page each below docs/codes/.
//!
//! `UPDATE_GOLDEN=1 cargo test -p meshglot code_pages` writes them.

use std::fs;

use meshglot::capture;
use meshglot_translator::diagnostic::CODES;

use super::pages::{current, root};

fn said(words: &[&str]) -> String {
    let said = capture(words, b"");
    assert_eq!((said.exit, said.stderr.as_str()), (0, ""), "{words:?}");
    said.stdout
}

#[test]
fn every_code_has_a_page_and_every_page_a_code() {
    current("docs/codes.md", |_| said(&["explain", "--list", "-o", "md"]));
    for info in CODES {
        current(&format!("docs/codes/{}.md", info.name), |_| said(&["explain", info.name, "-o", "md"]));
    }
    for entry in fs::read_dir(root().join("docs/codes")).expect("docs/codes") {
        let name = entry.expect("an entry").file_name().to_string_lossy().into_owned();
        assert!(CODES.iter().any(|info| format!("{}.md", info.name) == name), "docs/codes/{name}: there is no such code");
    }
}
