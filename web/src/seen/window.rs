//! Who called whom of the last minute, each call once.

use std::collections::BTreeMap;
use std::time::Duration;

use meshglot_observed::{Direction, Edge, Verdict};

use super::Ends;
use crate::live::Live;

/// What rates are told of.
const SPAN: Duration = Duration::from_secs(60);

/// Edges of a span of time.
pub(crate) struct Window {
    /// Its end, RFC 3339.
    pub(crate) at: String,
    /// How long it is.
    pub(crate) seconds: f64,
    pub(crate) edges: Vec<Edge>,
    /// Workloads of which nothing is told, with the reason.
    pub(crate) silent: Vec<String>,
}

impl Window {
    /// The last minute of a mesh, or less where nobody looked earlier.
    pub(crate) fn of(live: &dyn Live, ends: &Ends) -> Self {
        let told = live.edges(SPAN);
        Self { edges: once(told.edges, ends), at: told.at, seconds: told.window_seconds, silent: told.silent }
    }

    /// How many a second so many are.
    pub(crate) fn rate(&self, calls: u64) -> f64 {
        if self.seconds > 0.0 { number(calls) / self.seconds } else { 0.0 }
    }
}

/// A count to calculate with.
#[allow(clippy::cast_precision_loss, reason = "nobody makes so many calls in a minute")]
pub(crate) fn number(calls: u64) -> f64 {
    calls as f64
}

/// Leaves out what the called proxies tell as well. Of failures that a caller tells, as many arrived as the called tells.
fn once(edges: Vec<Edge>, ends: &Ends) -> Vec<Edge> {
    let mut arrived: BTreeMap<String, u64> = BTreeMap::new();
    for edge in edges.iter().filter(|edge| edge.direction == Direction::Inbound && edge.verdict == Verdict::Failed) {
        *arrived.entry(edge.destination.name()).or_default() += edge.calls;
    }
    let one = |mut edge: Edge| {
        if edge.direction == Direction::Inbound || !ends.is_meshed(&edge.destination) {
            return Some(edge);
        }
        if edge.verdict != Verdict::Failed {
            return None;
        }
        let known = arrived.get_mut(&edge.destination.name()).map_or(0, |left| {
            let known = edge.calls.min(*left);
            *left -= known;
            known
        });
        let (all, lost) = (edge.calls, edge.calls - known);
        edge.calls = lost;
        edge.per_second *= if all > 0 { number(lost) / number(all) } else { 0.0 };
        (lost > 0).then_some(edge)
    };
    edges.into_iter().filter_map(one).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use meshglot_observed::{Party, Proxies, ProxyAnswer, Sync};
    use meshglot_translator::resolve::ReadOptions;
    use test_case::test_case;

    use super::*;
    use crate::snapshot::Snapshot;

    /// A mesh in which a proxy stands before `shop/api` alone.
    fn ends() -> Ends {
        let proxy = ProxyAnswer {
            workload: "shop/api".to_owned(),
            instance: Some("one".to_owned()),
            identity: None,
            sync: Sync::Synced,
            revision: None,
            since: None,
            software: None,
            resources: BTreeMap::new(),
            refused: Vec::new(),
            last_refusal: None,
        };
        let snapshot = Arc::new(Snapshot::new(1, Vec::new(), Vec::new(), ReadOptions::default()));
        Ends::new(&snapshot, &Proxies { revision: 1, at: String::new(), proxies: vec![proxy] })
    }

    fn edge(direction: Direction, to: &str, verdict: Verdict, calls: u64) -> Edge {
        let destination = Party { workload: Some(to.to_owned()), ..Party::default() };
        Edge {
            direction,
            source: Party::default(),
            destination,
            verdict,
            policy: None,
            calls,
            per_second: number(calls),
            succeeded: 0,
            latency: None,
        }
    }

    #[test_case(&[(Direction::Inbound, "shop/api", Verdict::Allowed, 5), (Direction::Outbound, "shop/api", Verdict::Allowed, 5)], &[5] ; "two proxies see it")]
    #[test_case(&[(Direction::Outbound, "shop/old", Verdict::Allowed, 5)], &[5] ; "the called has no proxy")]
    #[test_case(&[(Direction::Outbound, "shop/api", Verdict::Failed, 5)], &[5] ; "none arrived")]
    #[test_case(&[(Direction::Inbound, "shop/api", Verdict::Failed, 2), (Direction::Outbound, "shop/api", Verdict::Failed, 5)], &[2, 3] ; "some arrived")]
    #[test_case(&[(Direction::Inbound, "shop/api", Verdict::Failed, 5), (Direction::Outbound, "shop/api", Verdict::Failed, 3), (Direction::Outbound, "shop/api", Verdict::Failed, 4)], &[5, 2] ; "of two callers")]
    fn each_call_counts_once(edges: &[(Direction, &str, Verdict, u64)], want: &[u64]) {
        let edges = edges.iter().map(|(direction, to, verdict, calls)| edge(*direction, to, *verdict, *calls)).collect();
        let told = once(edges, &ends());
        assert_eq!(told.iter().map(|edge| edge.calls).collect::<Vec<_>>(), want);
        assert!(told.iter().all(|edge| (edge.per_second - number(edge.calls)).abs() < 1e-9), "rates follow");
    }
}
