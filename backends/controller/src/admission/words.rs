//! What is said of an object, as the API server passes it on.

use meshglot_translator::diagnostic::{Diagnostic, Place, Severity};
use meshglot_translator::render::{Loss, Verdict};

/// Characters of one warning that clients get to see.
const ONE: usize = 256;

/// Characters of all warnings of an answer.
const ALL: usize = 4096;

/// Room for the count of those that are left out.
const COUNT: usize = 64;

/// One thing that is said: the code, the field, what happened, what to do.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Remark {
    /// The worst is the least.
    rank: u8,
    text: String,
}

impl Remark {
    pub(crate) fn of_diagnostic(one: &Diagnostic) -> Self {
        let rank = match one.severity {
            Severity::Error => 1,
            Severity::Warning => 3,
            Severity::Info => 5,
        };
        let field = match &one.place {
            Some(Place::Value(origin)) => origin.path(),
            Some(Place::Text(_)) | None => String::new(),
        };
        Self { rank, text: text(one.code.info().name, &field, &one.message, one.help.as_deref()) }
    }

    pub(crate) fn of_loss(one: &Loss) -> Self {
        let (rank, word) = match one.verdict {
            Verdict::Widened => (0, "nothing is written while it stands"),
            Verdict::Refused => (1, "refused"),
            Verdict::Dropped => (2, "dropped"),
            Verdict::Narrowed => (3, "narrowed"),
            Verdict::Rounded => (4, "rounded"),
            Verdict::Equivalent | Verdict::Exact => (5, "said otherwise"),
        };
        let what = format!("{} ({}: {word})", one.message, one.backend);
        Self { rank, text: text(one.code.info().name, &one.origin.path(), &what, one.help.as_deref()) }
    }

    /// Something that has no code.
    pub(crate) fn note(text: &str) -> Self {
        Self { rank: 0, text: text.to_owned() }
    }
}

fn text(code: &str, field: &str, message: &str, help: Option<&str>) -> String {
    let at = if field.is_empty() { String::new() } else { format!(" {field}") };
    let help = help.map(|help| format!("; {help}")).unwrap_or_default();
    // A header takes one line.
    format!("{code}{at}: {message}{help}").split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Everything that is wrong, a line each.
pub(super) fn denial(faults: &[Remark]) -> String {
    faults.iter().map(|one| one.text.as_str()).collect::<Vec<_>>().join("\n")
}

/// The worst first, each once, as many and as much of each as clients get to see; the others are counted.
pub(super) fn warnings(mut remarks: Vec<Remark>) -> Vec<String> {
    remarks.sort();
    remarks.dedup();
    let (mut left, mut shown) = (ALL - COUNT, Vec::new());
    for remark in &remarks {
        let text = cut(&remark.text);
        let Some(rest) = left.checked_sub(text.chars().count()) else { break };
        left = rest;
        shown.push(text);
    }
    let hidden = remarks.len() - shown.len();
    if hidden > 0 {
        shown.push(format!("and {hidden} more"));
    }
    shown
}

fn cut(text: &str) -> String {
    if text.chars().count() <= ONE {
        return text.to_owned();
    }
    text.chars().take(ONE - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn remark(rank: u8, text: String) -> Remark {
        Remark { rank, text }
    }

    #[test]
    fn the_worst_comes_first_and_what_does_not_fit_is_counted() {
        let many = (0..100).map(|one| remark(3, format!("{one:03}{}", "ä".repeat(300)))).chain([remark(0, "worst".to_owned())]);
        let shown = warnings(many.collect());
        assert_eq!(shown[0], "worst");
        assert!(shown.iter().all(|one| one.chars().count() <= ONE), "{shown:?}");
        assert!(shown.iter().map(|one| one.chars().count()).sum::<usize>() <= ALL, "{shown:?}");
        assert_eq!(shown.last().map(String::as_str), Some(&*format!("and {} more", 101 - (shown.len() - 1))));
    }

    #[test]
    fn what_is_said_twice_is_said_once_and_in_one_line() {
        let text = text("MG0000", "spec", "one\n  two", Some("do that"));
        assert_eq!(text, "MG0000 spec: one two; do that");
        assert_eq!(warnings(vec![remark(1, text.clone()), remark(1, text.clone())]), [text]);
    }
}
