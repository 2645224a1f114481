//! Connections of HTTP/2 to one endpoint: each serves many requests at once.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::pin::Pin;
use std::rc::Rc;

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
}

struct Connection {
    sender: SendRequest<RequestBody>,
    streams: Cell<usize>,
    /// How many the other side takes at once, as it last said.
    most: Rc<Cell<usize>>,
}

/// A place on a connection; it is free again when this is dropped.
pub(super) struct Place(Rc<Connection>);

impl Place {
    fn take(connection: Rc<Connection>) -> Self {
        connection.streams.set(connection.streams.get() + 1);
        Self(connection)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.streams.set(self.0.streams.get().saturating_sub(1));
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
        let has_place = |connection: &&Rc<Connection>| connection.streams.get() < connection.most.get().max(1);
        connections.iter().find(has_place).cloned()
    }

    /// A new connection; `None`: another one was made meanwhile.
    async fn open(self: &Rc<Self>, host: &Host, upstream: &Rc<Upstream>) -> Result<Option<Rc<Connection>>, Failure> {
        let _waits = upstream.permit(Counted::Pending, false).ok_or(Failure::Overflow)?;
        if self.is_connecting.get() {
            self.made.notified().await;
            // What one has found out all know: one after the other would wait as often.
            return self.failed.get().map_or(Ok(None), Err);
        }
        let is_first = self.connections.borrow().is_empty();
        let place = upstream.permit(Counted::Connection, is_first).ok_or(Failure::Overflow)?;
        self.is_connecting.set(true);
        self.failed.set(None);
        let _connecting = Connecting(self);
        let stream = upstream.connect(host).await.inspect_err(|why| self.failed.set(Some(*why)))?;
        let mut builder = Builder::new(Local);
        builder.initial_stream_window_size(STREAM_WINDOW).initial_connection_window_size(CONNECTION_WINDOW).max_header_list_size(HEADERS);
        let (sender, mut connection) = builder.handshake(TokioIo::new(stream)).await.map_err(|_| Failure::Connect)?;
        let most = Rc::new(Cell::new(connection.current_max_send_streams()));
        let known = most.clone();
        drop(tokio::task::spawn_local(async move {
            // What went wrong the requests have been told.
            let _ = poll_fn(|context| {
                let polled = Pin::new(&mut connection).poll(context);
                known.set(connection.current_max_send_streams());
                polled
            })
            .await;
            drop(place);
        }));
        let made = Rc::new(Connection { sender, streams: Cell::new(0), most });
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
