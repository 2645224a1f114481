//! What else has to hold of an answer: headers on both ways, messages, and how long it took.

use std::time::Duration;

use meshglot_suite::Answer;

/// One condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Check {
    /// `sees NAME: VALUE`: the request came with it.
    Sees(String),
    /// `holds NAME: PART`: the request came with it, and more.
    Holds(String, String),
    /// `never TEXT`: nothing in the request says so.
    Never(String),
    /// `hides NAME`: the request came without.
    Hides(String),
    /// `lacks NAME`: the response came without.
    Lacks(String),
    /// `has NAME: VALUE`: the response came with it.
    Has(String),
    /// `says TEXT`: that is all of its body.
    Says(String),
    /// `N messages` came back.
    Messages(usize),
    /// `A..B ms`.
    Took(Duration, Duration),
}

impl Check {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        if let Some(messages) = text.strip_suffix(" messages") {
            return Some(Self::Messages(messages.parse().ok()?));
        }
        if let Some(range) = text.strip_suffix(" ms") {
            let (from, to) = range.split_once("..")?;
            return Some(Self::Took(Duration::from_millis(from.parse().ok()?), Duration::from_millis(to.parse().ok()?)));
        }
        let (word, what) = text.split_once(' ')?;
        match word {
            "sees" => Some(Self::Sees(what.to_owned())),
            "holds" => what.split_once(": ").map(|(name, part)| Self::Holds(format!("{name}: "), part.to_owned())),
            "never" => Some(Self::Never(what.to_owned())),
            "hides" => Some(Self::Hides(format!("{what}: "))),
            "has" => Some(Self::Has(what.to_owned())),
            "says" => Some(Self::Says(what.to_owned())),
            "lacks" => Some(Self::Lacks(format!("{what}: "))),
            _ => None,
        }
    }

    pub(crate) fn holds(&self, answer: &Answer, took: Duration) -> bool {
        let begins = |line: &str, with: &str| line.get(..with.len()).is_some_and(|start| start.eq_ignore_ascii_case(with));
        match (self, answer) {
            (Self::Sees(line), Answer::Http { body, .. }) => body.lines().any(|came| came.eq_ignore_ascii_case(line)),
            (Self::Holds(name, part), Answer::Http { body, .. }) => body.lines().any(|line| begins(line, name) && line.contains(part)),
            (Self::Never(text), Answer::Http { body, .. }) => !body.contains(text),
            (Self::Hides(name), Answer::Http { body, .. }) => !body.lines().any(|line| begins(line, name)),
            (Self::Lacks(name), Answer::Http { head, .. }) => !head.lines().any(|line| begins(line, name)),
            (Self::Has(line), Answer::Http { head, .. }) => head.lines().any(|came| came.eq_ignore_ascii_case(line)),
            (Self::Says(text), Answer::Http { body, .. }) => body == text,
            (Self::Messages(expected), Answer::Grpc { messages, .. }) => messages == expected,
            (Self::Took(least, most), _) => (*least..=*most).contains(&took),
            _ => false,
        }
    }
}
