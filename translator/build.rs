//! Makes the enum of all codes from `codes.yaml`.

use std::fmt::Write as _;

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
}

fn main() {
    println!("cargo::rerun-if-changed=codes.yaml");
    let text = std::fs::read_to_string("codes.yaml").expect("codes.yaml stands beside Cargo.toml");
    let entries: Vec<Entry> = serde_saphyr::from_str(&text).expect("codes.yaml is a list of codes");
    assert!(entries.is_sorted_by(|a, b| a.code < b.code), "codes.yaml is sorted and each code stands in it once");

    let mut variants = String::new();
    let mut table = String::new();
    for Entry { code, title, level, backend, widens, beside, why, fix } in &entries {
        let level = match level.as_deref() {
            None => "None".to_owned(),
            Some("error") => "Some(Severity::Error)".to_owned(),
            Some("warning") => "Some(Severity::Warning)".to_owned(),
            Some("info") => "Some(Severity::Info)".to_owned(),
            Some(other) => panic!("{code}: level {other} is none of error, warning, info"),
        };
        assert!(level == "None" || backend.is_none(), "{code}: a loss of a backend has the level of its verdict");
        // Writing to a String cannot fail.
        let _ = writeln!(variants, "    /// {title}.\n    {code},");
        let _ = writeln!(
            table,
            "    CodeInfo {{ code: Code::{code}, name: {code:?}, title: {title:?}, level: {level}, backend: {backend:?}, widens: {widens}, beside: {beside}, why: {why:?}, fix: {fix:?} }},"
        );
    }
    let out = format!(
        "/// A code of `codes.yaml`: stable, never reused.\n\
         #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]\n\
         pub enum Code {{\n{variants}}}\n\n\
         /// Every code, in order.\npub static CODES: &[CodeInfo] = &[\n{table}];\n"
    );
    let path = std::path::Path::new(&std::env::var("OUT_DIR").expect("cargo sets OUT_DIR")).join("codes.rs");
    std::fs::write(path, out).expect("OUT_DIR can be written");
}
