//! `convert/<case>/input.yaml`, and beside it what it becomes and what is told about it.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use libtest_mimic::{Failed, Trial};
use meshglot::{Captured, capture};

use crate::cases::{compare, flags, folders, name};
use crate::judges::Judges;

/// The folder of the cases.
pub(crate) const FOLDER: &str = "convert";

/// Writes all files of all cases.
pub(crate) fn update() {
    for case in cases() {
        for (file, text) in [("output.yaml", output(&case)), ("told.txt", told(&case))] {
            fs::write(format!("{case}/{file}"), text).unwrap_or_else(|error| panic!("{case}/{file}: {error}"));
        }
    }
}

/// All tests of all cases: the files are current, a second run changes nothing, and a cluster takes the output.
pub(crate) fn trials(judges: &Judges) -> Vec<Trial> {
    cases().into_iter().flat_map(|case| of_case(&case, judges)).collect()
}

fn of_case(case: &str, judges: &Judges) -> Vec<Trial> {
    let trial = |what: &str, run: fn(&str) -> Result<(), Failed>| {
        let of_case = case.to_owned();
        Trial::test(format!("{case}/{what}"), move || run(&of_case))
    };
    let path = format!("{case}/output.yaml");
    let text = Arc::new(move || fs::read_to_string(&path).unwrap_or_default());
    // The newest versions that the SMI project's own definitions serve.
    let served = case.to_owned();
    let served = Arc::new(move || said(&format!("{served}/input.yaml"), &["--to", "newest,access/v1alpha3"]).stdout);
    vec![
        trial("output", |case| compare(&format!("{case}/output.yaml"), &output(case))),
        trial("told", |case| compare(&format!("{case}/told.txt"), &told(case))),
        trial("again", |case| compare(&format!("{case}/output.yaml"), &run(case, "output.yaml").stdout)),
        judges.input(format!("{case}/input"), text),
        judges.smi(format!("{case}/smi"), served),
    ]
}

fn cases() -> Vec<String> {
    folders(Path::new(FOLDER)).iter().map(|case| format!("{FOLDER}/{}", name(case))).collect()
}

fn run(case: &str, file: &str) -> Captured {
    let flags = flags(case);
    said(&format!("{case}/{file}"), &flags.iter().map(String::as_str).collect::<Vec<_>>())
}

fn said(file: &str, flags: &[&str]) -> Captured {
    capture(&[&["convert", "-f", file], flags].concat(), b"")
}

fn output(case: &str) -> String {
    run(case, "input.yaml").stdout
}

fn told(case: &str) -> String {
    let said = run(case, "input.yaml");
    format!("{}exit {}\n", said.stderr, said.exit)
}

/// Whether a file has SMI objects, of whatever age.
pub(crate) fn holds_smi(file: &Path) -> bool {
    const KINDS: [&str; 6] = ["TrafficSplit", "HTTPRouteGroup", "TCPRoute", "UDPRoute", "TrafficTarget", "IdentityBinding"];
    let text = fs::read_to_string(file).unwrap_or_default();
    text.lines().filter_map(|line| line.strip_prefix("kind: ")).any(|kind| KINDS.contains(&kind.trim()))
}

/// A real file: a second conversion changes nothing, and every mesh gets the same from what could be converted.
pub(crate) fn corpus(name: &str, file: &Path, beside: Vec<String>) -> Trial {
    let text = dated(file);
    Trial::test(format!("corpus/{name}/convert"), move || {
        let newest = capture(&["convert", "-f", "-"], text.as_bytes());
        if !matches!(newest.exit, 0 | 1 | 3) {
            return Err(format!("exit {}: {}", newest.exit, newest.stderr).into());
        }
        let again = capture(&["convert", "-f", "-"], newest.stdout.as_bytes());
        if !newest.stdout.is_empty() && again.stdout != newest.stdout {
            return Err(format!("converted again:\n{}\nfirst:\n{}", again.stdout, newest.stdout).into());
        }
        for backend in meshglot_registry::all().into_iter().filter(|_| newest.exit == 0) {
            let (before, after) = (objects(&text, &beside, backend.name()), objects(&newest.stdout, &beside, backend.name()));
            if before != after {
                return Err(format!("{} gets something else:\n{before:#?}\nnow:\n{after:#?}", backend.name()).into());
            }
        }
        Ok(())
    })
}

/// The file; pages of the specification leave versions out, which their names say.
fn dated(file: &Path) -> String {
    let text = fs::read_to_string(file).unwrap_or_default();
    let stem = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let Some((group, version)) = stem.strip_prefix("traffic-").and_then(|rest| rest.split_once('-')).filter(|(_, v)| v.starts_with('v'))
    else {
        return text;
    };
    let one = |document: &str| {
        let smi = ["TrafficSplit", "HTTPRouteGroup", "TCPRoute", "UDPRoute", "TrafficTarget", "IdentityBinding"];
        let kind = document.lines().find_map(|line| line.strip_prefix("kind: ")).unwrap_or_default();
        let of = if kind.ends_with("Route") || kind.ends_with("Group") { "specs" } else { group };
        let bare = smi.contains(&kind) && !document.contains("apiVersion:");
        if bare { format!("\napiVersion: {of}.smi-spec.io/{version}\n{}", document.trim_start()) } else { document.to_owned() }
    };
    text.split("\n---").map(one).collect::<Vec<_>>().join("\n---")
}

/// What a mesh gets of a text and some files, without the names of what it was made from, and the exit code.
fn objects(text: &str, beside: &[String], backend: &str) -> (u8, Vec<serde_json::Value>) {
    let files = beside.iter().flat_map(|file| ["-f", file.as_str()]);
    let words: Vec<&str> = ["render", "-f", "-", "--backend", backend, "-o", "json"].into_iter().chain(files).collect();
    let said = capture(&words, text.as_bytes());
    let mut answer: serde_json::Value = serde_json::from_str(&said.stdout).unwrap_or_default();
    // Where nothing is written there is no document.
    let objects =
        answer.pointer_mut("/backends/0/objects").and_then(serde_json::Value::as_array_mut).map(std::mem::take).unwrap_or_default();
    let bare = objects.into_iter().map(|mut object| {
        object["object"]["metadata"]["annotations"].take();
        object["object"].take()
    });
    (said.exit, bare.collect())
}
