//! Calls of several edges as one.

use std::collections::BTreeMap;

use meshglot_observed::{Direction, Edge, Latency, Party};

use crate::quantity;
use crate::wire::Metric;

/// What several edges come to.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Sum {
    calls: u64,
    succeeded: u64,
    /// Upper bounds; `None`: nobody knows any.
    latency: Option<Latency>,
}

impl Sum {
    /// The edges of one direction that are chosen, by their place.
    pub(crate) fn of(edges: &[Edge], direction: Direction, chosen: impl Fn(usize, &Edge) -> bool) -> Self {
        let mut sum = Self::default();
        let counted = edges.iter().enumerate().filter(|(_, edge)| edge.direction == direction && edge.calls > 0);
        let (chosen, others): (Vec<_>, Vec<_>) = counted.partition(|(place, edge)| chosen(*place, edge));
        let mut durations: BTreeMap<&Party, Option<Latency>> = BTreeMap::new();
        for (_, edge) in chosen {
            sum.calls += edge.calls;
            sum.succeeded += edge.succeeded;
            durations.insert(&edge.destination, edge.latency);
        }
        // Proxies count durations by who was called, whoever called: they are those of the chosen calls only where all are chosen.
        if !others.iter().any(|(_, edge)| durations.contains_key(&edge.destination)) {
            sum.latency = durations.into_values().fold(None, worse);
        }
        sum
    }

    /// As the specification names them.
    pub(crate) fn metrics(self) -> Vec<Metric> {
        let latencies = self.latency.map(|latency| {
            [("p99_response_latency", latency.p99_ms), ("p90_response_latency", latency.p90_ms), ("p50_response_latency", latency.p50_ms)]
        });
        let latency = |(name, millis)| Metric { name, unit: Some("seconds"), value: quantity::seconds(millis) };
        let counts = [("success_count", self.succeeded), ("failure_count", self.calls.saturating_sub(self.succeeded))];
        let count = |(name, number)| Metric { name, unit: None, value: quantity::count(number) };
        latencies.into_iter().flatten().map(latency).chain(counts.map(count)).collect()
    }
}

/// What is below a bound in each of two is so in both together: the higher of two bounds holds for all. Where nobody was timed, as
/// connections are not, the others' bounds are all there is.
fn worse(one: Option<Latency>, other: Option<Latency>) -> Option<Latency> {
    let (Some(one), Some(other)) = (one, other) else { return one.or(other) };
    Some(Latency {
        p50_ms: one.p50_ms.max(other.p50_ms),
        p90_ms: one.p90_ms.max(other.p90_ms),
        p95_ms: one.p95_ms.max(other.p95_ms),
        p99_ms: one.p99_ms.max(other.p99_ms),
    })
}
