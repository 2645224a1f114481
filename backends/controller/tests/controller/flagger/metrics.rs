//! What Flagger asks about a canary: a Prometheus of which only the answers are there.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::extract::{Query, State};
use axum::routing::get;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// Workloads of which every request fails.
type Failing = Arc<Mutex<BTreeSet<String>>>;

/// It ends when this is dropped.
pub(super) struct Metrics {
    pub(super) address: SocketAddr,
    failing: Failing,
    serving: JoinHandle<()>,
}

impl Metrics {
    pub(super) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let failing = Failing::default();
        let router = Router::new().route("/api/v1/query", get(answer)).with_state(failing.clone());
        let serving = tokio::spawn(async move { axum::serve(listener, router).await.expect("it serves") });
        Self { address, failing, serving }
    }

    /// From now on all requests to this workload fail.
    pub(super) fn fails(&self, workload: &str) {
        self.failing.lock().unwrap_or_else(PoisonError::into_inner).insert(workload.to_owned());
    }
}

impl Drop for Metrics {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// `vector(1)`, by which Flagger finds out whether there is somebody, and the share of successes of one workload in percent.
async fn answer(State(failing): State<Failing>, Query(words): Query<BTreeMap<String, String>>) -> String {
    let query = words.get("query").map(String::as_str).unwrap_or_default();
    let failing = failing.lock().unwrap_or_else(PoisonError::into_inner);
    let is_bad = failing.iter().any(|workload| query.contains(&format!("\"{workload}\"")));
    let value = match query {
        "vector(1)" => "1",
        _ if is_bad => "0",
        _ => "100",
    };
    json!({"status": "success", "data": {"resultType": "vector", "result": [{"metric": {}, "value": [0, value]}]}}).to_string()
}
