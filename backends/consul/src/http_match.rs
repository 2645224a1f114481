//! Request matches on Consul: `ServiceRouter.spec.routes[].match.http`.
//!
//! Consul reads RE2 over the whole path without its query, as the caller sent it (`docs/mapping/consul.md`).

use meshglot_translator::ir::{HttpMatch, PathPattern};
use meshglot_translator::render::{Capability, Verdict};

use crate::resource::service_router::{HeaderRouteMatch, HttpRouteMatch, RouteMatch};

pub(crate) const CAPABILITIES: &[Capability] = &[
    Capability {
        feature: "match.path",
        verdict: Verdict::Narrowed,
        note: "prefix, exact or RE2, of the path as it was sent (MG1309)",
        proof: "match/path",
    },
    Capability { feature: "match.method", verdict: Verdict::Exact, note: "", proof: "match/methods" },
    Capability { feature: "match.header", verdict: Verdict::Exact, note: "any number of expressions", proof: "match/headers" },
];

/// One match; Consul can say all that the model holds.
pub(crate) fn http_match(one: &HttpMatch) -> RouteMatch {
    let HttpMatch { name: _, path, methods, headers, origin: _, path_origin: _ } = one;
    let header = headers.iter().map(|header| {
        let regex = match header.value.regex() {
            // An empty expression is refused; this one says the same.
            "" => "^$",
            regex => regex,
        };
        HeaderRouteMatch { name: header.name.to_string(), regex: regex.to_owned() }
    });
    let mut http = HttpRouteMatch {
        header: header.collect(),
        // Sorted by their word.
        methods: methods.iter().map(|method| method.word()).collect(),
        ..HttpRouteMatch::default()
    };
    match path {
        // A match that says nothing at all takes every request; Consul wants to be told.
        PathPattern::Any if http == HttpRouteMatch::default() => http.path_prefix = Some("/".to_owned()),
        PathPattern::Any => {}
        PathPattern::Prefix(literal) => http.path_prefix = Some(literal.clone()),
        PathPattern::Exact(literal) => http.path_exact = Some(literal.clone()),
        PathPattern::Regex(regex) => http.path_regex = Some(regex.clone()),
        // The model holds no such match. If it did, a route for all would be the worst answer.
        PathPattern::Never => http.path_regex = Some("[^/].*".to_owned()),
    }
    RouteMatch { http }
}
