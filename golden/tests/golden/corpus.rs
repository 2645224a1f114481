//! Real policy files that nobody on this project wrote, read in place from `$MESHGLOT_CORPUS` (by default
//! `shared/corpus` beside the repository): each renders on every backend, or the report says why not.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use libtest_mimic::{Failed, Trial};
use meshglot::capture;

use crate::judges::{Judges, Text};

/// All tests of the corpus; none, and a line that says so, where it is absent.
pub(crate) fn trials(judges: &Judges) -> Vec<Trial> {
    let root = std::env::var_os("MESHGLOT_CORPUS").map_or_else(|| PathBuf::from("../../shared/corpus"), PathBuf::from);
    if !root.is_dir() {
        eprintln!("skip: corpus: {} is not there, set MESHGLOT_CORPUS", root.display());
        return Vec::new();
    }
    let mut files = Vec::new();
    walk(&root, &mut files);
    files.sort();
    let policies: Vec<&PathBuf> = files.iter().filter(|file| holds_policy(file)).collect();
    let rendered = policies.into_iter().flat_map(|file| file_trials(&root, file, &files, judges));
    let converted = files.iter().filter(|file| crate::convert::holds_smi(file)).map(|file| {
        let name = file.strip_prefix(&root).unwrap_or(file).display().to_string();
        crate::convert::corpus(&name, file, beside(file, &files))
    });
    rendered.chain(converted).collect()
}

/// The manifests in the same folder.
fn beside(file: &Path, files: &[PathBuf]) -> Vec<String> {
    let beside = files.iter().filter(|other| other.parent() == file.parent() && !holds_policy(other) && !crate::convert::holds_smi(other));
    beside.map(|path| path.display().to_string()).collect()
}

fn walk(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            walk(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml") {
            files.push(path);
        }
    }
}

fn holds_policy(file: &Path) -> bool {
    let text = fs::read_to_string(file).unwrap_or_default();
    text.lines().any(|line| matches!(line.trim_end(), "kind: TrafficSplit" | "kind: HTTPRouteGroup"))
}

/// The file, with the manifests beside it as inventory.
fn file_trials(root: &Path, file: &Path, files: &[PathBuf], judges: &Judges) -> Vec<Trial> {
    let name = file.strip_prefix(root).unwrap_or(file).display().to_string();
    let beside = files.iter().filter(|other| other.parent() == file.parent() && !holds_policy(other));
    let paths: Vec<String> = std::iter::once(file).chain(beside.map(PathBuf::as_path)).map(|path| path.display().to_string()).collect();
    let mut trials = Vec::new();
    for backend in meshglot_registry::all() {
        let backend = backend.name();
        let arguments = |format: &[&str]| -> Vec<String> {
            let fixed = ["render", "--backend", backend].into_iter().chain(format.iter().copied()).map(str::to_owned);
            fixed.chain(paths.iter().flat_map(|path| ["-f".to_owned(), path.clone()])).collect()
        };
        let (words, json) = (arguments(&[]), arguments(&["-o", "json"]));
        trials.push(Trial::test(format!("corpus/{name}/{backend}"), move || rendered_or_told(&json)));
        let entries = arguments(&["--format", "config-entries", "-o", "json"]);
        let text = |words: Vec<String>| -> Text { Arc::new(move || said(&words)) };
        // The neighbours of a real file are not all written down, so only what is rendered is judged.
        let nothing: Text = Arc::new(String::new);
        let judged = judges.output(
            &format!("corpus/{name}/{backend}"),
            backend,
            text(words),
            &nothing,
            text(if backend == "consul" { entries } else { Vec::new() }),
        );
        trials.extend(judged.into_iter().filter(|trial| !trial.name().ends_with("/analyze")));
    }
    trials
}

fn said(words: &[String]) -> String {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    capture(&words, b"").stdout
}

/// Every split of the file is a source of something rendered, or an error or loss names it.
fn rendered_or_told(words: &[String]) -> Result<(), Failed> {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let said = capture(&words, b"");
    if !matches!(said.exit, 0 | 1 | 3) {
        return Err(format!("exit {}: {}", said.exit, said.stderr).into());
    }
    let answer: serde_json::Value = serde_json::from_str(&said.stdout)?;
    let file = fs::read_to_string(words[words.iter().position(|word| *word == "-f").expect("a file") + 1])?;
    let splits = file.lines().filter(|line| line.trim() == "kind: TrafficSplit").count();
    let objects = answer["backends"][0]["objects"].as_array().into_iter().flatten();
    let rendered = objects
        .flat_map(|object| object["sources"].as_array().into_iter().flatten())
        .filter(|source| source.to_string().contains("TrafficSplit"))
        .count();
    let told = answer["diagnostics"].as_array().map_or(0, |all| all.iter().filter(|d| d["severity"] == "error").count());
    let refused =
        answer["backends"][0]["losses"].as_array().map_or(0, |all| all.iter().filter(|loss| loss["verdict"] == "refused").count());
    if splits > 0 && rendered + told + refused == 0 {
        return Err(format!("{splits} splits, nothing rendered and nothing told:\n{}", said.stdout).into());
    }
    Ok(())
}
