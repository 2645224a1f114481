//! Which golden cases show a code: found by what their reports say, never written by hand.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use meshglot_translator::diagnostic::CODES;

/// Cases that a page names.
const MOST: usize = 3;

/// `proof.txt` of each code: `feature/case` in a line, first those that say the least besides.
pub(crate) fn all() -> BTreeMap<&'static str, String> {
    let reports: Vec<(String, BTreeSet<&str>)> = reports().into_iter().map(|(case, report)| (case, said(&report))).collect();
    let of = |name: &'static str| {
        let mut cases: Vec<(usize, &str)> =
            reports.iter().filter(|(_, codes)| codes.contains(name)).map(|(case, codes)| (codes.len(), case.as_str())).collect();
        cases.sort_unstable();
        (name, cases.into_iter().take(MOST).map(|(_, case)| format!("{case}\n")).collect())
    };
    CODES.iter().map(|info| of(info.name)).collect()
}

fn said(report: &str) -> BTreeSet<&'static str> {
    CODES.iter().map(|info| info.name).filter(|name| report.contains(&format!("[{name}]"))).collect()
}

/// `feature/case` and report of every golden case, from the top of the repository.
fn reports() -> Vec<(String, String)> {
    let folders = |path: &str| -> Vec<String> {
        let entries = fs::read_dir(path).into_iter().flatten().flatten();
        entries.map(|entry| entry.path().display().to_string()).collect()
    };
    let cases = folders("golden").into_iter().flat_map(|feature| folders(&feature));
    let mut found: Vec<_> = cases
        .filter_map(|case| Some((case.strip_prefix("golden/")?.to_owned(), fs::read_to_string(format!("{case}/report.txt")).ok()?)))
        .collect();
    found.sort();
    assert!(!found.is_empty(), "there are goldens");
    found
}
