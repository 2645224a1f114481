//! Request matches: `RouteMatch` of Envoy.
//!
//! Path and header expressions are matched whole, the path without its query and after normalisation
//! (`docs/mapping/builtin.md`, section 4). Of a header that is sent several times one value that matches is enough,
//! as Envoy 1.40 compares by default and as the neutral meaning has it.

use std::collections::BTreeSet;

use meshglot_translator::ir::pattern::as_envoy_normalises;
use meshglot_translator::ir::{HeaderMatch, HttpMatch, Method, PathPattern};
use meshglot_translator::render::{Capability, Verdict};
use serde_json::{Value, json};

use crate::message::message;

pub(crate) const CAPABILITIES: &[Capability] = &[
    Capability { feature: "match.path", verdict: Verdict::Exact, note: "prefix, path or RE2, after normalisation", proof: "match/path" },
    Capability { feature: "match.method", verdict: Verdict::Exact, note: "", proof: "match/methods" },
    Capability { feature: "match.header", verdict: Verdict::Exact, note: "", proof: "match/headers" },
];

/// One match.
pub(crate) fn route_match(one: &HttpMatch) -> Value {
    let HttpMatch { name: _, path, methods, headers, origin: _, path_origin: _ } = one;
    let mut matching = path_match(path);
    let conditions: Vec<Value> = method(methods).into_iter().chain(headers.iter().map(header)).collect();
    if !conditions.is_empty() {
        matching["headers"] = conditions.into();
    }
    matching
}

/// `prefix` and `path` compare text: the same answer as the expression `(?:/beta).*`, at a fraction of its cost
/// for each request, and nothing to compile in the proxy for each of 50,000 routes.
fn path_match(path: &PathPattern) -> Value {
    match path {
        PathPattern::Any => json!({ "prefix": "/" }),
        // The model leaves such matches out; one that came through must not take everything.
        PathPattern::Never => json!({ "safe_regex": { "regex": "$." } }),
        PathPattern::Prefix(literal) => json!({ "prefix": as_envoy_normalises(literal) }),
        PathPattern::Exact(literal) => json!({ "path": as_envoy_normalises(literal) }),
        PathPattern::Regex(regex) => json!({ "safe_regex": { "regex": regex } }),
    }
}

fn method(methods: &BTreeSet<Method>) -> Option<Value> {
    let words: Vec<&str> = methods.iter().map(|method| method.word()).collect();
    let value = match words.as_slice() {
        [] => return None,
        [word] => json!({ "exact": word }),
        words => json!({ "safe_regex": { "regex": words.join("|") } }),
    };
    Some(message! { "name": ":method", "string_match": value })
}

/// One condition on a header.
pub(crate) fn header(header: &HeaderMatch) -> Value {
    let value = match header.value.regex() {
        // Envoy refuses an empty expression; this says the same: the header is there, with nothing in it.
        "" => json!({ "exact": "" }),
        regex => json!({ "safe_regex": { "regex": regex } }),
    };
    message! { "name": &*header.name, "string_match": value }
}

#[cfg(test)]
mod tests {
    use super::*;
    use test_case::test_case;

    #[test_case(PathPattern::Any, json!({ "prefix": "/" }) ; "any path")]
    #[test_case(PathPattern::Prefix("/beta".into()), json!({ "prefix": "/beta" }) ; "P1 open end")]
    #[test_case(PathPattern::Exact("/beta".into()), json!({ "path": "/beta" }) ; "closed end")]
    #[test_case(PathPattern::Prefix("/{x}|".into()), json!({ "prefix": "/%7Bx%7D%7C" }) ; "as the normalised path is")]
    #[test_case(PathPattern::Regex("(?:/[ab]).*".into()), json!({ "safe_regex": { "regex": "(?:/[ab]).*" } }) ; "expression")]
    fn paths(path: PathPattern, want: Value) {
        assert_eq!(path_match(&path), want);
    }

    #[test]
    fn several_methods_are_one_expression() {
        let want = json!({ "name": ":method", "string_match": { "safe_regex": { "regex": "GET|HEAD" } } });
        assert_eq!(method(&[Method::Head, Method::Get].into()), Some(want));
        assert_eq!(method(&BTreeSet::new()), None);
    }
}
