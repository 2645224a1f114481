//! What is seen of the mesh that runs: for the web view, and for commands on the socket of the administration.

use std::convert::Infallible;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use futures_util::stream;
use meshglot_control::{Control, Problem};
use meshglot_observed::{Call, Edges, Events, Proxies};
use meshglot_smi_metrics::{Inventory, Traffic};
use meshglot_traffic::{Hub, Watcher};
use meshglot_translator::answer::document;
use meshglot_translator::plan::Plan;
use meshglot_web::{Calls, Live};
use serde::Deserialize;
use tokio::sync::watch;

use super::Told;
use super::events::EventLog;
use super::names::Who;

/// The window that is shown where none is asked for.
const WINDOW: f64 = 60.0;

/// Everything that is seen.
pub(super) struct Observed {
    hub: Hub,
    events: EventLog,
    who: Arc<Who>,
    control: Arc<Control>,
    inventory: RwLock<Option<Arc<Inventory>>>,
    /// Whether somebody may ask for the inventory.
    smi_metrics: bool,
}

impl Observed {
    /// Looks at the proxies whose folders are in `folder`, from now on; within a runtime.
    pub(super) fn new(control: Arc<Control>, folder: PathBuf, smi_metrics: bool) -> Self {
        let who = Arc::<Who>::default();
        Self { hub: Hub::new(folder, who.clone()), events: EventLog::new(), who, control, inventory: RwLock::default(), smi_metrics }
    }

    /// Takes the names of what was put in force.
    pub(super) fn learn(&self, plan: &Plan) {
        self.who.learn(plan, &self.control);
        if self.smi_metrics {
            let identities = self.control.identities();
            let inventory = Inventory::of(&plan.model, |workload| identities.contains_key(workload));
            *self.inventory.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(inventory));
        }
    }

    /// Remembers what was told to people.
    pub(super) fn record(&self, told: &Told) {
        self.events.record(told);
    }
}

/// Somebody who looks.
struct Looks(Watcher);

impl Calls for Looks {
    fn after(&self, id: u64) -> Vec<Arc<Call>> {
        self.0.after(id)
    }

    fn newest(&self) -> watch::Receiver<u64> {
        self.0.newest()
    }
}

impl Live for Observed {
    fn calls(&self) -> Box<dyn Calls> {
        Box::new(Looks(self.hub.watch()))
    }

    fn edges(&self, window: Duration) -> Edges {
        self.hub.edges(window)
    }

    fn events(&self) -> Events {
        self.events.all()
    }

    fn newest_event(&self) -> watch::Receiver<u64> {
        self.events.newest()
    }

    fn proxies(&self) -> Proxies {
        self.control.status()
    }
}

impl Traffic for Observed {
    fn edges(&self, window: Duration) -> Edges {
        self.hub.edges(window)
    }

    fn inventory(&self) -> Option<Arc<Inventory>> {
        self.inventory.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// What the administration answers besides:
///
/// | Path | Answer |
/// |---|---|
/// | `GET /calls?after=ID` | [`Call`]s, one a line, for as long as somebody reads; without `after`: those from now on |
/// | `GET /edges?window=SECONDS` | [`Edges`] |
/// | `GET /events` | [`Events`] |
pub(super) fn router(observed: Arc<Observed>) -> Router {
    Router::new().route("/calls", get(calls)).route("/edges", get(edges)).route("/events", get(events)).with_state(observed)
}

#[derive(Deserialize)]
struct After {
    after: Option<u64>,
}

async fn calls(State(observed): State<Arc<Observed>>, Query(After { after }): Query<After>) -> Response {
    let watcher = observed.hub.watch();
    let newest = watcher.newest();
    let last = after.unwrap_or_else(|| *newest.borrow());
    let lines = stream::unfold((watcher, newest, last), |(watcher, mut newest, last)| async move {
        loop {
            // Before the calls are read: one that comes meanwhile wakes it again.
            newest.borrow_and_update();
            let calls = watcher.after(last);
            if let Some(last) = calls.last().map(|call| call.id) {
                let lines: String = calls.iter().map(|call| format!("{}\n", document(&**call))).collect();
                return Some((Ok::<_, Infallible>(lines), (watcher, newest, last)));
            }
            newest.changed().await.ok()?;
        }
    });
    ([(CONTENT_TYPE, "application/x-ndjson")], Body::from_stream(lines)).into_response()
}

#[derive(Deserialize)]
struct Window {
    window: Option<f64>,
}

async fn edges(State(observed): State<Arc<Observed>>, Query(Window { window }): Query<Window>) -> Response {
    match Duration::try_from_secs_f64(window.unwrap_or(WINDOW)) {
        Ok(window) => json(StatusCode::OK, document(&observed.hub.edges(window))),
        Err(error) => {
            let problem = Problem { error: format!("window: {error}") };
            json(StatusCode::BAD_REQUEST, serde_json::json!(problem))
        }
    }
}

async fn events(State(observed): State<Arc<Observed>>) -> Response {
    json(StatusCode::OK, document(&observed.events()))
}

fn json(status: StatusCode, document: serde_json::Value) -> Response {
    (status, [(CONTENT_TYPE, "application/json")], document.to_string()).into_response()
}
