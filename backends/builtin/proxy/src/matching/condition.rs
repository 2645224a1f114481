//! Conditions on texts, headers and paths.

use http::request::Parts;

use crate::table::{HeaderMatch, HeaderSource, PathMatch, TextMatch};

/// A request as conditions see it.
#[derive(Clone, Copy)]
pub(crate) struct Seen<'r> {
    pub(crate) parts: &'r Parts,
    /// Host and port as the request says them.
    pub(crate) authority: &'r [u8],
    /// Normalised, with the query.
    pub(crate) target: &'r str,
    /// The same without the query.
    pub(crate) path: &'r str,
}

/// A target without its query.
pub(crate) fn path_of(target: &str) -> &str {
    target.split_once('?').map_or(target, |(path, _)| path)
}

impl TextMatch {
    pub(crate) fn matches(&self, text: &[u8]) -> bool {
        match self {
            Self::Exact(exact) => text == &**exact,
            Self::Prefix(prefix) => text.starts_with(prefix),
            Self::Regex(regex) => regex.compiled.is_match(text),
        }
    }
}

impl PathMatch {
    pub(crate) fn matches(&self, path: &str) -> bool {
        let path = path.as_bytes();
        match self {
            Self::Prefix(prefix) => path.starts_with(prefix),
            Self::Exact(exact) => path == &**exact,
            Self::Separated(prefix) => path.strip_prefix(&**prefix).is_some_and(|rest| rest.first().is_none_or(|byte| *byte == b'/')),
            Self::Regex(regex) => regex.compiled.is_match(path),
        }
    }

    /// How many bytes of a path that matches are its prefix.
    pub(crate) fn prefix_length(&self) -> usize {
        match self {
            Self::Prefix(text) | Self::Exact(text) | Self::Separated(text) => text.len(),
            Self::Regex(_) => 0,
        }
    }
}

impl HeaderMatch {
    pub(crate) fn matches(&self, seen: &Seen<'_>) -> bool {
        let is = |value: &[u8]| self.value.as_ref().is_none_or(|condition| condition.matches(value));
        let holds = match &self.source {
            HeaderSource::Method => is(seen.parts.method.as_str().as_bytes()),
            HeaderSource::Path => is(seen.target.as_bytes()),
            HeaderSource::Authority => is(seen.authority),
            HeaderSource::Scheme => seen.parts.uri.scheme_str().is_some_and(|scheme| is(scheme.as_bytes())),
            // Over HTTP/2 the host stands elsewhere, and to conditions it is one and the same.
            HeaderSource::Header(name) if *name == http::header::HOST => is(seen.authority),
            HeaderSource::Header(name) => seen.parts.headers.get_all(name).iter().any(|value| is(value.as_bytes())),
        };
        holds != self.invert
    }
}
