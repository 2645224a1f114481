//! `<feature>/<case>/input.yaml` and beside it what every backend gets, and what is told about it.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use libtest_mimic::{Failed, Trial};
use meshglot::{Captured, capture};
use meshglot_translator::lint::CODES;
use meshglot_translator::parse::{Source, parse};
use meshglot_translator::render::write::yaml_stream;
use serde_json::Value;
use similar::TextDiff;

use crate::judges::{Judges, Text};

/// Folders of this crate that hold no cases.
const NOT_FEATURES: [&str; 7] = ["codes", "src", "tests", "refused", "target", "verdicts", crate::convert::FOLDER];

/// Writes all files of all cases, before a judge reads one.
pub(crate) fn update() {
    for case in cases() {
        let write =
            |name: &str, text: &str| fs::write(format!("{case}/{name}"), text).unwrap_or_else(|error| panic!("{case}/{name}: {error}"));
        for backend in meshglot_registry::all() {
            write(&format!("{}.yaml", backend.name()), &output(&case, backend.name()));
        }
        write("consul.json", &entries_text(&case));
        write("report.txt", &report(&case));
    }
}

/// All tests of all cases.
pub(crate) fn trials(judges: &Judges) -> Vec<Trial> {
    cases().iter().flat_map(|case| case_trials(case, judges)).collect()
}

/// `feature/case` of every folder with an input, sorted.
fn cases() -> Vec<String> {
    let features = folders(Path::new(".")).into_iter().filter(|path| !NOT_FEATURES.contains(&name(path).as_str()));
    let cases = features.flat_map(|feature| folders(&feature).into_iter().map(move |case| format!("{}/{}", name(&feature), name(&case))));
    cases.inspect(|case| assert!(Path::new(case).join("input.yaml").exists(), "{case} has no input.yaml")).collect()
}

/// The folders in a folder, sorted.
pub(crate) fn folders(path: &Path) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> =
        fs::read_dir(path).expect("a folder").flatten().map(|entry| entry.path()).filter(|path| path.is_dir()).collect();
    found.sort();
    found
}

pub(crate) fn name(path: &Path) -> String {
    path.file_name().expect("a folder has a name").to_string_lossy().into_owned()
}

fn case_trials(case: &str, judges: &Judges) -> Vec<Trial> {
    let mut trials = Vec::new();
    for backend in meshglot_registry::all() {
        let backend = backend.name();
        let of_case = case.to_owned();
        trials.push(Trial::test(format!("{case}/{backend}"), move || {
            compare(&format!("{of_case}/{backend}.yaml"), &output(&of_case, backend))
        }));
        let (output, entries) = (file(case, &format!("{backend}.yaml")), file(case, "consul.json"));
        trials.extend(judges.output(&format!("{case}/{backend}"), backend, output, &cluster(case), entries));
    }
    let of_case = case.to_owned();
    trials.push(Trial::test(format!("{case}/entries"), move || compare(&format!("{of_case}/consul.json"), &entries_text(&of_case))));
    let of_case = case.to_owned();
    trials.push(Trial::test(format!("{case}/report"), move || compare(&format!("{of_case}/report.txt"), &report(&of_case))));
    // What we refuse, a cluster may take: SMI objects are written by others. What we take, a cluster must.
    if !report(case).contains("error[MG00") {
        trials.push(judges.input(format!("{case}/input"), objects(case, is_ours_or_native)));
    }
    trials
}

/// Flags of the case: a file `flags`, words in a line.
pub(crate) fn flags(case: &str) -> Vec<String> {
    let text = fs::read_to_string(format!("{case}/flags")).unwrap_or_default();
    text.split_whitespace().map(str::to_owned).collect()
}

fn run(case: &str, command: &[&str]) -> Captured {
    let input = format!("{case}/input.yaml");
    let flags = flags(case);
    let words: Vec<&str> = command.iter().copied().chain(["-f", &input]).chain(flags.iter().map(String::as_str)).collect();
    capture(&words, b"")
}

fn render(case: &str, backend: &str) -> Captured {
    run(case, &["render", "--backend", backend])
}

