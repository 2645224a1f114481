//! Which of several routes takes a request: the closest match, then the older route, then the first rule.
//!
//! Source: linkerd2-proxy `linkerd/http/route/src/lib.rs` `find`; linkerd2 `policy-controller/grpc/src/outbound.rs`
//! `timestamp_then_name`, `policy-controller/grpc/src/inbound/http.rs` `to_route_list`.

use std::cmp::Ordering;

use super::call::HttpCall;
use super::host::HostRank;
use super::matching::{Match, Rank};
use super::route::{Family, Route, Rule};

/// The order in which a caller's proxy has the routes of a Service port.
pub(super) fn outbound(a: &Route, b: &Route) -> Ordering {
    // Where names are equal too, Linkerd has no order of its own; namespace and group make this one stable.
    let name = |route: &Route| (route.name.clone(), route.namespace.clone(), route.group.clone());
    a.age.compare(&b.age).then_with(|| name(a).cmp(&name(b)))
}

/// The order in which a workload's proxy has the routes of a Server.
pub(super) fn inbound(a: &Route, b: &Route) -> Ordering {
    a.age.compare(&b.age).then_with(|| (&a.group, &a.name).cmp(&(&b.group, &b.name)))
}

/// The best rule of some routes, which are named by index and in their order; with the index of its route.
pub(super) fn best<'r>(routes: &'r [Route], order: &[usize], call: &HttpCall<'_>) -> Option<(usize, &'r Rule)> {
    let found = order.iter().filter_map(|index| {
        let route = &routes[*index];
        let host = host(route, call)?;
        let rules = route.rules.iter().filter_map(|rule| Some((rank(rule, route.family, call)?, rule)));
        let (rank, rule) = first_of_greatest(rules)?;
        Some(((host, rank), (*index, rule)))
    });
    first_of_greatest(found).map(|(_, found)| found)
}

/// `None` if the route is for other hosts; `Some(None)` if it is for all.
fn host(route: &Route, call: &HttpCall<'_>) -> Option<Option<HostRank>> {
    if route.hosts.is_empty() {
        return Some(None);
    }
    let asked = call.host()?;
    route.hosts.iter().filter_map(|host| host.rank(asked)).max().map(Some)
}

fn rank(rule: &Rule, family: Family, call: &HttpCall<'_>) -> Option<Rank> {
    if rule.matches.is_empty() {
        return Some(Match::implicit(family == Family::Grpc));
    }
    rule.matches.iter().filter_map(|matcher| matcher.rank(call)).max()
}

fn first_of_greatest<K: Ord, T>(found: impl Iterator<Item = (K, T)>) -> Option<(K, T)> {
    found.reduce(|best, next| if best.0 >= next.0 { best } else { next })
}

#[cfg(test)]
mod tests {
    use super::super::object::Object;
    use super::*;
    use serde_json::{Value, json};
    use test_case::test_case;

    fn route(name: &str, created: Option<&str>, rules: &Value) -> Route {
        let root = json!({
            "apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute",
            "metadata": {"name": name, "namespace": "shop", "creationTimestamp": created},
            "spec": {"rules": rules},
        });
        Route::read(&Object::read(&root).expect("an object"), Family::Http)
    }

    fn path(kind: &str, value: &str) -> Value {
        json!([{"matches": [{"path": {"type": kind, "value": value}}]}])
    }

    #[test_case(path("PathPrefix", "/"), path("PathPrefix", "/api"), "b" ; "longer prefix")]
    #[test_case(path("PathPrefix", "/api/v1"), path("Exact", "/api/v1"), "a" ; "exact is no closer than a prefix of that length")]
    #[test_case(path("PathPrefix", "/api"), path("RegularExpression", "/.*"), "b" ; "a regex takes the whole path")]
    #[test_case(path("Exact", "/api/v1"), path("RegularExpression", ".*"), "a" ; "a regex ties with exact")]
    #[test_case(json!([{"matches": [{"method": "GET"}]}]), path("PathPrefix", "/api"), "b" ; "path before method")]
    #[test_case(json!([{"matches": [{"headers": [{"name": "x", "value": "1"}]}]}]), json!([{"matches": [{"method": "GET"}]}]), "a" ; "header before method")]
    #[test_case(json!([{}]), json!([{"matches": [{"method": "GET"}]}]), "b" ; "method before nothing")]
    fn closest(a: Value, b: Value, want: &str) {
        let routes = [route("a", None, &a), route("b", None, &b)];
        let headers = [("x".to_owned(), "1".to_owned())];
        let call = HttpCall::read("GET", "/api/v1", &headers).expect("a request");
        let (found, _) = best(&routes, &[0, 1], &call).expect("a route");
        assert_eq!(&*routes[found].name, want);
    }

    #[test_case(Some("2026-01-02T00:00:00Z"), Some("2026-01-01T00:00:00Z"), "b" ; "older")]
    #[test_case(Some("2026-01-01T00:00:00Z"), Some("2026-01-01T00:00:00Z"), "a" ; "same second, by name")]
    #[test_case(None, Some("2026-01-01T00:00:00Z"), "b" ; "with a time first")]
    #[test_case(None, None, "a" ; "by name")]
    fn age(a: Option<&str>, b: Option<&str>, want: &str) {
        let mut routes = [route("b", b, &json!([{}])), route("a", a, &json!([{}]))];
        routes.sort_by(outbound);
        assert_eq!(&*routes[0].name, want);
        routes.sort_by(inbound);
        assert_eq!(&*routes[0].name, want);
    }
}
