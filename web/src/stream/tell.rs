//! A stream as an answer, and the side that tells it.

use std::convert::Infallible;
use std::time::Duration;

use axum::http::StatusCode;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use tokio::sync::mpsc::{Sender, channel};
use tokio_stream::StreamExt as _;
use tokio_stream::wrappers::ReceiverStream;

/// Proxies between close what is silent for longer.
const KEEP_ALIVE: Duration = Duration::from_secs(20);

/// Events that wait for a browser that does not read.
const WAITING: usize = 16;

/// Who tells.
pub(super) struct Tell(Sender<Event>);

impl Tell {
    /// Waits until there is room; false: nobody listens any more.
    pub(super) async fn say(&self, event: Event) -> bool {
        self.0.send(event).await.is_ok()
    }

    /// Returns when nobody listens any more.
    pub(super) async fn gone(&self) {
        self.0.closed().await;
    }
}

/// A stream, as long as somebody listens and `work` has something to tell.
pub(super) fn told<F: Future<Output = ()> + Send + 'static>(work: impl FnOnce(Tell) -> F) -> Response {
    let (tell, listen) = channel(WAITING);
    tokio::spawn(work(Tell(tell)));
    let events = ReceiverStream::new(listen).map(Ok::<_, Infallible>);
    Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)).into_response()
}

/// There will be nothing to tell: a browser does not come back after that.
pub(super) fn nothing() -> Response {
    StatusCode::NO_CONTENT.into_response()
}

/// An event with markup in it.
pub(super) fn fragment(name: &str, markup: &str) -> Event {
    // A line of an event ends there, too.
    Event::default().event(name).data(markup.replace('\r', "&#13;"))
}

/// A browser has numbers of another process. Without data no event would reach it.
pub(super) fn restart() -> Event {
    Event::default().event("restart").data("ask again")
}
