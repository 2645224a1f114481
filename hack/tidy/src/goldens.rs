//! Every golden case is complete, and every proof that a backend names is a case.

use std::collections::{BTreeMap, BTreeSet};

use crate::Findings;
use crate::tree::File;

/// Folders of `golden/` that hold no cases.
const NOT_FEATURES: [&str; 6] = ["codes", "convert", "refused", "src", "tests", "verdicts"];

/// Files of a case beside one `<backend>.yaml` each.
const ALWAYS: [&str; 3] = ["consul.json", "input.yaml", "report.txt"];

/// Files that a case may have besides: words of the command line, and what a vendor's linter rightly finds.
const SOMETIMES: [&str; 2] = ["flags", "refused-by"];

/// Cases with a file missing or one too many, and proofs that lead nowhere. `backends` are their names.
pub fn check(files: &[File], backends: &[&str]) -> Findings {
    let mut wanted: BTreeSet<String> = ALWAYS.iter().map(|name| (*name).to_owned()).collect();
    wanted.extend(backends.iter().map(|name| format!("{name}.yaml")));
    let cases = cases(files);
    let mut findings = Findings::new();
    if cases.is_empty() {
        findings.push("golden: no case at all".to_owned());
    }
    for (case, names) in &cases {
        let missing = wanted.iter().filter(|name| !names.contains(name.as_str()));
        findings.extend(missing.map(|name| format!("golden/{case}: no {name}: write it with UPDATE_GOLDEN=1 and read it")));
        let strange = names.iter().filter(|name| !wanted.contains(**name) && !SOMETIMES.contains(name));
        findings.extend(strange.map(|name| format!("golden/{case}/{name}: belongs to no backend")));
    }
    for file in files.iter().filter(|file| file.path.starts_with("backends/") && file.is(&["rs"])) {
        for (line, proof) in proofs(&file.text).filter(|(_, proof)| !cases.contains_key(proof)) {
            findings.push(format!("{}:{line}: the proof `{proof}` is no golden case", file.path));
        }
    }
    findings
}

/// `feature/case` to the names of its files.
fn cases(files: &[File]) -> BTreeMap<&str, BTreeSet<&str>> {
    let mut cases: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for path in files.iter().filter_map(|file| file.path.strip_prefix("golden/")) {
        let Some((case, name)) = path.rsplit_once('/') else { continue };
        let feature = case.split('/').next().unwrap_or_default();
        if !NOT_FEATURES.contains(&feature) {
            cases.entry(case).or_default().insert(name);
        }
    }
    cases
}

/// Line and value of each `proof: "..."` of a capability.
fn proofs(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let in_line = |(index, line)| {
        let (_, rest): (&str, &str) = str::split_once(line, "proof: \"")?;
        Some((index + 1, rest.split('"').next()?))
    };
    text.lines().enumerate().filter_map(in_line)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn case(names: &[&str]) -> Vec<File> {
        names.iter().map(|name| File::new(&format!("golden/split/a/{name}"), "")).collect()
    }

    #[test]
    fn a_case_has_all_its_files_and_no_others() {
        let whole = ["input.yaml", "istio.yaml", "consul.json", "report.txt", "flags"];
        assert_eq!(check(&case(&whole), &["istio"]), Findings::new());
        assert_eq!(check(&case(&whole[..3]), &["istio"]).len(), 1);
        assert_eq!(
            check(&case(&whole), &["istio", "linkerd"]),
            ["golden/split/a: no linkerd.yaml: write it with UPDATE_GOLDEN=1 and read it"]
        );
        assert_eq!(check(&case(&whole), &[]), ["golden/split/a/istio.yaml: belongs to no backend"]);
        assert_eq!(check(&[], &[]).len(), 1);
    }

    #[test]
    fn a_proof_is_a_case() {
        let mut files = case(&ALWAYS);
        let cell = |proof: &str| File::new("backends/x/src/split.rs", &format!("Capability {{ proof: \"{proof}\" }}"));
        files.push(cell("split/a"));
        assert_eq!(check(&files, &[]), Findings::new());
        files.push(cell("split/b"));
        assert_eq!(check(&files, &[]), ["backends/x/src/split.rs:1: the proof `split/b` is no golden case"]);
    }
}