/// Consul's entries; none where nothing is written.
fn entries_text(case: &str) -> String {
    let said = run(case, &["render", "--backend", "consul", "--format", "config-entries", "-o", "json"]);
    if said.stdout.is_empty() { "[]\n".to_owned() } else { said.stdout }
}

/// All that is told: mistakes and losses once, then each backend's closing line and exit code. What only a reviewer
/// would point at is told in the cases of `lint` alone: each of the others shows one idea.
fn report(case: &str) -> String {
    let of_reviewers = CODES.map(|code| code.info().name).join(",");
    let suppress: &[&str] = if case.starts_with("lint/") { &[] } else { &["-S", &of_reviewers] };
    let said = run(case, &[&["lint", "-q", "--backend", "all"], suppress].concat());
    let mut text = said.stdout + &said.stderr;
    for backend in meshglot_registry::all() {
        let said = render(case, backend.name());
        let last = said.stderr.lines().rev().find(|line| !line.starts_with("note: ")).unwrap_or_default();
        text += &format!("{}: exit {}: {last}\n", backend.name(), said.exit);
    }
    text
}

/// What a backend gets.
fn output(case: &str, backend: &str) -> String {
    let said = render(case, backend);
    if said.stdout.is_empty() { nothing(&said) } else { said.stdout }
}

/// An empty output is a file that says why.
fn nothing(said: &Captured) -> String {
    let mut codes: Vec<&str> =
        said.stderr.lines().filter_map(|line| line.split_once('[')?.1.split_once(']')).map(|(code, _)| code).collect();
    codes.retain(|code| code.starts_with("MG"));
    codes.sort_unstable();
    codes.dedup();
    format!("# Nothing is rendered: {}.\n", if codes.is_empty() { "nothing is asked for".to_owned() } else { codes.join(", ") })
}

fn file(case: &str, name: &str) -> Text {
    let path = format!("{case}/{name}");
    Arc::new(move || fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}")))
}

/// The objects of the input, one document each: the vendors' readers know no nested lists, and take a document
/// that begins with a brace for JSON.
fn objects(case: &str, wanted: fn(&Value) -> bool) -> Text {
    let input = file(case, "input.yaml");
    Arc::new(move || {
        let (documents, _) = parse(&[Source::new("input.yaml", input())]);
        let values: Vec<Value> = documents.iter().map(|document| document.root().to_json()).filter(wanted).collect();
        yaml_stream(&values).expect("JSON values have a YAML form")
    })
}

/// What a cluster holds besides the rendered objects. Its namespaces are in the mesh: Istio's analyzers look at no
/// other pods.
fn cluster(case: &str) -> Text {
    let inventory = objects(case, |object| is_inventory(object) && object["kind"] != "Namespace");
    Arc::new(move || {
        let text = inventory();
        let mut namespaces: Vec<&str> = text.lines().filter_map(|line| line.trim().strip_prefix("namespace: ")).collect();
        namespaces.sort_unstable();
        namespaces.dedup();
        let namespace = |name: &str| {
            format!("---\napiVersion: v1\nkind: Namespace\nmetadata:\n  name: {name}\n  labels:\n    istio-injection: enabled\n")
        };
        text.clone() + &namespaces.into_iter().map(namespace).collect::<String>()
    })
}

/// What our CRDs and the API server itself can judge.
fn is_ours_or_native(object: &Value) -> bool {
    object["apiVersion"].as_str().is_none_or(|version| !version.starts_with("gateway."))
}

/// What people do not write for a mesh.
fn is_inventory(object: &Value) -> bool {
    let api_version = object["apiVersion"].as_str().unwrap_or_default();
    !api_version.is_empty() && !api_version.contains("smi-spec.io/") && !api_version.starts_with("meshglot.dev/")
}

pub(crate) fn compare(path: &str, text: &str) -> Result<(), Failed> {
    let golden = fs::read_to_string(path).unwrap_or_default();
    if golden == text {
        return Ok(());
    }
    let diff = TextDiff::from_lines(golden.as_str(), text).unified_diff().header(path, "rendered now").to_string();
    Err(format!("{diff}\nIf this is meant: UPDATE_GOLDEN=1 cargo test -p meshglot-golden, and read the change.").into())
}
