//! Whether two models say the same about a port: its meaning without names and places in files.
//!
//! Where they do, no request is decided otherwise, and none has to be tried.

use std::sync::Arc;

use super::entrance::{Arrival, Closed, Entrance};
use crate::ir::{HttpMatch, PortRoutes, WorkloadRule};

/// Whether every caller's every request is decided alike by both.
pub(super) fn alike(a: &Entrance, b: &Entrance) -> bool {
    a.port.protocol == b.port.protocol
        && pairs(&a.plain, &b.plain, same_arrival)
        && match (a.routes(), b.routes()) {
            (None, None) => true,
            (Some(left), Some(right)) => same_rules(left, right) && same_destinations(&a.routed, &b.routed),
            (None, Some(_)) | (Some(_), None) => false,
        }
}

fn pairs<T>(a: &[T], b: &[T], same: impl Fn(&T, &T) -> bool) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
}

fn same_rules(a: &PortRoutes, b: &PortRoutes) -> bool {
    pairs(&a.rules, &b.rules, |a, b| same_matches(&a.matches, &b.matches) && a.weights() == b.weights())
}

fn same_destinations(a: &[Vec<Vec<Arrival>>], b: &[Vec<Vec<Arrival>>]) -> bool {
    pairs(a, b, |a, b| pairs(a, b, |a, b| pairs(a, b, same_arrival)))
}

fn same_arrival(a: &Arrival, b: &Arrival) -> bool {
    match (a, b) {
        (Arrival::Nowhere, Arrival::Nowhere) => true,
        (Arrival::Unknown(a), Arrival::Unknown(b)) => a == b,
        (Arrival::Workload { workload: a, port: p, closed: x }, Arrival::Workload { workload: b, port: q, closed: y }) => {
            let same = match (x, y) {
                (None, None) => true,
                (Some(x), Some(y)) => same_access(x, y, *p),
                (None, Some(_)) | (Some(_), None) => false,
            };
            a.key == b.key && p == q && same
        }
        (Arrival::Nowhere | Arrival::Unknown(_) | Arrival::Workload { .. }, _) => false,
    }
}

fn same_access(a: &Closed, b: &Closed, port: u16) -> bool {
    let (left, right) = (a.rules_on(port), b.rules_on(port));
    a.trust_domain == b.trust_domain && a.protocol(port) == b.protocol(port) && pairs(&left, &right, |a, b| same_rule(a, b))
}

fn same_rule(a: &WorkloadRule, b: &WorkloadRule) -> bool {
    let matches = match (&a.rule.matches, &b.rule.matches) {
        (None, None) => true,
        (Some(a), Some(b)) => same_matches(a, b),
        (None, Some(_)) | (Some(_), None) => false,
    };
    matches && pairs(&a.rule.sources, &b.rule.sources, |(a, _), (b, _)| a == b)
}

fn same_matches(a: &[Arc<HttpMatch>], b: &[Arc<HttpMatch>]) -> bool {
    pairs(a, b, |a, b| {
        let HttpMatch { name: _, path, methods, headers, origin: _, path_origin: _ } = &**a;
        *path == b.path && *methods == b.methods && pairs(headers, &b.headers, |a, b| a.name == b.name && a.value == b.value)
    })
}
