//! The published JSON Schemas are those of the program, and nothing else lies beside them.
//!
//! `UPDATE_GOLDEN=1 cargo test -p meshglot schemas` writes them.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use meshglot::{input_schemas, page_schemas, schemas};

#[test]
fn published_schemas_are_current() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/schemas");
    let update = std::env::var_os("UPDATE_GOLDEN").is_some();
    let mut published = BTreeSet::new();
    for (kind, schema) in schemas().into_iter().chain(page_schemas()).chain(input_schemas()) {
        let name = format!("{}.json", kind.to_lowercase());
        let text = format!("{:#}\n", schema.to_value());
        if update {
            fs::create_dir_all(&folder).expect("docs/schemas");
            fs::write(folder.join(&name), &text).expect("a schema");
        }
        let written = fs::read_to_string(folder.join(&name)).unwrap_or_default();
        assert!(written == text, "docs/schemas/{name} is not current: UPDATE_GOLDEN=1 cargo test -p meshglot schemas");
        assert!(published.insert(name), "{kind} is the kind of two answers");
    }
    for entry in fs::read_dir(&folder).expect("docs/schemas") {
        let name = entry.expect("an entry").file_name().to_string_lossy().into_owned();
        assert!(published.contains(&name), "docs/schemas/{name} is of no answer");
    }
}
