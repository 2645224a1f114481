//! What a proxy has counted so far, by its own text.

use std::collections::BTreeMap;
use std::sync::Arc;

use meshglot_observed::{Direction, Verdict};

use crate::prometheus::{Sample, samples};
use crate::series::{Bucket, CallSeries, Series};
use crate::verdict;

/// All counters at one moment.
pub(crate) type Reading = BTreeMap<Series, u64>;

/// Reads what a proxy of ours says at `/metrics`. What it does not know is left out.
pub(crate) fn reading(text: &str) -> Reading {
    let mut found = Reading::new();
    for sample in samples(text) {
        let series = match sample.name {
            "meshglot_proxy_requests_total" => request(&sample),
            "meshglot_proxy_connections_total" => connection(&sample),
            "meshglot_proxy_request_duration_seconds_bucket" => bucket(&sample),
            _ => None,
        };
        if let Some(series) = series {
            // Negative ones and those that are no numbers become 0.
            *found.entry(series).or_default() += sample.value as u64;
        }
    }
    found
}

fn request(sample: &Sample<'_>) -> Option<Series> {
    let direction = direction(sample)?;
    let flags = sample.label("flags").unwrap_or_default();
    let status = sample.label("status")?.parse().ok()?;
    let grpc = sample.label("grpc_status").and_then(|status| status.parse().ok());
    let cluster = text(sample, "cluster");
    let is_denied = direction == Direction::Inbound && verdict::is_counted_denial(cluster.is_some(), status, grpc, flags);
    let verdict = if is_denied { Verdict::Denied } else { verdict::of_request(status, flags) };
    let well = verdict::is_well(verdict, grpc);
    Some(Series::Calls(CallSeries { direction, cluster, peer: text(sample, "peer"), policy: text(sample, "policy"), verdict, well }))
}

fn connection(sample: &Sample<'_>) -> Option<Series> {
    let direction = direction(sample)?;
    let flags = sample.label("flags").unwrap_or_default();
    let cluster = text(sample, "cluster");
    // One that is let in goes somewhere, or a flag says why not.
    let is_denied = direction == Direction::Inbound && cluster.is_none() && matches!(flags, "-" | "");
    let verdict = if is_denied { Verdict::Denied } else { verdict::of_connection(flags) };
    let well = verdict::is_well(verdict, None);
    Some(Series::Calls(CallSeries { direction, cluster, peer: text(sample, "peer"), policy: None, verdict, well }))
}

fn bucket(sample: &Sample<'_>) -> Option<Series> {
    let bound: f64 = sample.label("le")?.parse().ok()?;
    let micros = if bound.is_finite() { (bound * 1e6).round() as u64 } else { u64::MAX };
    Some(Series::Bucket(Bucket { direction: direction(sample)?, cluster: text(sample, "cluster"), micros }))
}

fn direction(sample: &Sample<'_>) -> Option<Direction> {
    match sample.label("direction")? {
        "inbound" => Some(Direction::Inbound),
        "outbound" => Some(Direction::Outbound),
        _ => None,
    }
}

fn text(sample: &Sample<'_>, label: &str) -> Option<Arc<str>> {
    sample.label(label).filter(|text| !text.is_empty()).map(Arc::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"# TYPE meshglot_proxy_requests_total counter
meshglot_proxy_requests_total{direction="inbound",cluster="inbound/8080",peer="spiffe://d/ns/bank/sa/teller",policy="TrafficTarget/bank/ledger#a",status="200",flags="-"} 3
meshglot_proxy_requests_total{direction="inbound",cluster="inbound/8080",peer="spiffe://d/ns/bank/sa/teller",policy="TrafficTarget/bank/ledger#a",status="404",flags="-"} 2
meshglot_proxy_requests_total{direction="inbound",peer="spiffe://d/ns/bank/sa/batch",status="403",flags="-"} 4
meshglot_proxy_requests_total{direction="inbound",cluster="inbound/8080",policy="p",status="200",grpc_status="14",flags="-"} 1
meshglot_proxy_requests_total{direction="outbound",status="404",flags="NR"} 5
meshglot_proxy_connections_total{direction="inbound",flags="-"} 6
meshglot_proxy_connections_total{direction="outbound",cluster="bank/db/5432",flags="UF"} 7
meshglot_proxy_request_duration_seconds_bucket{direction="inbound",cluster="inbound/8080",le="0.001"} 1
meshglot_proxy_request_duration_seconds_bucket{direction="inbound",cluster="inbound/8080",le="+Inf"} 6
meshglot_proxy_connections_open 9
"#;

    #[test]
    fn what_is_counted_is_sorted_by_what_came_of_it() {
        let found: Vec<(String, u64)> = reading(TEXT)
            .into_iter()
            .map(|(series, count)| match series {
                Series::Calls(CallSeries { direction, cluster, peer, policy, verdict, well }) => {
                    let name = |text: Option<Arc<str>>| text.as_deref().and_then(|text| text.rsplit('/').next()).unwrap_or("-").to_owned();
                    let names = format!("{} {} {}", name(cluster), name(peer), name(policy));
                    (format!("{direction:?} {names} {} {well}", verdict.word()), count)
                }
                Series::Bucket(bucket) => (format!("bucket {}", bucket.micros), count),
            })
            .collect();
        let found: Vec<(&str, u64)> = found.iter().map(|(name, count)| (name.as_str(), *count)).collect();
        // Two statuses that mean the same are one, and so are a denied request and a denied connection of nobody.
        let want = [
            ("Inbound - - - denied false", 6),
            ("Inbound - batch - denied false", 4),
            ("Inbound 8080 - p allowed false", 1),
            ("Inbound 8080 teller ledger#a allowed true", 5),
            ("Outbound - - - failed false", 5),
            ("Outbound 5432 - - failed false", 7),
            ("bucket 1000", 1),
            (&format!("bucket {}", u64::MAX), 6),
        ];
        assert_eq!(found, want);
    }
}
