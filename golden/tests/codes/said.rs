//! What `lint` says about an example.

use libtest_mimic::Failed;
use meshglot::capture;
use meshglot_translator::diagnostic::CodeInfo;
use serde_json::Value;

use crate::made;

/// The findings, each with how loud it is.
pub(crate) struct Said(Vec<(String, bool)>);

impl Said {
    /// Lints `bad.yaml` or `good.yaml` of a code, with its flags and these.
    pub(crate) fn of(info: &CodeInfo, file: &str, more: &[&str]) -> Result<Self, Failed> {
        let path = format!("golden/codes/{}/{file}", info.name);
        let made = made::input(info.name, file);
        let (path, stdin) = match (&info.example, &made) {
            (Some(_), _) => (path.as_str(), ""),
            (None, Some(text)) => ("-", text.as_str()),
            (None, None) => return Err(missing(info)),
        };
        let flags = info.example_flags();
        let words = ["lint", "-o", "json", "-f", path].into_iter().chain(flags.split_whitespace()).chain(more.iter().copied());
        let said = capture(&words.collect::<Vec<_>>(), stdin.as_bytes());
        let answer: Value = serde_json::from_str(&said.stdout).map_err(|_| Failed::from(said.stderr))?;
        let of = |list: &str, loud: fn(&Value) -> bool| -> Vec<(String, bool)> {
            let findings = answer[list].as_array().into_iter().flatten();
            findings.map(|one| (one["code"].as_str().unwrap_or_default().to_owned(), loud(one))).collect()
        };
        let mut findings = of("diagnostics", |one| one["severity"] != "info");
        findings.extend(of("losses", |one| {
            let note = matches!(one["verdict"].as_str(), Some("exact" | "equivalent" | "rounded"));
            !note && one["accepted"] != true
        }));
        Ok(Self(findings))
    }

    /// Everything that is said.
    pub(crate) fn codes(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(code, _)| code.as_str())
    }

    /// Errors and warnings that nobody accepted.
    pub(crate) fn loud(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter(|(_, loud)| *loud).map(|(code, _)| code.as_str())
    }
}

/// What a reader of the page is shown: the command's own words about the bad example.
pub(crate) fn text(info: &CodeInfo) -> String {
    let path = format!("golden/codes/{}/bad.yaml", info.name);
    let flags = info.example_flags();
    let words: Vec<&str> = ["lint", "-f", &path].into_iter().chain(flags.split_whitespace()).collect();
    if info.example.is_none() {
        return String::new();
    }
    let said = capture(&words, b"");
    said.stdout + &said.stderr
}

fn missing(info: &CodeInfo) -> Failed {
    let name = info.name;
    let cases = format!("grep -l '\\[{name}\\]' golden/*/*/report.txt");
    format!(
        "{name} has no example. Write golden/codes/{name}/bad.yaml, a complete input of at most {} lines that says {name} and nothing else \
         above a note, and good.yaml, the same without the trouble. Cases to cut down: {cases}. Then UPDATE_GOLDEN=1 cargo test -p \
         meshglot-golden --test codes.",
        crate::LINES
    )
    .into()
}
