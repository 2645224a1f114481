//! `/events`: tells open pages that there is another state, or that a newer one could not be read, as server-sent events. An event's id is the number of the
//! state, so that a browser that was away learns whether it missed one.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use tokio_stream::StreamExt as _;
use tokio_stream::wrappers::WatchStream;

use crate::app::App;

/// Proxies between close what is silent for longer.
const KEEP_ALIVE: Duration = Duration::from_secs(20);

pub(crate) async fn stream(State(app): State<Arc<App>>) -> Response {
    let Some(changes) = app.source.changes() else {
        // A browser does not come back after that.
        return axum::http::StatusCode::NO_CONTENT.into_response();
    };
    // The first event is the state of now: a page that was drawn from an older one reloads.
    let stale = move || app.source.staleness().is_some();
    let event = move |revision: u64| {
        let state = if stale() { format!("{revision} stale") } else { revision.to_string() };
        Ok::<_, Infallible>(Event::default().event("state").id(revision.to_string()).data(state))
    };
    Sse::new(WatchStream::new(changes).map(event)).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)).into_response()
}
