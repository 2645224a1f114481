//! What lies under `examples/*/rendered` is what each mesh gets for the example now.
//!
//! `UPDATE_GOLDEN=1 cargo test -p meshglot rendered_folders` writes it.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use meshglot::capture;

/// Each example, the folder of the rendered objects, and what it is rendered from.
const EXAMPLES: [(&str, &str, &[&str]); 11] = [
    ("ab-header", "", &["shop.yaml", "policy.yaml"]),
    ("blue-green", "blue", &["shop.yaml", "blue"]),
    ("blue-green", "green", &["shop.yaml", "green"]),
    ("bookstore", "", &["."]),
    ("canary", "1-one-in-twenty", &["shop.yaml", "1-one-in-twenty"]),
    ("canary", "2-one-in-four", &["shop.yaml", "2-one-in-four"]),
    ("canary", "3-all", &["shop.yaml", "3-all"]),
    ("deny-by-default", "2-targeted", &["shop.yaml", "2-targeted"]),
    ("deny-by-default", "3-deny", &["shop.yaml", "3-deny"]),
    ("istio-to-linkerd", "", &["."]),
    ("zero-trust", "", &["shop.yaml", "policy.yaml"]),
];

fn folder(example: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples").join(example)
}

#[test]
fn rendered_folders_are_current() {
    let update = std::env::var_os("UPDATE_GOLDEN").is_some();
    for (example, step, inputs) in EXAMPLES {
        let rendered = folder(example).join("rendered").join(step);
        let inputs: Vec<String> = inputs.iter().map(|input| folder(example).join(input).display().to_string()).collect();
        for backend in meshglot_registry::all() {
            let words = ["render", "-q", "--backend", backend.name()].into_iter();
            let words: Vec<&str> = words.chain(inputs.iter().flat_map(|input| ["-f", input])).collect();
            let said = capture(&words, b"");
            assert!(!said.stdout.is_empty(), "{example} {step} on {}: {}", backend.name(), said.stderr);
            let file = rendered.join(format!("{}.yaml", backend.name()));
            if update {
                fs::create_dir_all(&rendered).expect("a folder");
                fs::write(&file, &said.stdout).expect("a file");
            }
            let written = fs::read_to_string(&file).unwrap_or_default();
            assert!(written == said.stdout, "{} is not current: UPDATE_GOLDEN=1 cargo test -p meshglot rendered_folders", file.display());
        }
    }
}

/// A new example is easily forgotten in the list above.
#[test]
fn every_example_with_rendered_folders_is_looked_at() {
    let known: BTreeSet<&str> = EXAMPLES.iter().map(|(example, ..)| *example).collect();
    for entry in fs::read_dir(folder("")).expect("examples") {
        let name = entry.expect("an entry").file_name().to_string_lossy().into_owned();
        let has_page = folder(&name).join("README.md").exists();
        assert_eq!(has_page, known.contains(name.as_str()), "examples/{name}: a README and rendered folders go together");
    }
}
