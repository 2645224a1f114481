//! Where counters are found: by a thread that counts, and by whoever asks for the sums.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::series::{CallKey, ConnectionKey, Counters, Sums};
use super::{family::Text, istio, linkerd, own};

/// More series than that are counted as one without names, so that no caller can make the proxy remember without end.
const SERIES: usize = 20_000;

/// Under which names counters are told, beside the proxy's own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MetricNames {
    /// Istio's standard metrics (`istio_requests_total` and so on).
    pub istio: bool,
    /// Linkerd's (`request_total`, `response_total`, `response_latency_ms`).
    pub linkerd: bool,
}

/// The counters of one thread.
pub(crate) struct Metrics {
    calls: RefCell<HashMap<CallKey, Arc<Counters>>>,
    connections: RefCell<HashMap<ConnectionKey, Arc<Counters>>>,
    all: Arc<Thread>,
}

/// What others may see of a thread's counters.
#[derive(Debug, Default)]
struct Thread {
    calls: Mutex<Vec<(CallKey, Arc<Counters>)>>,
    connections: Mutex<Vec<(ConnectionKey, Arc<Counters>)>>,
    open: AtomicI64,
}

/// All threads.
#[derive(Clone, Debug, Default)]
pub(crate) struct Registry(Arc<Mutex<Vec<Arc<Thread>>>>);

/// The sums.
#[derive(Debug, Default)]
pub(super) struct Snapshot {
    pub(super) calls: BTreeMap<CallKey, Sums>,
    pub(super) connections: BTreeMap<ConnectionKey, Sums>,
    pub(super) open: i64,
    pub(super) log_lost: u64,
}

impl Metrics {
    /// Counts a request.
    pub(crate) fn call(&self, key: CallKey, count: impl FnOnce(&Counters)) {
        let other = |key: &CallKey| CallKey {
            direction: key.direction,
            cluster: None,
            peer: None,
            policy: None,
            status: key.status,
            grpc: None,
            flag: None,
        };
        count(&find(&self.calls, &self.all.calls, key, other));
    }

    /// Counts a connection of bytes.
    pub(crate) fn connection(&self, key: ConnectionKey, count: impl FnOnce(&Counters)) {
        let other = |key: &ConnectionKey| ConnectionKey { direction: key.direction, cluster: None, peer: None, flag: None };
        count(&find(&self.connections, &self.all.connections, key, other));
    }

    /// A connection came (1), or is gone (-1).
    pub(crate) fn opened(&self, change: i64) {
        self.all.open.fetch_add(change, Ordering::Relaxed);
    }
}

fn find<K: Clone + Eq + Hash>(
    known: &RefCell<HashMap<K, Arc<Counters>>>,
    all: &Mutex<Vec<(K, Arc<Counters>)>>,
    key: K,
    other: impl FnOnce(&K) -> K,
) -> Arc<Counters> {
    let mut known = known.borrow_mut();
    if let Some(counters) = known.get(&key) {
        return counters.clone();
    }
    let key = if known.len() < SERIES { key } else { other(&key) };
    let added = known.entry(key.clone()).or_insert_with(|| {
        let counters = Arc::new(Counters::default());
        lock(all).push((key, counters.clone()));
        counters
    });
    added.clone()
}

impl Registry {
    /// Counters for one more thread.
    pub(crate) fn thread(&self) -> Metrics {
        let all = Arc::<Thread>::default();
        lock(&self.0).push(all.clone());
        Metrics { calls: RefCell::default(), connections: RefCell::default(), all }
    }

