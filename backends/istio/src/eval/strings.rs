//! How Istio compares texts: string matches of routes, wildcards of authorization, hosts.

use meshglot_translator::eval::asked::{Part, Test, asks};
use regex_automata::meta::Regex;
use regex_automata::util::syntax;
use serde_json::Value;

use meshglot_translator::eval::maybe::Maybe;

/// An expression that has to match a whole text, as Envoy uses RE2.
#[derive(Debug)]
pub(super) struct Whole {
    text: String,
    regex: Regex,
}

impl Whole {
    fn matches(&self, part: impl FnOnce() -> Option<Part>, text: &str) -> bool {
        asks(part, Test::Regex(&self.text), false);
        self.regex.is_match(text)
    }
}

/// Reads an expression; `None`: one that we may read differently.
pub(super) fn whole(expression: &str) -> Option<Box<Whole>> {
    let regex = compile(&format!("^(?:{expression})$"), expression)?;
    Some(Box::new(Whole { text: expression.to_owned(), regex }))
}

/// An expression that may match anywhere.
pub(super) fn part(expression: &str) -> Option<Regex> {
    compile(expression, expression)
}

fn compile(pattern: &str, written: &str) -> Option<Regex> {
    // RE2 knows neither nested classes nor operations on classes, where our engine reads them into the same text.
    let class_operation = ["&&", "--", "~~"].iter().any(|operation| written.contains(operation));
    if class_operation || has_nested_class(written) {
        return None;
    }
    Regex::builder().syntax(syntax::Config::new().unicode(false).utf8(false)).build(pattern).ok()
}

fn has_nested_class(expression: &str) -> bool {
    let bytes = expression.as_bytes();
    let (mut at, mut class) = (0, false);
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 1,
            b'[' if class && bytes.get(at + 1) != Some(&b':') => return true,
            b'[' if class => at += expression[at..].find(":]").map_or(0, |end| end + 1),
            b'[' => {
                class = true;
                // A `]` directly behind the opening is a member of the class.
                at += usize::from(bytes.get(at + 1) == Some(&b'^'));
                at += usize::from(bytes.get(at + 1) == Some(&b']'));
            }
            b']' => class = false,
            _ => {}
        }
        at += 1;
    }
    false
}

/// `StringMatch` of a VirtualService.
///
/// # Source
/// Istio `route.go`: an empty match and the regex `*` ask for presence only.
#[derive(Debug)]
pub(super) enum TextMatch {
    /// There, even if empty.
    Present,
    /// The whole text.
    Exact(String),
    /// A start of it.
    Prefix(String),
    /// The whole text by an expression.
    Regex(Box<Whole>),
    /// Something that is not known.
    Unknown,
}

impl TextMatch {
    /// Reads a match.
    pub(super) fn of(value: &Value) -> Self {
        let Some(map) = value.as_object() else { return if value.is_null() { Self::Present } else { Self::Unknown } };
        let mut entries = map.iter();
        match (entries.next().map(|(key, value)| (key.as_str(), value.as_str())), entries.next()) {
            (None, _) | (Some(("regex", Some("*"))), None) => Self::Present,
            (Some(("exact", Some(text))), None) => Self::Exact(text.to_owned()),
            (Some(("prefix", Some(text))), None) => Self::Prefix(text.to_owned()),
            (Some(("regex", Some(text))), None) => whole(text).map_or(Self::Unknown, Self::Regex),
            _ => Self::Unknown,
        }
    }

    /// Whether a text that is there matches; `part` is where it stands.
    pub(super) fn matches(&self, part: impl FnOnce() -> Option<Part>, text: &str, ignore_case: bool) -> Maybe {
        match self {
            Self::Present => Some(true),
            Self::Exact(exact) => Some(exactly(part, text, exact, ignore_case)),
            Self::Prefix(prefix) => Some(starts_with(part, text, prefix, ignore_case)),
            Self::Regex(whole) => Some(whole.matches(part, text)),
            Self::Unknown => None,
        }
    }
}

/// A value of an AuthorizationPolicy: `x`, `x*`, `*x` or `*`.
///
/// # Source
/// Istio `pilot/pkg/security/authz/matcher`: `string.go`, `header.go`.
#[derive(Debug)]
pub(super) enum Wildcard {
    /// `*` of a header: there, even if empty.
    Present,
    /// The whole text.
    Exact(String),
    /// `x*`.
    Prefix(String),
    /// `*x`.
    Suffix(String),
    /// The whole text by an expression; `None`: one that cannot be read.
    Regex(Option<Box<Whole>>),
}

impl Wildcard {
    /// Reads a value.
    pub(super) fn of(value: &str) -> Self {
        match (value, value.strip_prefix('*'), value.strip_suffix('*')) {
            ("*", ..) => Self::Present,
            (_, Some(end), _) => Self::Suffix(end.to_owned()),
            (_, _, Some(start)) => Self::Prefix(start.to_owned()),
            _ => Self::Exact(value.to_owned()),
        }
    }

