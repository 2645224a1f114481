//! Every object that a backend renders is of a kind that it names: whoever watches what is rendered knows all of it.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// `group/version kind` of each object of a file of ours.
fn written(path: &Path) -> BTreeSet<String> {
    let text = fs::read_to_string(path).unwrap_or_default();
    let documents = text.split("\n---\n");
    let of = |document: &str, field: &str| document.lines().find_map(|line| line.strip_prefix(field)).map(str::to_owned);
    documents.filter_map(|document| Some(format!("{} {}", of(document, "apiVersion: ")?, of(document, "kind: ")?))).collect()
}

fn folders(of: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(of).expect("a folder").map(|entry| entry.expect("an entry").path());
    entries.filter(|path| path.is_dir()).collect()
}

#[test]
fn goldens_hold_the_kinds_that_are_named_and_no_others() {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../golden");
    let cases: Vec<PathBuf> = folders(&golden).iter().flat_map(|feature| folders(feature)).collect();
    for backend in meshglot_registry::all().into_iter().filter(|backend| backend.name() != "builtin") {
        let named: BTreeSet<String> = backend.kinds().iter().map(|kind| format!("{}/{} {}", kind.group, kind.version, kind.kind)).collect();
        let file = format!("{}.yaml", backend.name());
        let found: BTreeSet<String> = cases.iter().flat_map(|case| written(&case.join(&file))).collect();
        assert_eq!(found, named, "{}", backend.name());
    }
}
