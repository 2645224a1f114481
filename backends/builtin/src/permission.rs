//! Request matches in access rules: `Permission` of Envoy's RBAC.
//!
//! Paths and headers are compared as routes compare them (`http_match`). Only the form is another one, so that a
//! request which a route takes by a match is one which a rule allows by it.

use std::collections::BTreeSet;

use meshglot_translator::ir::pattern::as_envoy_normalises;
use meshglot_translator::ir::{HttpMatch, Method, PathPattern};
use serde_json::{Value, json};

use crate::http_match::header;
use crate::message::message;

/// Everything, also what is not HTTP.
pub(crate) fn any() -> Value {
    json!({ "any": true })
}

/// One match; `None` if no request is like it, since the nearest that Envoy could be told would be a wider one.
pub(crate) fn permission(one: &HttpMatch) -> Option<Value> {
    let HttpMatch { name: _, path, methods, headers, origin: _, path_origin: _ } = one;
    if *path == PathPattern::Never {
        return None;
    }
    let of_header = |one| message! { "header": header(one) };
    let conditions: Vec<Value> = url_path(path).into_iter().chain(method(methods)).chain(headers.iter().map(of_header)).collect();
    Some(all_of(conditions))
}

/// Envoy refuses a list of conditions that is empty; one of a single condition says no more than that alone.
fn all_of(mut conditions: Vec<Value>) -> Value {
    match conditions.len() {
        0 => any(),
        1 => conditions.remove(0),
        _ => message! { "and_rules": message! { "rules": conditions } },
    }
}

/// Of the normalised path without its query. `None`: any path.
fn url_path(path: &PathPattern) -> Option<Value> {
    let path = match path {
        PathPattern::Any | PathPattern::Never => return None,
        PathPattern::Prefix(literal) => json!({ "prefix": as_envoy_normalises(literal) }),
        PathPattern::Exact(literal) => json!({ "exact": as_envoy_normalises(literal) }),
        PathPattern::Regex(regex) => json!({ "safe_regex": { "regex": regex } }),
    };
    Some(message! { "url_path": message! { "path": path } })
}

/// `None`: any method.
fn method(methods: &BTreeSet<Method>) -> Option<Value> {
    let one = |method: &Method| json!({ "header": { "name": ":method", "string_match": { "exact": method.word() } } });
    let mut words: Vec<Value> = methods.iter().map(one).collect();
    match words.len() {
        0 => None,
        1 => words.pop(),
        _ => Some(message! { "or_rules": message! { "rules": words } }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use test_case::test_case;

    #[test_case(PathPattern::Any, None ; "any path")]
    #[test_case(PathPattern::Prefix("/beta".into()), Some(json!({ "prefix": "/beta" })) ; "P1 open end")]
    #[test_case(PathPattern::Exact("/beta".into()), Some(json!({ "exact": "/beta" })) ; "closed end")]
    #[test_case(PathPattern::Prefix("/{x}|".into()), Some(json!({ "prefix": "/%7Bx%7D%7C" })) ; "as the normalised path is")]
    #[test_case(PathPattern::Regex("(?:/[ab])".into()), Some(json!({ "safe_regex": { "regex": "(?:/[ab])" } })) ; "expression")]
    fn paths(path: PathPattern, want: Option<Value>) {
        assert_eq!(url_path(&path), want.map(|path| json!({ "url_path": { "path": path } })));
    }

    #[test]
    fn methods_are_alternatives() {
        let word = |word: &str| json!({ "header": { "name": ":method", "string_match": { "exact": word } } });
        assert_eq!(method(&BTreeSet::new()), None);
        assert_eq!(method(&[Method::Get].into()), Some(word("GET")));
        assert_eq!(method(&[Method::Head, Method::Get].into()), Some(json!({ "or_rules": { "rules": [word("GET"), word("HEAD")] } })));
    }
}
