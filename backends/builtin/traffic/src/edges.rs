//! From what proxies have counted to who calls whom.

use std::collections::BTreeMap;
use std::time::Duration;

use meshglot_observed::{Direction, Edge, Party, Verdict};

use crate::history::Difference;
use crate::latency::Histogram;
use crate::names::Names;
use crate::series::{CallSeries, Series};

/// What an edge is told apart by.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    source: Party,
    destination: Party,
    verdict: Verdict,
    policy: Option<String>,
    direction: Direction,
}

/// What is counted of an edge.
#[derive(Default)]
struct Sums {
    calls: u64,
    succeeded: u64,
    per_second: f64,
}

/// The edges of what the proxies of these workloads have counted.
pub(crate) fn edges(parts: &[(&str, Difference<'_>)], names: &dyn Names) -> Vec<Edge> {
    let mut sums: BTreeMap<Key, Sums> = BTreeMap::new();
    let mut durations: BTreeMap<(Direction, Party), Histogram> = BTreeMap::new();
    for (workload, difference) in parts {
        let own = own(workload, names);
        for (series, count) in &difference.counts {
            match series {
                Series::Calls(series) => {
                    let sum = sums.entry(key(&own, series, names)).or_default();
                    sum.calls += count;
                    sum.succeeded += if series.well { *count } else { 0 };
                    sum.per_second += per_second(*count, difference.span);
                }
                Series::Bucket(bucket) => {
                    let destination = destination(&own, bucket.direction, bucket.cluster.as_deref(), names);
                    durations.entry((bucket.direction, destination)).or_default().add(bucket.micros, *count);
                }
            }
        }
    }
    let edge = |(key, sums): (Key, Sums)| {
        let latency = durations.get(&(key.direction, key.destination.clone())).and_then(Histogram::latency);
        let Key { source, destination, verdict, policy, direction } = key;
        let Sums { calls, succeeded, per_second } = sums;
        Edge { direction, source, destination, verdict, policy, calls, per_second, succeeded, latency }
    };
    sums.into_iter().map(edge).collect()
}

/// A workload by all of its names.
pub(crate) fn own(workload: &str, names: &dyn Names) -> Party {
    Party { workload: Some(workload.to_owned()), service: names.service(workload), identity: names.identity(workload), address: None }
}

/// Who has called, by what was proven.
pub(crate) fn caller(identity: Option<&str>, names: &dyn Names) -> Party {
    let Some(identity) = identity else { return Party::default() };
    match names.workload(identity) {
        Some(workload) => Party { identity: Some(identity.to_owned()), ..own(&workload, names) },
        None => Party { identity: Some(identity.to_owned()), ..Party::default() },
    }
}

/// Who was called, by where the proxy of `own` has sent it.
pub(crate) fn destination(own: &Party, direction: Direction, cluster: Option<&str>, names: &dyn Names) -> Party {
    match direction {
        Direction::Inbound => own.clone(),
        Direction::Outbound => {
            let service = cluster.and_then(|cluster| names.service_of_cluster(cluster));
            // Its certificate was held against that.
            let identity = service.as_deref().and_then(|service| names.identity_behind(service));
            Party { service, identity, ..Party::default() }
        }
    }
}

fn key(own: &Party, series: &CallSeries, names: &dyn Names) -> Key {
    let source = match series.direction {
        Direction::Inbound => caller(series.peer.as_deref(), names),
        Direction::Outbound => own.clone(),
    };
    Key {
        source,
        destination: destination(own, series.direction, series.cluster.as_deref(), names),
        verdict: series.verdict,
        policy: series.policy.as_deref().map(str::to_owned),
        direction: series.direction,
    }
}

fn per_second(count: u64, span: Duration) -> f64 {
    if span.is_zero() { 0.0 } else { count as f64 / span.as_secs_f64() }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::net::IpAddr;

    use super::*;
    use crate::reading::reading;

    /// A ledger, a teller, and two that share an identity.
    pub(crate) struct Bank;

    impl Names for Bank {
        fn workloads(&self) -> Vec<String> {
            ["bank/batch-1", "bank/batch-2", "bank/ledger", "bank/teller"].map(str::to_owned).into()
        }

        fn workload(&self, identity: &str) -> Option<String> {
            let account = identity.rsplit('/').next()?;
            ["ledger", "teller"].contains(&account).then(|| format!("bank/{account}"))
        }

        fn workload_at(&self, address: IpAddr) -> Option<String> {
            let known = [("127.0.0.2", "bank/ledger"), ("127.0.0.4", "bank/batch-1")];
            known.into_iter().find(|(at, _)| *at == address.to_string()).map(|(_, workload)| workload.to_owned())
        }

        fn identity(&self, workload: &str) -> Option<String> {
            let name = workload.strip_prefix("bank/")?;
            Some(format!("spiffe://d/ns/bank/sa/{}", if name.starts_with("batch") { "batch" } else { name }))
        }

        fn service(&self, workload: &str) -> Option<String> {
            (workload == "bank/ledger").then(|| workload.to_owned())
        }

        fn identity_behind(&self, service: &str) -> Option<String> {
            self.identity(service).filter(|_| service == "bank/ledger")
        }

        fn service_of_cluster(&self, cluster: &str) -> Option<String> {
            cluster.rsplit_once('/').map(|(service, _)| service.to_owned())
        }
    }

    #[test]
    fn both_ends_are_named_and_what_is_alike_is_one() {
        let inbound = reading(
            r#"meshglot_proxy_requests_total{direction="inbound",cluster="inbound/8080",peer="spiffe://d/ns/bank/sa/teller",policy="p",status="200",flags="-"} 6
meshglot_proxy_requests_total{direction="inbound",cluster="inbound/8080",peer="spiffe://d/ns/bank/sa/teller",policy="p",status="200",grpc_status="13",flags="-"} 2
meshglot_proxy_requests_total{direction="inbound",peer="spiffe://d/ns/bank/sa/batch",status="403",flags="-"} 4
meshglot_proxy_requests_total{direction="inbound",status="403",flags="-"} 1
meshglot_proxy_request_duration_seconds_bucket{direction="inbound",cluster="inbound/8080",le="0.005"} 8
meshglot_proxy_request_duration_seconds_bucket{direction="inbound",cluster="inbound/8080",le="+Inf"} 8
"#,
        );
        let outbound = reading(
            r#"meshglot_proxy_requests_total{direction="outbound",cluster="bank/ledger/80",status="503",flags="UF"} 3
meshglot_proxy_requests_total{direction="outbound",status="404",flags="NR"} 2
"#,
        );
        let difference = |reading: &'static crate::reading::Reading| Difference {
            span: Duration::from_secs(4),
            counts: reading.iter().map(|(series, count)| (series, *count)).collect(),
        };
        // For as long as the test runs.
        let [inbound, outbound] = [inbound, outbound].map(|reading| &*Box::leak(Box::new(reading)));
        let found = edges(&[("bank/ledger", difference(inbound)), ("bank/teller", difference(outbound))], &Bank);
        let line = |edge: &Edge| {
            let policy = edge.policy.as_deref().unwrap_or("default");
            let p50 = edge.latency.map_or(0.0, |latency| latency.p50_ms);
            let (source, destination) = (edge.source.name(), edge.destination.name());
            format!(
                "{:?} {source} {destination} {} {policy} {} {} {} {p50}",
                edge.direction,
                edge.verdict.word(),
                edge.calls,
                edge.per_second,
                edge.succeeded
            )
        };
        let mut lines: Vec<String> = found.iter().map(line).collect();
        lines.sort();
        let want = [
            "Inbound bank/batch bank/ledger denied default 4 1 0 5",
            "Inbound bank/teller bank/ledger allowed p 8 2 6 5",
            "Inbound unknown bank/ledger denied default 1 0.25 0 5",
            "Outbound bank/teller bank/ledger failed default 3 0.75 0 0",
            "Outbound bank/teller unknown failed default 2 0.5 0 0",
        ];
        assert_eq!(lines, want);
        let batch = found.iter().find(|edge| edge.calls == 4).expect("an edge");
        assert_eq!((batch.source.workload.as_deref(), batch.source.service.as_deref()), (None, None), "two have this identity");
    }
}
