//! Every golden is decided over all requests: a mesh does with its objects what the policy says, as far as no loss of
//! the report says otherwise. Where nothing is written for a mesh, the report says why.

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use libtest_mimic::{Arguments, Failed, Trial};
use meshglot::{Exit, capture};

fn main() -> ExitCode {
    std::env::set_current_dir(env!("CARGO_MANIFEST_DIR")).expect("the crate's own folder");
    let backends = meshglot_registry::all().map(|backend| backend.name());
    let trials = cases().into_iter().flat_map(|case| backends.map(|backend| trial(backend, case.clone()))).collect();
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

/// `feature/case` of every folder with an input, sorted.
fn cases() -> Vec<String> {
    let folders = |path: &Path| -> Vec<_> { fs::read_dir(path).into_iter().flatten().flatten().map(|entry| entry.path()).collect() };
    // Conversions are policy without the mesh around it.
    let features: Vec<_> = folders(Path::new(".")).into_iter().filter(|feature| !feature.ends_with("convert")).collect();
    let inputs = features.iter().flat_map(|feature| folders(feature)).filter(|case| case.join("input.yaml").exists());
    let mut cases: Vec<String> = inputs.map(|case| case.display().to_string().trim_start_matches("./").to_owned()).collect();
    assert!(!cases.is_empty(), "there are goldens");
    cases.sort();
    cases
}

fn trial(backend: &'static str, case: String) -> Trial {
    Trial::test(format!("{case}/{backend}"), move || {
        let input = format!("{case}/input.yaml");
        let flags = fs::read_to_string(format!("{case}/flags")).unwrap_or_default();
        let words = ["verify", "-f", &input, "--backend", backend].into_iter().chain(flags.split_whitespace());
        let said = capture(&words.collect::<Vec<_>>(), b"");
        let answer = said.stdout.split_whitespace().nth(1);
        // Input without any object is told, and nothing is decided about it.
        let empty = said.exit == Exit::Invalid.code() && said.stdout.is_empty();
        match answer {
            Some("proved" | "withheld") => Ok(()),
            _ if empty => Ok(()),
            _ => Err(Failed::from(said.stdout + &said.stderr)),
        }
    })
}
