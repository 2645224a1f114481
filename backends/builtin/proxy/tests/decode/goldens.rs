//! All that goldens hold for the built-in mesh is taken.

use std::path::{Path, PathBuf};

use super::bytes::{documents, message, of, read};

#[test]
fn every_resource_of_every_golden_is_taken() {
    let mut count = 0;
    for path in files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../golden")) {
        for document in documents(&std::fs::read_to_string(&path).expect("a golden")) {
            let taken = read(&document);
            assert!(taken.is_ok(), "{}: {document}: {taken:?}", path.display());
            count += 1;
        }
    }
    assert!(count > 2500, "{count} resources");
}

/// Maps have no order in bytes, and each encoding of them has another one.
#[test]
fn the_same_resource_is_read_alike_however_it_was_encoded() {
    for document in super::samples::all() {
        let once = of(&message(&document)).expect("a sample");
        for _ in 0..10 {
            assert_eq!(of(&message(&document)).expect("a sample"), once);
        }
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("goldens") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.file_name().is_some_and(|name| name == "builtin.yaml") {
            found.push(path);
        }
    }
    found.sort();
    found
}
