//! What a mesh that runs answers to commands.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use futures_util::stream;
use meshglot_control::Problem;
use meshglot_translator::answer::document;
use meshglot_web::Live;
use serde::Deserialize;

/// The window that is shown where none is asked for, in seconds.
const WINDOW: f64 = 60.0;

/// What commands ask for:
///
/// | Path | Answer |
/// |---|---|
/// | `GET /calls?after=ID` | [`Call`](meshglot_observed::Call)s, one a line, for as long as somebody reads; without `after`: those from now on |
/// | `GET /edges?window=SECONDS` | [`Edges`](meshglot_observed::Edges) |
/// | `GET /events` | [`Events`](meshglot_observed::Events) |
pub(crate) fn router(live: Arc<dyn Live>) -> Router {
    Router::new().route("/calls", get(calls)).route("/edges", get(edges)).route("/events", get(events)).with_state(live)
}

#[derive(Deserialize)]
struct After {
    after: Option<u64>,
}

async fn calls(State(live): State<Arc<dyn Live>>, Query(After { after }): Query<After>) -> Response {
    let watcher = live.calls();
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

async fn edges(State(live): State<Arc<dyn Live>>, Query(Window { window }): Query<Window>) -> Response {
    match Duration::try_from_secs_f64(window.unwrap_or(WINDOW)) {
        Ok(window) => json(StatusCode::OK, document(&live.edges(window))),
        Err(error) => {
            let problem = Problem { error: format!("window: {error}") };
            json(StatusCode::BAD_REQUEST, serde_json::json!(problem))
        }
    }
}

async fn events(State(live): State<Arc<dyn Live>>) -> Response {
    json(StatusCode::OK, document(&live.events()))
}

fn json(status: StatusCode, document: serde_json::Value) -> Response {
    (status, [(CONTENT_TYPE, "application/json")], document.to_string()).into_response()
}
