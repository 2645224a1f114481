//! Requests that one caller may make: `ServiceIntentions.spec.sources[].permissions`.
//!
//! The first permission that takes a request decides. A request that none takes gets the *server's* default,
//! not the entry's `*`: therefore every list ends with a deny.

use std::cmp::Reverse;

use meshglot_translator::ir::pattern::as_envoy_normalises;
use meshglot_translator::ir::{HttpMatch, PathPattern};
use meshglot_translator::parse::Origin;

use crate::http_match::http_match;
use crate::resource::service_intentions::IntentionPermission;
use crate::resource::service_router::HttpRouteMatch;

/// What one caller may do; the union of all rules that name it.
#[derive(Clone, Debug)]
pub(crate) struct Grant {
    /// Where the caller is written first.
    pub(crate) origin: Origin,
    /// A rule that looks at no request.
    whole: bool,
    matches: Vec<Allowed>,
}

#[derive(Clone, Debug)]
struct Allowed {
    http: HttpRouteMatch,
    origin: Origin,
}

impl Grant {
    pub(crate) fn new(origin: &Origin) -> Self {
        Self { origin: origin.clone(), whole: false, matches: Vec::new() }
    }

    /// Adds everything.
    pub(crate) fn whole(&mut self) {
        self.whole = true;
    }

    /// Adds one match.
    pub(crate) fn request(&mut self, one: &HttpMatch) {
        self.matches.push(Allowed { http: permission(one), origin: one.origin.clone() });
    }

    /// Adds what another entry grants the same caller.
    pub(crate) fn join(&mut self, other: &Self) {
        self.whole |= other.whole;
        self.matches.extend(other.matches.iter().cloned());
    }

    /// The permissions with their places, closed by a deny; empty where the caller may do everything.
    pub(crate) fn permissions(&self) -> Vec<(IntentionPermission, Option<Origin>)> {
        let mut matches: Vec<&Allowed> = self.matches.iter().collect();
        matches.sort_by(|a, b| order(&a.http).cmp(&order(&b.http)));
        matches.dedup_by(|a, b| a.http == b.http);
        let only_everything = matches.len() == 1 && matches[0].http == everything();
        if self.whole || only_everything || matches.is_empty() {
            return Vec::new();
        }
        let allow = |one: &Allowed| (IntentionPermission { action: "allow", http: one.http.clone() }, Some(one.origin.clone()));
        let deny = (IntentionPermission { action: "deny", http: everything() }, None);
        matches.into_iter().map(allow).chain([deny]).collect()
    }
}

/// Consul refuses a permission without any condition; no path is without a slash.
fn everything() -> HttpRouteMatch {
    HttpRouteMatch { path_prefix: Some("/".to_owned()), ..HttpRouteMatch::default() }
}

/// A match as it is compared at the destination's own side: with the normalised path.
fn permission(one: &HttpMatch) -> HttpRouteMatch {
    let mut http = http_match(one).http;
    http.path_exact = http.path_exact.as_deref().map(as_envoy_normalises);
    http.path_prefix = http.path_prefix.as_deref().map(as_envoy_normalises);
    http
}

/// Exact paths, prefixes, expressions, none; inside by path, methods, headers.
fn order(http: &HttpRouteMatch) -> impl Ord + '_ {
    let class = Reverse((http.path_exact.is_some(), http.path_prefix.is_some(), http.path_regex.is_some()));
    let path = http.path_exact.as_deref().or(http.path_prefix.as_deref()).or(http.path_regex.as_deref());
    let headers: Vec<(&str, &str)> = http.header.iter().map(|header| (&*header.name, &*header.regex)).collect();
    (class, path, &http.methods, headers)
}

/// Whether a path that holds `//` or `%2f` can be meant; an exact path never is, and `/` is meant to be open.
pub(crate) fn takes_ambiguous(path: &PathPattern) -> bool {
    match path {
        PathPattern::Prefix(literal) => literal != "/",
        PathPattern::Regex(_) => true,
        PathPattern::Any | PathPattern::Exact(_) | PathPattern::Never => false,
    }
}
