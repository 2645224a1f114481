//! Conditions on texts, headers and paths.

use std::fmt;

use http::HeaderName;
use regex_automata::meta::Regex;

/// A condition on a text.
#[derive(Clone, Debug)]
pub enum TextMatch {
    /// It is this.
    Exact(Box<[u8]>),
    /// It begins with this.
    Prefix(Box<[u8]>),
    /// All of it matches.
    Regex(Text),
}

/// A regular expression that a whole text has to match, and what was written.
#[derive(Clone)]
pub struct Text {
    /// As it was written.
    pub written: Box<str>,
    /// Anchored at both ends.
    pub compiled: Regex,
}

/// What was written tells all of it: what it was compiled to also remembers what it was asked.
impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Text").field(&self.written).finish()
    }
}

/// What a condition on a header looks at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HeaderSource {
    /// `:method`.
    Method,
    /// `:path`, with its query.
    Path,
    /// `:authority`.
    Authority,
    /// A header other than `host`; of a repeated one some value has to match.
    Header(HeaderName),
}

/// A condition on a header.
#[derive(Clone, Debug)]
pub struct HeaderMatch {
    /// Of what.
    pub source: HeaderSource,
    /// Its value; `None`: it has to be there, whatever it is.
    pub value: Option<TextMatch>,
    /// It holds where the rest does not.
    pub invert: bool,
}

/// A condition on the path, without its query.
#[derive(Clone, Debug)]
pub enum PathMatch {
    /// It begins with this, byte by byte.
    Prefix(Box<[u8]>),
    /// It is this.
    Exact(Box<[u8]>),
    /// It is this, or begins with this and `/`.
    Separated(Box<[u8]>),
    /// All of it matches.
    Regex(Text),
}
