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
        let (is_there, holds) = match &self.source {
            HeaderSource::Method => (true, is(seen.parts.method.as_str().as_bytes())),
            HeaderSource::Path => (true, is(seen.target.as_bytes())),
            HeaderSource::Authority => (true, is(seen.authority)),
            HeaderSource::Header(name) => {
                let values = seen.parts.headers.get_all(name);
                (values.iter().next().is_some(), values.iter().any(|value| is(value.as_bytes())))
            }
        };
        // What is not there has no value that could be another one: as Envoy has it unless missing ones are to count as empty.
        if !is_there && self.value.is_some() { false } else { holds != self.invert }
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderName, Request};
    use test_case::test_case;

    use super::*;

    #[test_case("x-a: 1", Some("1"), false, true ; "the value")]
    #[test_case("x-a: 1", Some("1"), true, false ; "not the value")]
    #[test_case("x-a: 2", Some("1"), true, true ; "another value")]
    #[test_case("x-b: 1", Some("1"), true, false ; "no value that could be another")]
    #[test_case("x-b: 1", None, true, true ; "it is not there")]
    #[test_case("x-a: 1", None, true, false ; "it is there")]
    #[test_case("x-a: 1", None, false, true ; "there")]
    #[test_case("x-b: 1", None, false, false ; "not there")]
    fn of_a_header(header: &str, value: Option<&str>, invert: bool, want: bool) {
        let (name, said) = header.split_once(": ").expect("a header");
        let (parts, ()) = Request::get("/").header(name, said).body(()).expect("a request").into_parts();
        let seen = Seen { parts: &parts, authority: b"api.shop", target: "/", path: "/" };
        let value = value.map(|value| TextMatch::Exact(value.as_bytes().into()));
        let condition = HeaderMatch { source: HeaderSource::Header(HeaderName::from_static("x-a")), value, invert };
        assert_eq!(condition.matches(&seen), want);
    }
}
