//! Connections of HTTP/1.1 to one endpoint: each serves one request after the other.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::{Rc, Weak};

use http::{Request, Response};
use hyper::body::Incoming;
use hyper::client::conn::http1::{Builder, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::sync::oneshot;

use super::cluster::Upstream;
use super::failure::Failure;
use super::host::Host;
use super::permit::{Counted, Permit};
use crate::http::RequestBody;

pub(super) type Sender = SendRequest<RequestBody>;

/// More headers than that are refused, in a response as in a request.
const MAX_HEADERS: usize = 100;

/// The head of an answer may be as long as that of a request, and no more of its body is read before somebody takes it.
const BUFFER: usize = 64 << 10;

/// Connections that wait for a request, and requests that wait for a connection.
#[derive(Default)]
pub(super) struct Http1 {
    idle: RefCell<Vec<Sender>>,
    open: Cell<u32>,
    waiting: RefCell<VecDeque<oneshot::Sender<Sender>>>,
}

impl std::fmt::Debug for Http1 {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Http1").field("open", &self.open.get()).finish_non_exhaustive()
    }
}

impl Http1 {
    pub(super) async fn send(
        self: &Rc<Self>,
        host: &Host,
        upstream: &Rc<Upstream>,
        mut request: Request<RequestBody>,
    ) -> Result<(Response<Incoming>, Sender), Failure> {
        loop {
            let idle = self.take();
            let is_new = idle.is_none();
            let mut sender = match idle {
                Some(sender) => sender,
                None => match self.open(host, upstream).await {
                    Ok(sender) => sender,
                    Err(why) => return Err(why),
                },
            };
            match sender.try_send_request(request).await {
                Ok(response) => return Ok((response, sender)),
                Err(mut error) => {
                    let unsent = error.take_message();
                    match unsent {
                        // The endpoint closed a connection that nobody used; nothing of the request was sent.
                        Some(back) if !is_new => request = back,
                        _ => return Err(Failure::of(error.error())),
                    }
                }
            }
        }
    }

    /// A connection that can be used at once, the one that was used last.
    fn take(&self) -> Option<Sender> {
        // One that has ended is not ready, and goes when its task does: nobody looks at all of them for each request.
        let mut idle = self.idle.borrow_mut();
        let at = idle.iter().rposition(SendRequest::is_ready)?;
        Some(idle.remove(at))
    }

    /// A connection is free again: somebody waits for it, or it waits for somebody.
    pub(super) fn give_back(&self, mut sender: Sender) {
        loop {
            let next = self.waiting.borrow_mut().pop_front();
            let Some(next) = next else { break };
            match next.send(sender) {
                Ok(()) => return,
                // It has not waited.
                Err(back) => sender = back,
            }
        }
        if !sender.is_closed() {
            self.idle.borrow_mut().push(sender);
        }
    }

    /// There is place for a connection: somebody who waits, and still does, may open one.
    fn wake(&self) {
        loop {
            let next = self.waiting.borrow_mut().pop_front();
            if next.is_none_or(|next| !next.is_closed()) {
                return;
            }
        }
    }

    /// A new connection, or the next that is free where no more are allowed.
    async fn open(self: &Rc<Self>, host: &Host, upstream: &Rc<Upstream>) -> Result<Sender, Failure> {
        let _waits = upstream.permit(Counted::Pending, false).ok_or(Failure::Overflow)?;
        let place = loop {
            // Each thread may have one whatever the limit, or its requests would wait for connections that it has not.
            if let Some(place) = upstream.permit(Counted::Connection, self.open.get() == 0) {
                break place;
            }
            let (sender, receiver) = oneshot::channel();
            self.waiting.borrow_mut().push_back(sender);
            // Without a connection there is place for one.
            let Ok(mut sender) = receiver.await else { continue };
            if sender.ready().await.is_ok() {
                return Ok(sender);
            }
        };
        let stream = upstream.connect(host).await?;
        let mut builder = Builder::new();
        builder.max_headers(MAX_HEADERS).max_buf_size(BUFFER);
        let (sender, connection) = builder.handshake(TokioIo::new(stream)).await.map_err(|_| Failure::Connect)?;
        let this = OpenConnection::new(self, place);
        tokio::task::spawn_local(async move {
            // What went wrong the request has been told.
            let _ = connection.with_upgrades().await;
            drop(this);
        });
        Ok(sender)
    }
}

/// Counts a connection for as long as it is open.
struct OpenConnection {
    of: Weak<Http1>,
    place: Option<Permit>,
}

impl OpenConnection {
    fn new(of: &Rc<Http1>, place: Permit) -> Self {
        of.open.set(of.open.get() + 1);
        Self { of: Rc::downgrade(of), place: Some(place) }
    }
}

impl Drop for OpenConnection {
    fn drop(&mut self) {
        // First, so that who is woken finds the place.
        drop(self.place.take());
        // Endpoints that are gone have nobody waiting.
        let Some(of) = self.of.upgrade() else { return };
        of.open.set(of.open.get().saturating_sub(1));
        of.idle.borrow_mut().retain(|sender| !sender.is_closed());
        of.wake();
    }
}
