//! Request matches on Linkerd: `HTTPRoute.spec.rules[].matches[]`.
//!
//! Linkerd asks the crate `regex` for its first, leftmost match and then whether that spans the whole value, so
//! `/a|/ab` misses `/ab`: every expression stands between `^(?:` and `)$`. Paths are compared as they were sent,
//! without the query. Source: <https://gateway-api.sigs.k8s.io/reference/spec/#httproutematch>

use std::collections::BTreeSet;

use meshglot_translator::diagnostic::Code;
use meshglot_translator::ir::{HeaderMatch, HttpMatch, Method, ObjectKey, PathPattern};
use meshglot_translator::parse::Origin;
use meshglot_translator::render::{Capability, Report, Verdict};

use crate::resource::http_route::{HttpHeaderMatch, HttpPathMatch, HttpRouteMatch};

pub(crate) const CAPABILITIES: &[Capability] = &[
    Capability {
        feature: "match.path",
        verdict: Verdict::Exact,
        note: "exact or regex, compared as sent; at most 1024 characters (MG1208)",
        proof: "match/path",
    },
    Capability { feature: "match.method", verdict: Verdict::Exact, note: "one match per method", proof: "match/methods" },
    Capability {
        feature: "match.header",
        verdict: Verdict::Exact,
        note: "one expression per header (MG1209), at most 16 (MG1208)",
        proof: "match/headers",
    },
];

/// Limits of the HTTPRoute CRD, in characters or entries.
const LONGEST_PATH: usize = 1024;
const LONGEST_HEADER_NAME: usize = 256;
const LONGEST_HEADER_VALUE: usize = 4096;
const MOST_HEADERS: usize = 16;

/// The entries that say one match, one per method.
///
/// # Errors
/// The code of the loss that was told, if Linkerd cannot say it.
pub(crate) fn http_match(one: &HttpMatch, split: &ObjectKey, report: &mut Report) -> Result<Vec<HttpRouteMatch>, Code> {
    let mut refuse = |code: Code, place: &Origin, message: String| {
        report.lose(code, Verdict::Refused, split, place, message);
        code
    };
    if let Some(header) = one.repeated_header() {
        let message = format!("match `{}` names header `{}` twice: Linkerd takes one expression per header", one.name, header.name);
        return Err(refuse(Code::MG1209, &header.origin, message));
    }
    let HttpMatch { name, path, methods, headers, origin, path_origin } = one;
    if let Some(header) = headers.get(MOST_HEADERS) {
        let message = format!("match `{name}` names {} headers, more than {MOST_HEADERS}", headers.len());
        return Err(refuse(Code::MG1208, &header.origin, message));
    }
    let mut path = path_match(path);
    if path.is_none() && methods.is_empty() && headers.is_empty() {
        // What the CRD would fill in for a match without a condition.
        path = Some(HttpPathMatch::PathPrefix("/".to_owned()));
    }
    if path.as_ref().is_some_and(is_too_long) {
        let message = format!("the path of match `{name}` takes more than {LONGEST_PATH} characters");
        return Err(refuse(Code::MG1208, path_origin.as_ref().unwrap_or(origin), message));
    }
    let headers: Result<Vec<_>, Code> = headers
        .iter()
        .map(|header| {
            header_match(header).ok_or_else(|| {
                let message = format!(
                    "header `{}` of match `{name}` needs more than {LONGEST_HEADER_VALUE} characters, or others than printable ASCII",
                    header.name
                );
                refuse(Code::MG1208, &header.origin, message)
            })
        })
        .collect();
    let headers = headers?;
    let entry = |method| HttpRouteMatch { path: path.clone(), headers: headers.clone(), method };
    Ok(words(methods).into_iter().map(entry).collect())
}

/// One entry without a method for any.
fn words(methods: &BTreeSet<Method>) -> Vec<Option<&'static str>> {
    if methods.is_empty() { vec![None] } else { methods.iter().map(|method| Some(method.word())).collect() }
}

/// An SMI prefix is no `PathPrefix`: that ends at a segment, and forgives a slash at the end.
fn path_match(path: &PathPattern) -> Option<HttpPathMatch> {
    Some(match path {
        PathPattern::Any => return None,
        PathPattern::Exact(literal) if is_plain_path(literal) => HttpPathMatch::Exact(literal.clone()),
        PathPattern::Exact(literal) => HttpPathMatch::RegularExpression(format!("^(?:{})$", escaped(literal))),
        PathPattern::Prefix(literal) => HttpPathMatch::RegularExpression(format!("^(?:{}).*$", escaped(literal))),
        // Its alternatives are in a group already.
        PathPattern::Regex(regex) => HttpPathMatch::RegularExpression(format!("^{regex}$")),
        // The model holds no such match. Should one come, no path is empty.
        PathPattern::Never => HttpPathMatch::RegularExpression("^$".to_owned()),
    })
}

