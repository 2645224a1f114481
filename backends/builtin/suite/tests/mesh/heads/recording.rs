//! What was played, as text, and how it differs from what was recorded.

use std::fs;
use std::path::{Path, PathBuf};

use super::differences::{Difference, KNOWN};

/// The data plane that is recorded.
const RECORDED: &str = "envoy";

/// Cases and their lines.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Recording(Vec<(String, Vec<String>)>);

impl Recording {
    pub(super) fn add(&mut self, case: &str, lines: Vec<String>) {
        self.0.push((case.to_owned(), lines));
    }

    fn parse(text: &str) -> Self {
        let cases = text.split("=== ").skip(1).filter_map(|case| case.split_once('\n'));
        Self(
            cases
                .map(|(name, lines)| (name.to_owned(), lines.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect()))
                .collect(),
        )
    }

    fn text(&self) -> String {
        let case = |(name, lines): &(String, Vec<String>)| format!("=== {name}\n{}\n", lines.join("\n"));
        self.0.iter().map(case).collect::<Vec<_>>().join("\n")
    }
}

/// How what was played of this name is otherwise than it should be.
pub(super) fn compare(name: &str, played: &Recording, data_plane: &str) -> Vec<String> {
    let path = path(name);
    if data_plane == RECORDED && std::env::var_os("UPDATE_GOLDEN").is_some_and(|value| !value.is_empty()) {
        return fs::write(&path, played.text()).err().map(|error| format!("{}: {error}", path.display())).into_iter().collect();
    }
    let recorded = match fs::read_to_string(&path) {
        Ok(text) => Recording::parse(&text),
        Err(error) => return vec![format!("{}: {error}", path.display())],
    };
    let names = |recording: &Recording| recording.0.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
    if names(&recorded) != names(played) {
        return vec![format!("{}: its cases are not those that are played", path.display())];
    }
    // As one reads it: in a file there is no end of a line that is empty.
    let played = Recording::parse(&played.text());
    let pairs = recorded.0.iter().zip(&played.0);
    pairs.filter_map(|((case, recorded), (_, played))| wrong(case, recorded, played, data_plane)).collect()
}

fn wrong(case: &str, recorded: &[String], played: &[String], data_plane: &str) -> Option<String> {
    let known: Vec<&Difference> = KNOWN.iter().filter(|known| data_plane != RECORDED && known.cases.contains(&case)).collect();
    let (mut gone, mut new) = (without(recorded, played), without(played, recorded));
    let is_order = gone.is_empty() && new.is_empty() && recorded != played;
    for difference in known {
        let there = |found: &[String], lines: &[&str]| lines.iter().all(|line| found.iter().any(|found| found == line));
        if !there(&gone, difference.recorded) || !there(&new, difference.ours) {
            let Difference { recorded, ours, why, .. } = difference;
            return Some(format!("{case}: a known difference is no longer there ({why}): {recorded:?} became {ours:?}"));
        }
        gone.retain(|line| !difference.recorded.contains(&line.as_str()));
        new.retain(|line| !difference.ours.contains(&line.as_str()));
    }
    if gone.is_empty() && new.is_empty() && !is_order {
        return None;
    }
    let told: Vec<String> = gone.iter().map(|line| format!("  - {line}")).chain(new.iter().map(|line| format!("  + {line}"))).collect();
    let order = if is_order { "the order of its lines\n" } else { "" };
    Some(format!("{case}: not as recorded: {order}\n{}", told.join("\n")))
}

/// Those lines of the first that the second has not, as often as they are there more often.
fn without(lines: &[String], others: &[String]) -> Vec<String> {
    let (mut others, mut alone) = (others.to_vec(), Vec::new());
    for line in lines {
        match others.iter().position(|other| other == line) {
            Some(at) => drop(others.swap_remove(at)),
            None => alone.push(line.clone()),
        }
    }
    alone
}

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/mesh/heads").join(format!("{name}.txt"))
}
