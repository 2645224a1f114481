//! Our own names.

use std::collections::BTreeMap;

use super::family::{Labels, Text};
use super::series::{CallKey, ConnectionKey, Sums};
use super::store::Snapshot;
use crate::observe::Flag;
use crate::table::Direction;

pub(super) fn write(snapshot: &Snapshot, text: &mut Text) {
    text.family("meshglot_proxy_connections_open", "gauge", "Connections that came and are open.");
    text.sample("meshglot_proxy_connections_open", &Labels::default(), snapshot.open);
    text.family("meshglot_proxy_log_lines_lost_total", "counter", "Pieces of the access log that nobody took in time.");
    text.sample("meshglot_proxy_log_lines_lost_total", &Labels::default(), snapshot.log_lost);
    let name = "meshglot_proxy_requests_total";
    text.family(name, "counter", "Requests by where they went, who called, the rule that decided, and what came of it.");
    for (key, sums) in &snapshot.calls {
        text.sample(name, &call(key), sums.count);
    }
    let name = "meshglot_proxy_request_bytes_total";
    text.family(name, "counter", "Bytes of bodies: received from callers, and sent to them.");
    for (labels, sums) in by_cluster(snapshot) {
        text.sample(name, &labels.clone().with("way", "received"), sums.received);
        text.sample(name, &labels.with("way", "sent"), sums.sent);
    }
    let name = "meshglot_proxy_request_duration_seconds";
    text.family(name, "histogram", "From the head of a request to the last byte of its answer.");
    for (labels, sums) in by_cluster(snapshot) {
        text.durations(name, &labels, &sums, 1000.0);
    }
    let name = "meshglot_proxy_connections_total";
    text.family(name, "counter", "Connections of bytes that have ended.");
    for (key, sums) in &snapshot.connections {
        text.sample(name, &connection(key), sums.count);
    }
    let name = "meshglot_proxy_connection_bytes_total";
    text.family(name, "counter", "Their bytes: received from callers, and sent to them.");
    for (key, sums) in &snapshot.connections {
        text.sample(name, &connection(key).with("way", "received"), sums.received);
        text.sample(name, &connection(key).with("way", "sent"), sums.sent);
    }
}

/// As labels have it.
pub(super) fn direction(direction: Direction) -> &'static str {
    match direction {
        Direction::Inbound => "inbound",
        Direction::Outbound => "outbound",
    }
}

/// As labels have it: `-`: there is none.
pub(super) fn flags(flag: Option<Flag>) -> &'static str {
    flag.map(Flag::short).filter(|flag| !flag.is_empty()).unwrap_or("-")
}

fn call(key: &CallKey) -> Labels {
    let CallKey { direction: way, cluster, peer, policy, status, grpc, flag } = key;
    Labels::default()
        .with("direction", direction(*way))
        .with_some("cluster", cluster.as_deref())
        .with_some("peer", peer.as_deref())
        .with_some("policy", policy.as_deref())
        .with("status", &status.to_string())
        .with_some("grpc_status", grpc.map(|grpc| grpc.to_string()).as_deref())
        .with("flags", flags(*flag))
}

fn connection(key: &ConnectionKey) -> Labels {
    let ConnectionKey { direction: way, cluster, peer, flag } = key;
    Labels::default()
        .with("direction", direction(*way))
        .with_some("cluster", cluster.as_deref())
        .with_some("peer", peer.as_deref())
        .with("flags", flags(*flag))
}

/// A histogram for each cluster: for each status, caller and rule it would be too many.
fn by_cluster(snapshot: &Snapshot) -> BTreeMap<Labels, Sums> {
    let mut all: BTreeMap<Labels, Sums> = BTreeMap::new();
    for (key, sums) in &snapshot.calls {
        let labels = Labels::default().with("direction", direction(key.direction)).with_some("cluster", key.cluster.as_deref());
        all.entry(labels).or_default().and(sums);
    }
    all
}