fn is_too_long(path: &HttpPathMatch) -> bool {
    let (HttpPathMatch::Exact(value) | HttpPathMatch::PathPrefix(value) | HttpPathMatch::RegularExpression(value)) = path;
    value.chars().count() > LONGEST_PATH
}

/// Whether the CRD takes a path of type `Exact`: its CEL rules, one by one.
fn is_plain_path(path: &str) -> bool {
    let refused_within = ["//", "/./", "/../", "%2f", "%2F", "#"];
    let refused_at_end = ["/..", "/."];
    path.starts_with('/')
        && !refused_within.iter().any(|part| path.contains(part))
        && !refused_at_end.iter().any(|end| path.ends_with(end))
        && is_url_path(path.as_bytes())
}

/// `^(?:[-A-Za-z0-9/._~!$&'()*+,;=:@]|[%][0-9a-fA-F]{2})+$`
fn is_url_path(mut path: &[u8]) -> bool {
    loop {
        path = match path {
            [] => return true,
            [b'%', high, low, rest @ ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => rest,
            [byte, rest @ ..] if byte.is_ascii_alphanumeric() || b"-/._~!$&'()*+,;=:@".contains(byte) => rest,
            _ => return false,
        };
    }
}

/// Literal text as a regular expression.
fn escaped(literal: &str) -> String {
    literal.chars().fold(String::with_capacity(literal.len()), |mut out, c| {
        if "\\.+*?()|[]{}^$".contains(c) {
            out.push('\\');
        }
        out.push(c);
        out
    })
}

/// `None` if the CRD does not take the name or the value.
fn header_match(header: &HeaderMatch) -> Option<HttpHeaderMatch> {
    let value = header_value(header.value.regex()).filter(|_| header.name.len() <= LONGEST_HEADER_NAME)?;
    Some(HttpHeaderMatch { kind: "RegularExpression", name: header.name.to_string(), value })
}

fn header_value(regex: &str) -> Option<String> {
    [format!("^(?:{regex})$"), format!("^(?:{})$", blanks_escaped(regex))].into_iter().find(|value| is_header_value(value))
}

/// `^[!-~]+([\t ]?[!-~]+)*$`, given that it begins and ends with an anchor.
fn is_header_value(value: &str) -> bool {
    let is_blank = |byte: &u8| matches!(byte, b' ' | b'\t');
    value.len() <= LONGEST_HEADER_VALUE
        && value.bytes().all(|byte| byte.is_ascii_graphic() || is_blank(&byte))
        && !value.as_bytes().windows(2).any(|pair| pair.iter().all(is_blank))
}

/// The CRD takes no two blanks in a row.
fn blanks_escaped(regex: &str) -> String {
    let mut out = String::with_capacity(regex.len());
    let mut chars = regex.chars();
    while let Some(c) = chars.next() {
        let (before, c) = if c == '\\' { ("\\", chars.next().unwrap_or_default()) } else { ("", c) };
        match c {
            ' ' => out.push_str("\\x20"),
            '\t' => out.push_str("\\t"),
            other => {
                out.push_str(before);
                out.push(other);
            }
        }
    }
    out
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use meshglot_translator::ir::pattern::{PathAnchoring, check};
    use meshglot_translator::parse::{Source, parse};
    use proptest::prelude::*;
    use regex::Regex;
    use test_case::test_case;

    /// A match written `METHODS PATH HEADERS...`, each `*` for any; a header is `NAME=REGEX`, or a name for one whose value is 1.
    pub(crate) fn http_match(text: &str) -> HttpMatch {
        let (documents, _) = parse(&[Source::new("t", "m: 1")]);
        let origin = documents[0].root().origin();
        let mut words = text.split(' ');
        let mut word = || words.next().filter(|word| *word != "*");
        let methods = word().into_iter().flat_map(|word| word.split(','));
        let methods = methods.filter_map(|word| Method::ALL.into_iter().find(|method| method.word() == word)).collect();
        let path = word().map_or(PathPattern::Any, |regex| check(regex).expect("a good regex").path(PathAnchoring::Start));
        let value = |regex: &str| check(regex).expect("a good regex").header();
        let header = |(name, regex): (&str, &str)| HeaderMatch { name: name.into(), value: value(regex), origin: origin.clone() };
        let headers = words.map(|word| header(word.split_once('=').unwrap_or((word, "1")))).collect();
        HttpMatch { name: "t".into(), path, methods, headers, origin, path_origin: None }
    }

    fn exact(text: &str) -> Option<HttpPathMatch> {
        Some(HttpPathMatch::Exact(text.to_owned()))
    }

    fn regex(text: &str) -> Option<HttpPathMatch> {
        Some(HttpPathMatch::RegularExpression(text.to_owned()))
    }

    #[test_case(".*", None ; "any")]
    #[test_case("/a", regex("^(?:/a).*$") ; "a prefix does not end at a segment")]
    #[test_case("/a\\.b/", regex("^(?:/a\\.b/).*$") ; "a dot that is a dot")]
    #[test_case("/a|/ab", regex("^(?:/a|/ab).*$") ; "alternatives in a group")]
    #[test_case("/a(b|c)$", regex("^(?:/a(b|c))$") ; "closed expression")]
    #[test_case("/a/b$", exact("/a/b") ; "closed literal")]
    #[test_case("/a%20b$", exact("/a%20b") ; "escape")]
    #[test_case("/a//b$", regex("^(?:/a//b)$") ; "two slashes")]
    #[test_case("/a/\\.$", regex("^(?:/a/\\.)$") ; "a dot segment at the end")]
    #[test_case("/a/\\.\\./b$", regex("^(?:/a/\\.\\./b)$") ; "dot segments")]
    #[test_case("/a%2Fb$", regex("^(?:/a%2Fb)$") ; "escaped slash")]
    #[test_case("/a%2$", regex("^(?:/a%2)$") ; "half an escape")]
    #[test_case("/a b$", regex("^(?:/a b)$") ; "blank")]
    #[test_case("/\u{e9}$", regex("^(?:/\u{e9})$") ; "beyond ASCII")]
    fn paths(text: &str, want: Option<HttpPathMatch>) {
        let pattern = check(text).expect("in the common subset").path(PathAnchoring::Start);
        assert_eq!(path_match(&pattern), want);
    }

    #[test_case(".*Firefox.*", Some("^(?:.*Firefox.*)$") ; "whole value")]
    #[test_case("a b", Some("^(?:a b)$") ; "one blank")]
    #[test_case("a  b", Some("^(?:a\\x20\\x20b)$") ; "two blanks")]
    #[test_case("a\\  b\\\\c", Some("^(?:a\\x20\\x20b\\\\c)$") ; "an escaped blank")]
    #[test_case("", Some("^(?:)$") ; "empty")]
    #[test_case("\u{e9}", None ; "beyond ASCII")]
    fn headers(text: &str, want: Option<&str>) {
        assert_eq!(header_value(text).as_deref(), want);
    }

    #[test]
    fn a_method_is_an_entry() {
        let methods = &http_match("POST,GET").methods;
        assert_eq!(words(methods), [Some("GET"), Some("POST")]);
        assert_eq!(words(&BTreeSet::new()), [None]);
    }

    /// As Linkerd's proxy does it: one find, which must span everything.
    fn takes(path: &HttpPathMatch, request: &str) -> bool {
        match path {
            HttpPathMatch::Exact(value) => value == request,
            HttpPathMatch::PathPrefix(value) => value == "/",
            HttpPathMatch::RegularExpression(value) => {
                let found = Regex::new(value).expect("Linkerd reads it").find(request);
                found.is_some_and(|found| found.range() == (0..request.len()))
            }
        }
    }

    proptest! {
        #[test]
        fn literals_take_what_the_model_takes(literal in "/[ -~]{0,6}", more in "[ -~]{0,3}") {
            let longer = format!("{literal}{more}");
            let prefix = path_match(&PathPattern::Prefix(literal.clone())).expect("a prefix is written");
            prop_assert!(takes(&prefix, &longer));
            let exact = path_match(&PathPattern::Exact(literal.clone())).expect("an exact path is written");
            prop_assert!(takes(&exact, &literal));
            prop_assert_eq!(takes(&exact, &longer), more.is_empty());
        }

        #[test]
        fn escaped_blanks_mean_the_same(regex in "[a ]{0,3}(\\\\ |[ \t]|  ){0,3}b?", value in "[a \tb]{0,8}") {
            let plain = Regex::new(&format!("^(?:{regex})$")).expect("a good regex");
            let escaped = Regex::new(&header_value(&regex).expect("fits")).expect("a good regex");
            prop_assert_eq!(plain.is_match(&value), escaped.is_match(&value));
        }
    }
}
