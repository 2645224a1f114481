//! Which of two matches Linkerd prefers: it takes the most specific one, the order of rules only among equals.
//!
//! It compares the length of the path that matched (of a prefix: its own; of an exact path or an expression: the
//! whole path of the request), then the number of headers, then whether there is a method. Source: Gateway API
//! `HTTPRouteRule.matches`; linkerd2-proxy `linkerd/http/route/src/http/match.rs`.

use meshglot_translator::ir::{HttpMatch, PathPattern};

/// Whether every request that both matches take surely goes to the rule of `first`, which stands before the
/// rule of `later` in the same HTTPRoute. `false` where it cannot be proved.
pub(crate) fn keeps_order(first: &HttpMatch, later: &HttpMatch) -> bool {
    if methods_are_disjoint(first, later) || paths_are_disjoint(&first.path, &later.path) {
        return true;
    }
    // Proxies of different ages compare headers and methods in different order: neither may be less.
    let others_hold = first.headers.len() >= later.headers.len() && !first.methods.is_empty() >= !later.methods.is_empty();
    match (&first.path, &later.path) {
        // No path is written: as long as `/`, which only the request for `/` itself equals.
        (PathPattern::Any, PathPattern::Any) => others_hold,
        (PathPattern::Any, _) => false,
        (path, PathPattern::Any) => others_hold || !can_take_root(path),
        // Exact paths and whole expressions both count the request's path, so that they are equal.
        _ => others_hold,
    }
}

fn methods_are_disjoint(a: &HttpMatch, b: &HttpMatch) -> bool {
    !a.methods.is_empty() && !b.methods.is_empty() && a.methods.is_disjoint(&b.methods)
}

/// Only literals are compared; expressions may always meet.
fn paths_are_disjoint(a: &PathPattern, b: &PathPattern) -> bool {
    match (a, b) {
        (PathPattern::Exact(a), PathPattern::Exact(b)) => a != b,
        (PathPattern::Exact(exact), PathPattern::Prefix(prefix)) | (PathPattern::Prefix(prefix), PathPattern::Exact(exact)) => {
            !exact.starts_with(prefix.as_str())
        }
        (PathPattern::Prefix(a), PathPattern::Prefix(b)) => !a.starts_with(b.as_str()) && !b.starts_with(a.as_str()),
        (PathPattern::Never, _) | (_, PathPattern::Never) => true,
        (PathPattern::Any | PathPattern::Regex(_), _) | (_, PathPattern::Any | PathPattern::Regex(_)) => false,
    }
}

fn can_take_root(path: &PathPattern) -> bool {
    match path {
        PathPattern::Prefix(literal) | PathPattern::Exact(literal) => literal == "/",
        PathPattern::Any | PathPattern::Regex(_) => true,
        PathPattern::Never => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http_match::tests::http_match;
    use test_case::test_case;

    #[test_case("GET /a", "POST /a", true ; "disjoint methods")]
    #[test_case("* /a$", "* /b$", true ; "disjoint paths")]
    #[test_case("* /a", "* /ab", true ; "a prefix within a prefix: both count the whole path")]
    #[test_case("* /a", "GET /a", false ; "the later one has a method")]
    #[test_case("GET /a", "* /a", true ; "the first one has a method")]
    #[test_case("* /a", "* /a x", false ; "the later one has a header")]
    #[test_case("* /a x", "* /a", true ; "the first one has a header")]
    #[test_case("* /a x", "GET /a", false ; "header against method: proxies differ")]
    #[test_case("* * x", "* /a", false ; "a path beats a header")]
    #[test_case("* /a", "* * x", true ; "a path beats a header, and it is not the root")]
    #[test_case("* /", "* * x", false ; "on the root alone the header decides")]
    #[test_case("* /[ab]", "* * x", false ; "an expression might take the root")]
    #[test_case("* * x", "* * y", true ; "equals: the first rule")]
    #[test_case("* * x", "* * x y", false ; "two headers beat one")]
    #[test_case("* /[ab]", "* /c$", true ; "an expression and an exact path are equals")]
    fn order(first: &str, later: &str, want: bool) {
        assert_eq!(keeps_order(&http_match(first), &http_match(later)), want);
    }
}