    /// All sums, as Prometheus reads them. `id`: of the proxy, `NAMESPACE/WORKLOAD/INSTANCE`.
    pub(crate) fn text(&self, names: MetricNames, id: &str, log_lost: u64) -> String {
        let mut snapshot = Snapshot { log_lost, ..Snapshot::default() };
        for thread in lock(&self.0).iter() {
            for (key, counters) in lock(&thread.calls).iter() {
                counters.add_to(snapshot.calls.entry(key.clone()).or_default());
            }
            for (key, counters) in lock(&thread.connections).iter() {
                counters.add_to(snapshot.connections.entry(key.clone()).or_default());
            }
            snapshot.open += thread.open.load(Ordering::Relaxed);
        }
        let mut text = Text::default();
        own::write(&snapshot, &mut text);
        if names.istio {
            istio::write(&snapshot, id, &mut text);
        }
        if names.linkerd {
            linkerd::write(&snapshot, &mut text);
        }
        text.into_string()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observe::Flag;
    use crate::table::Direction;
    use std::time::Duration;

    fn key(direction: Direction, cluster: &str, status: u16) -> CallKey {
        CallKey { direction, cluster: Some(cluster.into()), peer: None, policy: None, status, grpc: None, flag: None }
    }

    fn text(names: MetricNames) -> String {
        let registry = Registry::default();
        let threads = [registry.thread(), registry.thread()];
        for thread in &threads {
            thread.opened(1);
            let peer = Some("spiffe://cluster.local/ns/shop/sa/web".into());
            let inbound =
                CallKey { peer, policy: Some("TrafficTarget/shop/web#any".into()), ..key(Direction::Inbound, "inbound/8080", 200) };
            thread.call(inbound, |counters| counters.add(10, 20, Duration::from_millis(3)));
            thread.call(key(Direction::Outbound, "shop/api/80", 200), |counters| counters.add(1, 2, Duration::from_micros(900)));
            let failed = CallKey { flag: Some(Flag::UpstreamTimeout), ..key(Direction::Outbound, "shop/api/80", 504) };
            thread.call(failed, |counters| counters.add(0, 24, Duration::from_secs(60)));
            let bytes = ConnectionKey { direction: Direction::Outbound, cluster: Some("shop/db/5432".into()), peer: None, flag: None };
            thread.connection(bytes, |counters| counters.add(100, 200, Duration::from_secs(1)));
        }
        registry.text(names, "shop/till/till-1", 7)
    }

    #[test]
    fn sums_of_all_threads_under_our_own_names() {
        let text = text(MetricNames::default());
        for line in [
            "meshglot_proxy_connections_open 2",
            "meshglot_proxy_log_lines_lost_total 7",
            r#"meshglot_proxy_requests_total{direction="inbound",cluster="inbound/8080",peer="spiffe://cluster.local/ns/shop/sa/web",policy="TrafficTarget/shop/web#any",status="200",flags="-"} 2"#,
            r#"meshglot_proxy_requests_total{direction="outbound",cluster="shop/api/80",status="504",flags="UT"} 2"#,
            r#"meshglot_proxy_request_duration_seconds_bucket{direction="outbound",cluster="shop/api/80",le="0.001"} 2"#,
            r#"meshglot_proxy_request_duration_seconds_bucket{direction="outbound",cluster="shop/api/80",le="30"} 2"#,
            r#"meshglot_proxy_request_duration_seconds_bucket{direction="outbound",cluster="shop/api/80",le="+Inf"} 4"#,
            r#"meshglot_proxy_request_duration_seconds_count{direction="outbound",cluster="shop/api/80"} 4"#,
            r#"meshglot_proxy_connection_bytes_total{direction="outbound",cluster="shop/db/5432",flags="-",way="sent"} 400"#,
        ] {
            assert!(text.lines().any(|known| known == line), "{line}\n{text}");
        }
        assert!(!text.contains("istio_") && !text.contains("response_total"));
    }

    #[test]
    fn the_names_of_others_on_demand() {
        let text = text(MetricNames { istio: true, linkerd: true });
        for line in [
            r#"istio_requests_total{reporter="source",destination_service="api.shop.svc.cluster.local",destination_service_name="api",destination_service_namespace="shop",destination_workload="unknown",destination_workload_namespace="unknown",source_principal="unknown",source_workload="till",source_workload_namespace="shop",response_code="504",response_flags="UT",request_protocol="http",connection_security_policy="unknown"} 2"#,
            r#"istio_requests_total{reporter="destination",destination_service="unknown",destination_service_name="unknown",destination_service_namespace="unknown",destination_workload="till",destination_workload_namespace="shop",source_principal="spiffe://cluster.local/ns/shop/sa/web",source_workload="unknown",source_workload_namespace="shop",response_code="200",response_flags="-",request_protocol="http",connection_security_policy="mutual_tls"} 2"#,
            r#"response_total{direction="inbound",tls="true",client_id="web.shop.serviceaccount.identity",status_code="200",classification="success"} 2"#,
            r#"response_total{direction="outbound",tls="unknown",dst_service="api",dst_namespace="shop",status_code="504",classification="failure"} 2"#,
        ] {
            assert!(text.lines().any(|known| known == line), "{line}\n{text}");
        }
    }

    #[test]
    fn callers_cannot_make_it_remember_without_end() {
        let registry = Registry::default();
        let metrics = registry.thread();
        for number in 0..SERIES + 500 {
            metrics.call(key(Direction::Inbound, &number.to_string(), 200), |counters| counters.add(0, 0, Duration::ZERO));
        }
        assert!(metrics.calls.borrow().len() <= SERIES + 1);
        let other = r#"meshglot_proxy_requests_total{direction="inbound",status="200",flags="-"} 500"#;
        assert!(registry.text(MetricNames::default(), "", 0).lines().any(|line| line == other));
    }
}