    /// Reads an expression.
    pub(super) fn regex(expression: &str) -> Self {
        Self::Regex(whole(expression))
    }

    /// Whether a text that is there matches; `part` is where it stands in the request, if it does.
    pub(super) fn matches(&self, part: impl FnOnce() -> Option<Part>, text: &str, ignore_case: bool) -> Maybe {
        match self {
            Self::Present => Some(true),
            Self::Exact(exact) => Some(exactly(part, text, exact, ignore_case)),
            Self::Prefix(prefix) => Some(starts_with(part, text, prefix, ignore_case)),
            Self::Suffix(suffix) => Some(ends_with(part, text, suffix, ignore_case)),
            Self::Regex(whole) => whole.as_ref().map(|whole| whole.matches(part, text)),
        }
    }
}

fn exactly(part: impl FnOnce() -> Option<Part>, text: &str, exact: &str, ignore_case: bool) -> bool {
    asks(part, Test::Exact(exact), ignore_case);
    same(text, exact, ignore_case)
}

fn starts_with(part: impl FnOnce() -> Option<Part>, text: &str, prefix: &str, ignore_case: bool) -> bool {
    asks(part, Test::Prefix(prefix), ignore_case);
    text.get(..prefix.len()).is_some_and(|start| same(start, prefix, ignore_case))
}

fn ends_with(part: impl FnOnce() -> Option<Part>, text: &str, suffix: &str, ignore_case: bool) -> bool {
    asks(part, Test::Suffix(suffix), ignore_case);
    let end = text.len().checked_sub(suffix.len()).and_then(|at| text.get(at..));
    end.is_some_and(|end| same(end, suffix, ignore_case))
}

fn same(a: &str, b: &str, ignore_case: bool) -> bool {
    if ignore_case { a.eq_ignore_ascii_case(b) } else { a == b }
}

/// Whether a host lies within a host of an object, which may be `*` or begin with `*.`.
///
/// # Source
/// Istio `pkg/config/host/name.go`, `SubsetOf`.
pub(super) fn host_within(host: &str, wide: &str) -> bool {
    match wide.strip_prefix('*') {
        Some(end) => host.len() >= wide.len() && host.ends_with(end) || host == wide || end.is_empty(),
        None => host == wide,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use test_case::test_case;

    #[test_case(json!({"exact": "a"}), "a", Some(true) ; "exact")]
    #[test_case(json!({"exact": "a"}), "A", Some(false) ; "exact in capitals")]
    #[test_case(json!({"prefix": "/api"}), "/apix", Some(true) ; "a prefix splits segments")]
    #[test_case(json!({"regex": "a|b"}), "ab", Some(false) ; "a regex is about the whole text")]
    #[test_case(json!({"regex": ".*b"}), "aab", Some(true) ; "regex")]
    #[test_case(json!({"regex": "*"}), "", Some(true) ; "the regex star is presence")]
    #[test_case(json!({}), "", Some(true) ; "an empty match is presence")]
    #[test_case(json!({"regex": "[a&&b]"}), "a", None ; "a class operation of another engine")]
    #[test_case(json!({"regex": "[[a]]"}), "a", None ; "a nested class")]
    #[test_case(json!({"regex": "[[:alpha:]]+[]x]"}), "ab]", Some(true) ; "classes that both engines read alike")]
    #[test_case(json!({"regex": "("}), "(", None ; "no expression")]
    #[test_case(json!({"glob": "a"}), "a", None ; "unknown form")]
    fn text_match(value: Value, text: &str, want: Maybe) {
        assert_eq!(TextMatch::of(&value).matches(|| None, text, false), want);
    }

    #[test_case("a", "a", true ; "exact")]
    #[test_case("/a*", "/a", true ; "prefix takes itself")]
    #[test_case("/a*", "/", false ; "prefix of more")]
    #[test_case("*.key", "/a.key", true ; "suffix")]
    #[test_case("*.key", "key", false ; "suffix of more")]
    #[test_case("*", "", true ; "star")]
    #[test_case("/a/*/x", "/a/b/x", false ; "a star inside is a star")]
    #[test_case("*a*", "a*", true ; "only the first star counts")]
    fn wildcard(value: &str, text: &str, want: bool) {
        assert_eq!(Wildcard::of(value).matches(|| None, text, false), Some(want));
    }

    #[test_case("a.b", "a.b", true ; "same host")]
    #[test_case("a.b", "*.b", true ; "below")]
    #[test_case(".b", "*.b", false ; "nothing below")]
    #[test_case("*.a.b", "*.b", true ; "wildcard within a wider one")]
    #[test_case("a.b", "*", true ; "everything")]
    #[test_case("xb", "*.b", false ; "another word")]
    fn host(host: &str, wide: &str, want: bool) {
        assert_eq!(host_within(host, wide), want);
    }
}
