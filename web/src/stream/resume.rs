//! From where a stream goes on: after what a browser has, as far as that is remembered.

use axum::http::request::Parts;

use crate::app::App;
use crate::query::Query;

/// What a browser has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Resume {
    /// Nothing that is known of.
    Fresh,
    /// Everything up to this id.
    After(u64),
    /// Ids of a process that has ended: this one counts anew.
    Ended,
}

impl Resume {
    /// By `Last-Event-ID`, else by the page: `after`, the newest id that it had, and `run`, the process that made it.
    pub(super) fn of(app: &App, parts: &Parts, newest: u64) -> Self {
        let query = Query::parse(parts.uri.query().unwrap_or_default());
        if query.get("run").is_some_and(|run| run != app.run) {
            return Self::Ended;
        }
        let header = parts.headers.get("last-event-id").and_then(|id| id.to_str().ok());
        match header.or_else(|| query.get("after")).and_then(|id| id.parse().ok()) {
            None => Self::Fresh,
            Some(id) if id > newest => Self::Ended,
            Some(id) => Self::After(id),
        }
    }
}
