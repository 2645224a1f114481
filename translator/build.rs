//! Makes the enum of all codes from `codes.yaml`, and puts the examples of `golden/codes` beside each.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    code: String,
    title: String,
    level: Option<String>,
    backend: Option<String>,
    #[serde(default)]
    widens: bool,
    #[serde(default)]
    beside: bool,
    why: String,
    fix: String,
    // A code that lacks these builds; the test of the examples asks for them.
    #[serde(default)]
    since: String,
    #[serde(default)]
    kinds: Vec<String>,
    #[serde(default)]
    see: Vec<String>,
    no_example: Option<String>,
}

/// One folder per code.
const EXAMPLES: &str = "../golden/codes";

fn main() {
    println!("cargo::rerun-if-changed=codes.yaml");
    println!("cargo::rerun-if-changed={EXAMPLES}");
    let text = fs::read_to_string("codes.yaml").expect("codes.yaml stands beside Cargo.toml");
    let entries: Vec<Entry> = serde_saphyr::from_str(&text).expect("codes.yaml is a list of codes");
    assert!(entries.is_sorted_by(|a, b| a.code < b.code), "codes.yaml is sorted and each code stands in it once");

    let root = PathBuf::from(std::env::var("CARGO_MANIFEST_DIR").expect("cargo sets CARGO_MANIFEST_DIR"));
    let mut variants = String::new();
    let mut table = String::new();
    for entry in &entries {
        // Writing to a String cannot fail.
        let _ = writeln!(variants, "    /// {}.\n    {},", entry.title, entry.code);
        let _ = writeln!(table, "    {},", info(entry, &entries, &root.join(EXAMPLES).join(&entry.code)));
    }
    let out = format!(
        "/// A code of `codes.yaml`: stable, never reused.\n\
         #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]\n\
         pub enum Code {{\n{variants}}}\n\n\
         /// Every code, in order.\npub static CODES: &[CodeInfo] = &[\n{table}];\n"
    );
    let path = Path::new(&std::env::var("OUT_DIR").expect("cargo sets OUT_DIR")).join("codes.rs");
    fs::write(path, out).expect("OUT_DIR can be written");
}

/// The value of the table, as Rust text.
fn info(entry: &Entry, all: &[Entry], folder: &Path) -> String {
    let Entry { code, title, level, backend, widens, beside, why, fix, since, kinds, see, no_example } = entry;
    let level = match level.as_deref() {
        None => "None".to_owned(),
        Some("error") => "Some(Severity::Error)".to_owned(),
        Some("warning") => "Some(Severity::Warning)".to_owned(),
        Some("info") => "Some(Severity::Info)".to_owned(),
        Some(other) => panic!("{code}: level {other} is none of error, warning, info"),
    };
    assert!(level == "None" || backend.is_none(), "{code}: a loss of a backend has the level of its verdict");
    if let Some(unknown) = see.iter().find(|name| all.iter().all(|known| known.code != **name)) {
        panic!("{code}: it says `see: {unknown}`, which is no code");
    }
    let see: Vec<String> = see.iter().map(|name| format!("Code::{name}")).collect();
    let example = example(folder);
    assert!(example.is_none() || no_example.is_none(), "{code}: it has an example, and says why it has none");
    let example = example.map_or_else(|| "None".to_owned(), |text| format!("Some({text})"));
    let proof = fs::read_to_string(folder.join("proof.txt")).unwrap_or_default();
    let proof: Vec<&str> = proof.lines().collect();
    format!(
        "CodeInfo {{ code: Code::{code}, name: {code:?}, title: {title:?}, level: {level}, backend: {backend:?}, \
         widens: {widens}, beside: {beside}, why: {why:?}, fix: {fix:?}, since: {since:?}, kinds: &{kinds:?}, \
         see: &[{}], example: {example}, no_example: {no_example:?}, proof: &{proof:?} }}",
        see.join(", ")
    )
}

/// The files of a code; `None` where it has no folder.
fn example(folder: &Path) -> Option<String> {
    let text = |name: &str| {
        let path = folder.join(name);
        // What is not there yet is empty; a test says so.
        if path.exists() { format!("include_str!({:?})", path.display().to_string()) } else { "\"\"".to_owned() }
    };
    folder.join("bad.yaml").exists().then(|| {
        let (bad, good, flags, said) = (text("bad.yaml"), text("good.yaml"), text("flags"), text("said.txt"));
        format!("CodeExample {{ bad: {bad}, good: {good}, flags: {flags}, said: {said} }}")
    })
}
