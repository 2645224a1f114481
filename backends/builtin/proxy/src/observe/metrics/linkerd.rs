//! Linkerd's proxy metrics, as far as a proxy of ours knows what they tell.
//!
//! Source: <https://linkerd.io/2/reference/proxy-metrics/>.

use std::collections::BTreeMap;

use super::family::{Labels, Text};
use super::istio::service;
use super::own::direction;
use super::series::{CallKey, Sums};
use super::store::Snapshot;
use crate::table::Direction;

pub(super) fn write(snapshot: &Snapshot, text: &mut Text) {
    let mut requests: BTreeMap<Labels, Sums> = BTreeMap::new();
    let mut responses: BTreeMap<Labels, Sums> = BTreeMap::new();
    for (key, sums) in &snapshot.calls {
        let labels = common(key);
        requests.entry(labels.clone()).or_default().and(sums);
        let is_failure = key.grpc.map_or(key.status >= 500 || key.status == 0, |grpc| grpc != 0);
        let labels = labels
            .with("status_code", &key.status.to_string())
            .with_some("grpc_status", key.grpc.map(|grpc| grpc.to_string()).as_deref())
            .with("classification", if is_failure { "failure" } else { "success" });
        responses.entry(labels).or_default().and(sums);
    }
    text.family("request_total", "counter", "Requests.");
    for (labels, sums) in &requests {
        text.sample("request_total", labels, sums.count);
    }
    text.family("response_total", "counter", "Answers.");
    for (labels, sums) in &responses {
        text.sample("response_total", labels, sums.count);
    }
    text.family("response_latency_ms", "histogram", "From the head of a request to the last byte of its answer.");
    for (labels, sums) in &requests {
        text.durations("response_latency_ms", labels, sums, 1.0);
    }
}

fn common(key: &CallKey) -> Labels {
    let tls = match (key.direction, &key.peer) {
        (Direction::Outbound, _) => "unknown",
        (Direction::Inbound, Some(_)) => "true",
        (Direction::Inbound, None) => "no_identity",
    };
    let service = key.cluster.as_deref().and_then(service);
    Labels::default()
        .with("direction", direction(key.direction))
        .with("tls", tls)
        .with_some("client_id", key.peer.as_deref().and_then(client).as_deref())
        .with_some("dst_service", service.map(|(name, _)| name))
        .with_some("dst_namespace", service.map(|(_, namespace)| namespace))
}

/// An ID of SPIFFE in Linkerd's form.
fn client(id: &str) -> Option<String> {
    let mut parts = id.split('/').skip(4);
    let (namespace, name) = (parts.next()?, parts.nth(1)?);
    Some(format!("{name}.{namespace}.serviceaccount.identity"))
}
