//! `/sse/state`: tells open pages that there is another state, or that a newer one could not be read. An event's id is the number of the
//! state, so that a browser that was away learns whether it missed one.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use axum::response::sse::Event;
use tokio::sync::watch;

use super::tell::{nothing, told};
use crate::app::App;

/// States of the policy as a stream tells them.
pub(super) struct States {
    app: Arc<App>,
    changes: Option<watch::Receiver<u64>>,
}

impl States {
    /// From the state of now on, which is the first: a page that was drawn from an older one draws itself again.
    pub(super) fn of(app: &Arc<App>) -> Self {
        let mut changes = app.source.changes();
        if let Some(changes) = &mut changes {
            changes.mark_changed();
        }
        Self { app: app.clone(), changes }
    }

    /// The next one: its number, and an event that has no id yet. It waits for ever where there is no other.
    pub(super) async fn next(&mut self) -> (u64, Event) {
        let Some(changes) = &mut self.changes else { return std::future::pending().await };
        if changes.changed().await.is_err() {
            return std::future::pending().await;
        }
        let revision = *changes.borrow_and_update();
        let stale = self.app.source.staleness().is_some();
        let state = if stale { format!("{revision} stale") } else { revision.to_string() };
        (revision, Event::default().event("state").data(state))
    }
}

pub(crate) async fn stream(State(app): State<Arc<App>>) -> Response {
    if app.source.changes().is_none() {
        return nothing();
    }
    let mut states = States::of(&app);
    told(async move |tell| {
        loop {
            let (revision, event) = tokio::select! {
                () = tell.gone() => return,
                next = states.next() => next,
            };
            if !tell.say(event.id(revision.to_string())).await {
                return;
            }
        }
    })
}
