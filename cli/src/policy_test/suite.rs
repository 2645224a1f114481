//! A PolicyTest as it was read: every word of it means something, and knows its place.

use std::path::PathBuf;

use meshglot_translator::diagnostic::Code;
use meshglot_translator::parse::Origin;

use super::share::Bounds;

/// The tests of one document.
#[derive(Debug)]
pub(super) struct Suite {
    pub(super) name: String,
    /// Further policy, and where it is named.
    pub(super) inputs: Vec<(PathBuf, Origin)>,
    /// Of names that have none; `None`: that of the command line.
    pub(super) namespace: Option<String>,
    /// Empty: all.
    pub(super) backends: Vec<String>,
    pub(super) tests: Vec<Test>,
    pub(super) origin: Origin,
}

/// One test.
#[derive(Debug)]
pub(super) struct Test {
    /// As it is called, or what it says.
    pub(super) name: String,
    pub(super) assertion: Assertion,
    /// Where the assertion stands.
    pub(super) origin: Origin,
}

/// What is to hold.
#[derive(Debug)]
pub(super) enum Assertion {
    /// Calls that are answered, or denied.
    Call { allowed: bool, from: Vec<(String, Origin)>, to: Vec<Destination>, headers: Vec<String> },
    /// A call that is answered in shares.
    Split { from: (String, Origin), to: Destination, headers: Vec<String>, shares: Vec<Share> },
    /// Meshes that lose nothing else.
    Lossless { backends: Vec<String>, except: Vec<Code> },
}

/// What is called.
#[derive(Debug)]
pub(super) struct Destination {
    pub(super) method: String,
    pub(super) url: String,
    pub(super) origin: Origin,
}

/// Who gets how much.
#[derive(Debug)]
pub(super) struct Share {
    pub(super) who: String,
    pub(super) bounds: Bounds,
    pub(super) origin: Origin,
}

impl Destination {
    /// As it was written.
    pub(super) fn text(&self) -> String {
        if self.url.starts_with("tcp:") { self.url.clone() } else { format!("{} {}", self.method, self.url) }
    }
}

impl Assertion {
    /// In one line.
    pub(super) fn text(&self) -> String {
        let with = |headers: &[String]| headers.iter().map(|header| format!(" -H '{header}'")).collect::<String>();
        match self {
            Self::Call { allowed, from, to, headers } => {
                let from: Vec<&str> = from.iter().map(|(who, _)| who.as_str()).collect();
                let to: Vec<String> = to.iter().map(Destination::text).collect();
                let word = if *allowed { "can" } else { "cannot" };
                format!("{} {word} {}{}", from.join(", "), to.join(", "), with(headers))
            }
            Self::Split { from, to, headers, shares } => {
                let shares: Vec<String> = shares.iter().map(|share| format!("{} {}", share.who, share.bounds)).collect();
                format!("split {} {}{}: {}", from.0, to.text(), with(headers), shares.join(", "))
            }
            Self::Lossless { except, .. } if except.is_empty() => "lossless".to_owned(),
            Self::Lossless { except, .. } => {
                let except: Vec<&str> = except.iter().map(|code| code.info().name).collect();
                format!("lossless except {}", except.join(", "))
            }
        }
    }
}
