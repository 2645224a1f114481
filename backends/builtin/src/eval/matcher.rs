//! Conditions on texts and headers: Envoy's `StringMatcher` and `HeaderMatcher`.

use std::collections::HashMap;
use std::sync::Arc;

use meshglot_translator::eval::asked::{Part, Test, asks};
use regex_automata::meta::Regex;
use regex_automata::util::syntax;
use serde_json::Value;

use super::fields::{Fields, Read, any};

/// Regular expressions that were compiled, by their text.
#[derive(Default)]
pub(super) struct Patterns(HashMap<String, Read<Arc<Regex>>>);

impl Patterns {
    /// Envoy takes an expression for the whole text. One that cannot be compiled makes it refuse the resource.
    fn compile(&mut self, text: &str) -> Read<Arc<Regex>> {
        if let Some(known) = self.0.get(text) {
            return known.clone();
        }
        let syntax = syntax::Config::new().unicode(false).utf8(false);
        let compiled = Regex::builder().syntax(syntax).build(&format!("^(?:{text})$"));
        let compiled = compiled.map(Arc::new).map_err(|error| format!("regular expression {text:?}: {error}"));
        self.0.insert(text.to_owned(), compiled.clone());
        compiled
    }
}

/// What a text must be like.
#[derive(Debug)]
pub(super) enum Text {
    Exact(String),
    Prefix(String),
    Suffix(String),
    Contains(String),
    Regex(String, Arc<Regex>),
}

impl Text {
    /// Reads a `StringMatcher`.
    pub(super) fn new(matcher: &Value, patterns: &mut Patterns) -> Read<Self> {
        let (kind, value) = Fields::of(matcher)?.one_of()?;
        if kind == "safe_regex" {
            return Self::regex(value, patterns);
        }
        let text = value.as_str().ok_or_else(|| format!("{kind}: {value} is no text"))?.to_owned();
        match kind {
            "exact" => Ok(Self::Exact(text)),
            "prefix" => Ok(Self::Prefix(text)),
            "suffix" => Ok(Self::Suffix(text)),
            "contains" => Ok(Self::Contains(text)),
            _ => Err(format!("matcher {kind} is not modelled")),
        }
    }

    /// Reads a `RegexMatcher`.
    pub(super) fn regex(matcher: &Value, patterns: &mut Patterns) -> Read<Self> {
        let mut fields = Fields::of(matcher)?;
        let text = fields.text("regex")?;
        let regex = patterns.compile(text).map(|regex| Self::Regex(text.to_owned(), regex));
        fields.done()?;
        regex
    }

    /// Whether a text is so; `part` is where it stands in the request, if it does.
    pub(super) fn matches(&self, part: impl FnOnce() -> Option<Part>, text: &str) -> Read<bool> {
        asks(part, self.asked(), false);
        Ok(match self {
            Self::Exact(exact) => text == exact,
            Self::Prefix(prefix) => text.starts_with(prefix.as_str()),
            Self::Suffix(suffix) => text.ends_with(suffix.as_str()),
            Self::Contains(part) => text.contains(part.as_str()),
            // RE2 reads characters and our engine bytes, which is the same in ASCII only.
            Self::Regex(..) if !text.is_ascii() => return Err("text beyond ASCII against a regular expression".to_owned()),
            Self::Regex(_, regex) => regex.is_match(text),
        })
    }

    fn asked(&self) -> Test<'_> {
        match self {
            Self::Exact(text) => Test::Exact(text),
            Self::Prefix(text) => Test::Prefix(text),
            Self::Suffix(text) => Test::Suffix(text),
            Self::Contains(text) => Test::Contains(text),
            Self::Regex(text, _) => Test::Regex(text),
        }
    }
}

/// A request as the filters of a proxy see it.
#[derive(Clone, Debug)]
pub(super) struct Message<'r> {
    /// In upper case as sent.
    pub(super) method: &'r str,
    /// Normalised, with its query.
    pub(super) path: String,
    /// As sent.
    pub(super) headers: &'r [(String, String)],
}

/// Headers that proxies on the way write, take away or take for something else.
const CHANGED: [&str; 11] = [
    "connection",
    "forwarded",
    "keep-alive",
    "proxy-connection",
    "te",
    "transfer-encoding",
    "upgrade",
    "x-forwarded-client-cert",
    "x-forwarded-for",
    "x-forwarded-proto",
    "x-request-id",
];

