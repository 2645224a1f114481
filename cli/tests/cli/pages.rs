//! The pages of the repository, and what it means that one is current.
//!
//! `UPDATE_GOLDEN=1 cargo test -p meshglot` writes them.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// Several tests look at one page, and with `UPDATE_GOLDEN` they write it.
static WRITING: Mutex<()> = Mutex::new(());

/// The top of the repository.
pub(crate) fn root() -> PathBuf {
    fs::canonicalize(Path::new(env!("CARGO_MANIFEST_DIR")).join("..")).expect("the repository")
}

/// The page is what `make` makes of what stands there; a page that is missing is empty.
pub(crate) fn current(page: &str, make: impl FnOnce(&str) -> String) {
    let _guard = WRITING.lock().unwrap_or_else(PoisonError::into_inner);
    let path = root().join(page);
    let written = fs::read_to_string(&path).unwrap_or_default();
    let text = make(&written);
    if std::env::var_os("UPDATE_GOLDEN").is_some() && written != text {
        fs::create_dir_all(path.parent().expect("a folder")).expect("the folder of a page");
        fs::write(&path, text).expect("the page can be written");
        return;
    }
    let changed = first_difference(&written, &text);
    assert!(written == text, "{page} is not current{changed}\nUPDATE_GOLDEN=1 cargo test -p meshglot writes it");
}

/// The first line that differs.
fn first_difference(written: &str, text: &str) -> String {
    let lines = written.lines().zip(text.lines()).enumerate();
    let first = lines.into_iter().find(|(_, (old, new))| old != new);
    first.map(|(at, (old, new))| format!(", line {}:\n- {old}\n+ {new}", at + 1)).unwrap_or_default()
}

/// README, and every page below `docs` and `examples`, as paths below the top.
pub(crate) fn all() -> Vec<String> {
    let mut pages = vec!["README.md".to_owned()];
    let mut folders = vec![root().join("docs"), root().join("examples")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "md") {
                pages.push(path.strip_prefix(root()).expect("below the top").display().to_string());
            }
        }
    }
    pages.sort();
    pages
}
