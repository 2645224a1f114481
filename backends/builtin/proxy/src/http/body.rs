//! Bodies of requests and answers on their way through.

use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use tokio::time::Sleep;

use super::exchange::Exchange;
use super::replay::{Pieces, Replay};
use crate::upstream::{Lease, Permit};

/// Why a body does not come whole.
pub(super) type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// What is sent on.
pub(crate) enum RequestBody {
    /// Nothing.
    Empty,
    /// As it comes.
    Incoming(Incoming, Rc<Exchange>),
    /// As it came, once more.
    Replay(Replay),
    /// As it came, for somebody else.
    Pieces(Pieces),
}

impl RequestBody {
    /// These bytes.
    pub(crate) fn whole(bytes: Bytes) -> Self {
        Self::Pieces(Pieces::of(bytes))
    }
}

impl Body for RequestBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        match self.get_mut() {
            Self::Empty => Poll::Ready(None),
            Self::Replay(replay) => replay.poll_frame(context),
            Self::Pieces(pieces) => Poll::Ready(pieces.next().map(Ok)),
            Self::Incoming(body, exchange) => {
                exchange.takes();
                let polled = Pin::new(&mut *body).poll_frame(context);
                match &polled {
                    Poll::Ready(Some(Ok(frame))) => {
                        exchange.received(frame.data_ref().map_or(0, Bytes::len));
                        if body.is_end_stream() {
                            exchange.requested();
                        }
                    }
                    Poll::Ready(ended) => {
                        if ended.is_some() {
                            exchange.garbled();
                        }
                        exchange.requested();
                    }
                    Poll::Pending => {}
                }
                polled.map_err(Into::into)
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Empty => true,
            Self::Incoming(body, _) => body.is_end_stream(),
            Self::Replay(replay) => replay.is_end_stream(),
            Self::Pieces(pieces) => pieces.is_empty(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Empty => SizeHint::with_exact(0),
            Self::Incoming(body, _) => body.size_hint(),
            Self::Replay(replay) => replay.size_hint(),
            Self::Pieces(pieces) => pieces.size_hint(),
        }
    }
}

/// What is answered. When it ends, or nobody wants it any more, so does the exchange.
pub(crate) struct ResponseBody {
    kind: Kind,
    exchange: Option<Rc<Exchange>>,
}

enum Kind {
    Full(Option<Bytes>),
    Upstream { body: Incoming, lease: Option<Lease>, _permit: Permit, until: Option<Until> },
}

/// The time that an exchange may take. It does not pass while the request is coming: that is the caller's time.
pub(crate) struct Until {
    exchange: Rc<Exchange>,
    length: Duration,
    sleep: Option<Pin<Box<Sleep>>>,
}

impl Until {
    pub(super) fn new(exchange: Rc<Exchange>, length: Duration) -> Self {
        Self { exchange, length, sleep: None }
    }
}

impl Future for Until {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if self.exchange.is_coming(context) {
            self.sleep = None;
            return Poll::Pending;
        }
        let length = self.length;
        self.sleep.get_or_insert_with(|| Box::pin(tokio::time::sleep(length))).as_mut().poll(context)
    }
}

impl ResponseBody {
    /// The proxy's own words.
    pub(crate) fn full(text: Bytes, exchange: Rc<Exchange>) -> Self {
        Self { kind: Kind::Full(Some(text).filter(|text| !text.is_empty())), exchange: Some(exchange) }
    }

    /// Nothing, of nobody.
    pub(crate) fn nothing() -> Self {
        Self { kind: Kind::Full(None), exchange: None }
    }

    /// An endpoint's.
    pub(super) fn upstream(body: Incoming, lease: Lease, permit: Permit, until: Option<Until>, exchange: Rc<Exchange>) -> Self {
        let kind = Kind::Upstream { body, lease: Some(lease), _permit: permit, until };
        let mut this = Self { kind, exchange: Some(exchange) };
        if this.is_end_stream() {
            this.end();
        }
        this
    }

    /// All of it has come.
    fn end(&mut self) {
        if let Kind::Upstream { lease, .. } = &mut self.kind
            && let Some(lease) = lease.take()
        {
            lease.give_back();
        }
        if let Some(exchange) = &self.exchange {
            exchange.complete();
        }
    }
}

impl Body for ResponseBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let this = self.get_mut();
        let mut is_late = false;
        let polled = match &mut this.kind {
            Kind::Full(text) => Poll::Ready(text.take().map(|text| Ok(Frame::data(text)))),
            Kind::Upstream { body, until, .. } => {
                is_late = until.as_mut().is_some_and(|until| Pin::new(until).poll(context).is_ready());
                if is_late {
                    Poll::Ready(Some(Err("the answer took too long".into())))
                } else {
                    Pin::new(body).poll_frame(context).map_err(Into::into)
                }
            }
        };
        match &polled {
            Poll::Pending => {}
            Poll::Ready(Some(Ok(frame))) => {
                if let Some(exchange) = &this.exchange {
                    exchange.sent(frame.data_ref().map_or(0, Bytes::len));
                    if let Some(trailers) = frame.trailers_ref() {
                        exchange.told_grpc(trailers);
                    }
                }
                if this.is_end_stream() {
                    this.end();
                }
            }
            Poll::Ready(Some(Err(_))) => {
                if let Some(exchange) = &this.exchange {
                    if is_late { exchange.late() } else { exchange.broken() }
                }
            }
            Poll::Ready(None) => this.end(),
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        match &self.kind {
            Kind::Full(text) => text.is_none(),
            Kind::Upstream { body, .. } => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.kind {
            Kind::Full(text) => SizeHint::with_exact(text.as_ref().map_or(0, |text| text.len() as u64)),
            Kind::Upstream { body, .. } => body.size_hint(),
        }
    }
}

impl Drop for ResponseBody {
    fn drop(&mut self) {
        // A body without bytes is never asked for any.
        if self.is_end_stream() {
            self.end();
        }
    }
}