impl Message<'_> {
    /// What paths are compared with.
    pub(super) fn path_alone(&self) -> &str {
        self.path.split('?').next().unwrap_or_default()
    }

    /// The values of a header, one for each time it was sent.
    fn values(&self, name: &str) -> Read<Vec<&str>> {
        match name {
            ":method" => return Ok(vec![self.method]),
            ":path" => return Ok(vec![&self.path]),
            _ if CHANGED.contains(&name) || name.starts_with("x-envoy-") => return Err(format!("proxies change the header {name}")),
            _ => {}
        }
        let sent = if name == ":authority" { "host" } else { name };
        let sent = self.headers.iter().filter(|(key, _)| key.eq_ignore_ascii_case(sent));
        let values: Vec<&str> = sent.map(|(_, value)| value.trim_matches([' ', '\t'])).collect();
        match values.as_slice() {
            // Every call has one, but it was not told which.
            [] if matches!(name, ":authority" | "host") => Err("the Host of the call is not told".to_owned()),
            [] if name.starts_with(':') => Err(format!("pseudo header {name} is not modelled")),
            _ => Ok(values),
        }
    }
}

/// What a header must be like.
#[derive(Debug)]
pub(super) struct HeaderMatch {
    name: String,
    /// `None`: there must be one.
    text: Option<Text>,
}

impl HeaderMatch {
    /// Reads a `HeaderMatcher`.
    pub(super) fn new(matcher: &Value, patterns: &mut Patterns) -> Read<Self> {
        let mut fields = Fields::of(matcher)?;
        let name = fields.text("name")?.to_ascii_lowercase();
        let text = match fields.take("string_match") {
            Value::Null if fields.flag("present_match")? => None,
            Value::Null => return Err(format!("condition on header {name} is not modelled")),
            matcher => Some(Text::new(matcher, patterns)?),
        };
        fields.done()?;
        Ok(Self { name, text })
    }

    /// Whether a request has it. Of several values one is enough, in routes and in access rules alike: Envoy 1.40
    /// was seen so, older ones join them with commas.
    pub(super) fn matches(&self, message: &Message<'_>) -> Read<bool> {
        asks(|| Part::header(&self.name), Test::Present, false);
        let values = message.values(&self.name)?;
        match &self.text {
            None => Ok(!values.is_empty()),
            Some(text) => any(values.into_iter().map(|value| text.matches(|| Part::header(&self.name), value))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use test_case::test_case;

    #[test_case(json!({ "exact": "2" }), Some(true) ; "one of them is enough")]
    #[test_case(json!({ "exact": "12,2" }), Some(false) ; "they are not joined")]
    #[test_case(json!({ "safe_regex": { "regex": "1" } }), Some(false) ; "the whole value")]
    #[test_case(json!({ "safe_regex": { "regex": "(" } }), None ; "no expression")]
    #[test_case(json!({ "prefix": "1", "ignore_case": true }), None ; "field that is not modelled")]
    #[test_case(json!({ "custom": {} }), None ; "matcher that is not modelled")]
    fn repeated_header(matcher: Value, want: Option<bool>) {
        let headers = [("X-A".to_owned(), "12".to_owned()), ("x-a".to_owned(), " 2 ".to_owned())];
        let message = Message { method: "GET", path: "/".to_owned(), headers: &headers };
        let matcher = HeaderMatch::new(&json!({ "name": "x-a", "string_match": matcher }), &mut Patterns::default());
        assert_eq!(matcher.and_then(|matcher| matcher.matches(&message)).ok(), want);
    }

    #[test_case("x-b", Some(false) ; "absent")]
    #[test_case(":method", Some(true) ; "pseudo header")]
    #[test_case("host", None ; "not told")]
    #[test_case("x-request-id", None ; "written by proxies")]
    fn presence(name: &str, want: Option<bool>) {
        let message = Message { method: "GET", path: "/".to_owned(), headers: &[] };
        let matcher = HeaderMatch::new(&json!({ "name": name, "present_match": true }), &mut Patterns::default());
        assert_eq!(matcher.and_then(|matcher| matcher.matches(&message)).ok(), want);
    }
}
