//! Connections of HTTP/1.1 to one endpoint: each serves one request after the other.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::future::poll_fn;
use std::pin::Pin;
use std::rc::{Rc, Weak};
use std::task::{Context, Poll, ready};

use http::{Request, Response};
use hyper::body::Incoming;
use hyper::client::conn::http1::{Builder, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::sync::oneshot::{self, error::TryRecvError};

use super::cluster::Upstream;
use super::failure::Failure;
use super::host::Host;
use super::permit::{Counted, Permit};
use crate::http::RequestBody;

/// More headers than that are refused, in a response as in a request.
const MAX_HEADERS: usize = 100;

/// The head of an answer may be as long as that of a request, and no more of its body is read before somebody takes it.
const BUFFER: usize = 64 << 10;

/// Connections that wait for a request, and requests that wait for a connection.
#[derive(Default)]
pub(super) struct Http1 {
    idle: RefCell<Vec<Sender>>,
    /// Connections that are open, and those that are being made.
    places: Cell<u32>,
    waiting: RefCell<VecDeque<oneshot::Sender<Sender>>>,
}

/// A connection that somebody uses, or may use.
pub(super) struct Sender {
    inner: SendRequest<RequestBody>,
    /// Counted also when it has become something else than HTTP.
    _place: Rc<Place>,
    /// How often it was found idle since it was used last.
    idle: Cell<u32>,
}

impl std::fmt::Debug for Http1 {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Http1").field("places", &self.places.get()).finish_non_exhaustive()
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
            let (mut sender, is_new) = match self.take() {
                Some(sender) => (sender, false),
                None => self.open(host, upstream).await?,
            };
            match sender.inner.try_send_request(request).await {
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
        let at = idle.iter().rposition(|sender| sender.inner.is_ready())?;
        Some(idle.remove(at))
    }

    /// Its answer has come whole.
    pub(super) fn give_back(&self, sender: Sender) {
        if !sender.inner.is_closed() {
            sender.idle.set(0);
            self.idle.borrow_mut().push(sender);
        }
        self.hand_out();
    }

    /// Closes connections that are found idle so many times in a row.
    pub(super) fn tidy(&self, most: u32) {
        let found = |sender: &Sender| sender.idle.replace(sender.idle.get() + 1) + 1;
        let (gone, stay): (Vec<_>, Vec<_>) = self.idle.take().into_iter().partition(|sender| found(sender) >= most);
        self.idle.replace(stay);
        drop(gone);
    }

    /// Gives connections that can be used at once to those who wait. One whose request is still being sent, though it was answered,
    /// becomes such a connection later.
    fn hand_out(&self) {
        while !self.waiting.borrow().is_empty() {
            let Some(mut sender) = self.take() else { return };
            loop {
                let next = self.waiting.borrow_mut().pop_front();
                let Some(next) = next else { return self.idle.borrow_mut().push(sender) };
                match next.send(sender) {
                    Ok(()) => break,
                    // It has not waited.
                    Err(back) => sender = back,
                }
            }
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

    /// A new connection, or the next that is free where no more are allowed; and whether it is new.
    async fn open(self: &Rc<Self>, host: &Host, upstream: &Rc<Upstream>) -> Result<(Sender, bool), Failure> {
        let _waits = upstream.permit(Counted::Pending, false).ok_or(Failure::Overflow)?;
        let place = loop {
            // Each thread may have one whatever the limit, or its requests would wait for connections that it has not.
            if let Some(permit) = upstream.permit(Counted::Connection, self.places.get() == 0) {
                break Rc::new(Place::new(self, permit));
            }
            if let Some(sender) = Waiting::begin(self).await {
                return Ok((sender, false));
            }
        };
        let stream = upstream.connect(host).await?;
        let mut builder = Builder::new();
        builder.max_headers(MAX_HEADERS).max_buf_size(BUFFER);
        let (inner, connection) = builder.handshake(TokioIo::new(stream)).await.map_err(|_| Failure::Connect)?;
        let (of, mut connection) = (Rc::downgrade(self), connection.with_upgrades());
        let held = place.clone();
        tokio::task::spawn_local(async move {
            // What went wrong the request has been told.
            let _ = poll_fn(|context| {
                let polled = Pin::new(&mut connection).poll(context);
                of.upgrade().inspect(|of| of.hand_out());
                polled
            })
            .await;
            drop(connection);
            of.upgrade().inspect(|of| of.idle.borrow_mut().retain(|sender| !sender.inner.is_closed()));
            drop(held);
        });
        Ok((Sender { inner, _place: place, idle: Cell::new(0) }, true))
    }
}

/// A request that waits for a connection, or for a place to open one.
struct Waiting<'w> {
    of: &'w Http1,
    receiver: oneshot::Receiver<Sender>,
    has_heard: bool,
}

impl<'w> Waiting<'w> {
    fn begin(of: &'w Http1) -> Self {
        let (sender, receiver) = oneshot::channel();
        of.waiting.borrow_mut().push_back(sender);
        Self { of, receiver, has_heard: false }
    }
}

impl Future for Waiting<'_> {
    /// `None`: there is a place.
    type Output = Option<Sender>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Sender>> {
        let heard = ready!(Pin::new(&mut self.receiver).poll(context));
        self.has_heard = true;
        Poll::Ready(heard.ok())
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        if self.has_heard {
            return;
        }
        // Whoever gives up leaves what it was given to the next.
        match self.receiver.try_recv() {
            Ok(sender) => self.of.give_back(sender),
            Err(TryRecvError::Closed) => self.of.wake(),
            Err(TryRecvError::Empty) => {}
        }
    }
}

/// Counts a connection from when it is begun until it is closed, or becomes none.
struct Place {
    of: Weak<Http1>,
    permit: Option<Permit>,
}

impl Place {
    fn new(of: &Rc<Http1>, permit: Permit) -> Self {
        of.places.set(of.places.get() + 1);
        Self { of: Rc::downgrade(of), permit: Some(permit) }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // First, so that who is woken finds it.
        drop(self.permit.take());
        // Endpoints that are gone have nobody waiting.
        let Some(of) = self.of.upgrade() else { return };
        of.places.set(of.places.get().saturating_sub(1));
        of.wake();
    }
}
