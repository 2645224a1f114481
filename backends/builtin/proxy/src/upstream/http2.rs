//! Connections of HTTP/2 to one endpoint: each serves many requests at once.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::pin::Pin;
use std::rc::Rc;
use std::task::Poll;

use http::{Request, Response};
use hyper::body::Incoming;
use hyper::client::conn::http2::{Builder, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::sync::Notify;

use super::cluster::Upstream;
use super::failure::Failure;
use super::host::Host;
use super::permit::Counted;
use crate::http::RequestBody;
use crate::io::Stream;
use crate::worker::Local;

/// How much may come of one answer, and of all answers on a connection, before somebody has taken it.
const STREAM_WINDOW: u32 = 256 << 10;
const CONNECTION_WINDOW: u32 = 1 << 20;

/// The size of all headers of a response together.
const HEADERS: u32 = 60 << 10;

/// Connections, and whether one is being made.
#[derive(Default)]
pub(super) struct Http2 {
    connections: RefCell<Vec<Rc<Connection>>>,
    is_connecting: Cell<bool>,
    /// Why the last one could not be made.
    failed: Cell<Option<Failure>>,
    made: Notify,
    /// Somebody who waits for a place may look again.
    places: Rc<Notify>,
}

struct Connection {
    sender: SendRequest<RequestBody>,
    streams: Cell<usize>,
    /// What is spoken with the other side; gone when the connection is.
    spoken: Rc<RefCell<Option<Spoken>>>,
    places: Rc<Notify>,
    /// How often it was found without a stream since it had one.
    idle: Cell<u32>,
}

type Spoken = hyper::client::conn::http2::Connection<TokioIo<Stream>, RequestBody, Local>;

impl Connection {
    /// Whether the other side takes one more, by what it last said. One is always asked, who then waits there.
    fn has_place(&self) -> bool {
        let most = self.spoken.try_borrow().ok().and_then(|spoken| spoken.as_ref().map(Spoken::current_max_send_streams));
        self.streams.get() < most.unwrap_or_default().max(1)
    }
}

/// A place on a connection; it is free again when this is dropped.
pub(super) struct Place(Rc<Connection>);

impl Place {
    fn take(connection: Rc<Connection>) -> Self {
        connection.streams.set(connection.streams.get() + 1);
        connection.idle.set(0);
        Self(connection)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.streams.set(self.0.streams.get().saturating_sub(1));
        self.0.places.notify_one();
    }
}

impl std::fmt::Debug for Http2 {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Http2").field("open", &self.connections.borrow().len()).finish_non_exhaustive()
    }
}

impl Http2 {
    pub(super) async fn send(
        self: &Rc<Self>,
        host: &Host,
        upstream: &Rc<Upstream>,
        mut request: Request<RequestBody>,
    ) -> Result<(Response<Incoming>, Place), Failure> {
        loop {
            let (connection, is_new) = match self.find() {
                Some(connection) => (connection, false),
                None => match self.open(host, upstream).await {
                    Ok(Some(connection)) => (connection, true),
                    Ok(None) => continue,
                    Err(why) => return Err(why),
                },
            };
            let place = Place::take(connection);
            match place.0.sender.clone().try_send_request(request).await {
                Ok(response) => return Ok((response, place)),
                Err(mut error) => match error.take_message() {
                    Some(back) if !is_new => request = back,
                    _ => return Err(Failure::of(error.error())),
                },
            }
        }
    }

    /// A connection with a place.
    fn find(&self) -> Option<Rc<Connection>> {
        let mut connections = self.connections.borrow_mut();
        connections.retain(|connection| !connection.sender.is_closed());
        connections.iter().find(|connection| connection.has_place()).cloned()
    }

    /// Closes connections that are found without a stream so many times in a row.
    pub(super) fn tidy(&self, most: u32) {
        let found = |connection: &Rc<Connection>| connection.idle.replace(connection.idle.get() + 1) + 1;
        self.connections.borrow_mut().retain(|connection| connection.streams.get() > 0 || found(connection) < most);
    }

    /// A new connection; `None`: another one was made meanwhile, or has a place again.
    async fn open(self: &Rc<Self>, host: &Host, upstream: &Rc<Upstream>) -> Result<Option<Rc<Connection>>, Failure> {
        let _waits = upstream.permit(Counted::Pending, false).ok_or(Failure::Overflow)?;
        if self.is_connecting.get() {
            self.made.notified().await;
            // What one has found out all know: one after the other would wait as often.
            return self.failed.get().map_or(Ok(None), Err);
        }
        let is_first = self.connections.borrow().is_empty();
        let Some(place) = upstream.permit(Counted::Connection, is_first) else {
            self.places.notified().await;
            return Ok(None);
        };
        self.is_connecting.set(true);
        self.failed.set(None);
        let _connecting = Connecting(self);
        let stream = upstream.connect(host).await.inspect_err(|why| self.failed.set(Some(*why)))?;
        let mut builder = Builder::new(Local);
        builder.initial_stream_window_size(STREAM_WINDOW).initial_connection_window_size(CONNECTION_WINDOW).max_header_list_size(HEADERS);
        let (sender, spoken) = builder.handshake(TokioIo::new(stream)).await.map_err(|_| Failure::Connect)?;
        let spoken = Rc::new(RefCell::new(Some(spoken)));
        let made =
            Rc::new(Connection { sender, streams: Cell::new(0), spoken: spoken.clone(), places: self.places.clone(), idle: Cell::new(0) });
        let places = self.places.clone();
        drop(tokio::task::spawn_local(async move {
            // What went wrong the requests have been told.
            let _ =
                poll_fn(|context| spoken.borrow_mut().as_mut().map_or(Poll::Ready(Ok(())), |spoken| Pin::new(spoken).poll(context))).await;
            drop((spoken.take(), place));
            places.notify_waiters();
        }));
        self.connections.borrow_mut().push(made.clone());
        Ok(Some(made))
    }
}

/// Whoever waits is told, whatever comes of it.
struct Connecting<'c>(&'c Http2);

impl Drop for Connecting<'_> {
    fn drop(&mut self) {
        self.0.is_connecting.set(false);
        self.0.made.notify_waiters();
    }
}
