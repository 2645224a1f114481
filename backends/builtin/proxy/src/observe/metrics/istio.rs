//! Istio's standard metrics, as far as a proxy of ours knows what they tell.
//!
//! Source: <https://istio.io/latest/docs/reference/config/metrics/>.

use std::collections::BTreeMap;

use super::family::{Labels, Text};
use super::own::flags;
use super::series::{CallKey, ConnectionKey, Sums};
use super::store::Snapshot;
use crate::observe::Flag;
use crate::table::Direction;

const UNKNOWN: &str = "unknown";

/// What a family tells of the sums.
type Value = fn(&Sums) -> u64;

/// `id`: of the proxy, `NAMESPACE/WORKLOAD/INSTANCE`.
pub(super) fn write(snapshot: &Snapshot, id: &str, text: &mut Text) {
    let own = Workload::of(id);
    let mut calls: BTreeMap<Labels, Sums> = BTreeMap::new();
    for (key, sums) in &snapshot.calls {
        calls.entry(call(key, &own)).or_default().and(sums);
    }
    text.family("istio_requests_total", "counter", "Requests.");
    for (labels, sums) in &calls {
        text.sample("istio_requests_total", labels, sums.count);
    }
    text.family("istio_request_duration_milliseconds", "histogram", "Durations of requests.");
    for (labels, sums) in &calls {
        text.durations("istio_request_duration_milliseconds", labels, sums, 1.0);
    }
    let mut connections: BTreeMap<Labels, Sums> = BTreeMap::new();
    for (key, sums) in &snapshot.connections {
        let ConnectionKey { direction, cluster, peer, flag } = key;
        let labels = common(&own, *direction, cluster.as_deref(), peer.as_deref()).with("response_flags", flags(*flag));
        connections.entry(secured(labels.with("request_protocol", "tcp"), *direction, peer.as_deref())).or_default().and(sums);
    }
    let of: [(&str, Value); 3] = [
        ("istio_tcp_connections_closed_total", |sums| sums.count),
        ("istio_tcp_received_bytes_total", |sums| sums.received),
        ("istio_tcp_sent_bytes_total", |sums| sums.sent),
    ];
    for (name, value) in of {
        text.family(name, "counter", "Connections of bytes.");
        for (labels, sums) in &connections {
            text.sample(name, labels, value(sums));
        }
    }
}

/// The workload beside which the proxy is.
struct Workload<'i> {
    namespace: &'i str,
    name: &'i str,
}

impl<'i> Workload<'i> {
    fn of(id: &'i str) -> Self {
        let mut parts = id.split('/');
        let mut next = || parts.next().filter(|part| !part.is_empty()).unwrap_or(UNKNOWN);
        Self { namespace: next(), name: next() }
    }
}

fn call(key: &CallKey, own: &Workload<'_>) -> Labels {
    let CallKey { direction, cluster, peer, policy: _, status, grpc, flag } = key;
    let flag: Option<Flag> = *flag;
    let labels = common(own, *direction, cluster.as_deref(), peer.as_deref())
        .with("response_code", &status.to_string())
        .with_some("grpc_response_status", grpc.map(|grpc| grpc.to_string()).as_deref())
        .with("response_flags", flags(flag))
        .with("request_protocol", if grpc.is_some() { "grpc" } else { "http" });
    secured(labels, *direction, peer.as_deref())
}

/// Of the other end nothing is known but, on the callee's side, its identity.
fn common(own: &Workload<'_>, direction: Direction, cluster: Option<&str>, peer: Option<&str>) -> Labels {
    let is_called = direction == Direction::Inbound;
    let reporter = if is_called { "destination" } else { "source" };
    let service = cluster.and_then(service);
    let (name, namespace) = service.unwrap_or((UNKNOWN, UNKNOWN));
    let full = service.map_or(UNKNOWN.to_owned(), |(name, namespace)| format!("{name}.{namespace}.svc.cluster.local"));
    Labels::default()
        .with("reporter", reporter)
        .with("destination_service", &full)
        .with("destination_service_name", name)
        .with("destination_service_namespace", namespace)
        .with("destination_workload", if is_called { own.name } else { UNKNOWN })
        .with("destination_workload_namespace", if is_called { own.namespace } else { UNKNOWN })
        .with("source_principal", peer.unwrap_or(UNKNOWN))
        .with("source_workload", if is_called { UNKNOWN } else { own.name })
        .with("source_workload_namespace", if is_called { peer.and_then(namespace_of).unwrap_or(UNKNOWN) } else { own.namespace })
}

fn secured(labels: Labels, direction: Direction, peer: Option<&str>) -> Labels {
    // The caller's side does not tell: it is said by who is called.
    let policy = match (direction, peer) {
        (Direction::Outbound, _) => UNKNOWN,
        (Direction::Inbound, Some(_)) => "mutual_tls",
        (Direction::Inbound, None) => "none",
    };
    labels.with("connection_security_policy", policy)
}

/// Name and namespace of the Service of a cluster `NAMESPACE/SERVICE/PORT`.
pub(super) fn service(cluster: &str) -> Option<(&str, &str)> {
    let mut parts = cluster.split('/');
    let (namespace, name, port) = (parts.next()?, parts.next()?, parts.next()?);
    (parts.next().is_none() && !port.is_empty()).then_some((name, namespace))
}

/// The namespace of `spiffe://TRUSTDOMAIN/ns/NAMESPACE/sa/NAME`.
fn namespace_of(id: &str) -> Option<&str> {
    id.split('/').nth(4)
}
