//! The body of a request that may have to be sent more than once.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http::HeaderMap;
use http_body::{Body as _, Frame, SizeHint};
use hyper::body::Incoming;
use tokio::sync::Notify;

use super::body::BoxError;
use super::exchange::Exchange;

/// More than that is not kept: the request is then tried once. Envoy keeps as much.
const KEPT: usize = 1 << 20;

/// One sending of a body.
pub(crate) struct Replay {
    kept: Rc<RefCell<Kept>>,
    /// How many pieces were given.
    at: usize,
    /// Whether it may take what is still to come.
    is_taker: bool,
    /// Which sending it is, by when it began; 0: it has not.
    number: u32,
}

struct Kept {
    body: Incoming,
    exchange: Rc<Exchange>,
    pieces: Vec<Piece>,
    size: usize,
    is_whole: bool,
    is_too_large: bool,
    /// The sending that began last.
    newest: u32,
    /// Of the one that takes what comes: the body itself wakes who asked last alone.
    taker: Option<Waker>,
    /// How many may take what is still to come.
    takers: Cell<usize>,
    /// Told when nothing more is to be expected.
    ended: Rc<Notify>,
}

#[derive(Clone)]
enum Piece {
    Data(Bytes),
    Trailers(HeaderMap),
}

impl Piece {
    fn into_frame(self) -> Frame<Bytes> {
        match self {
            Self::Data(data) => Frame::data(data),
            Self::Trailers(trailers) => Frame::trailers(trailers),
        }
    }
}

/// A whole body.
pub(crate) struct Pieces(VecDeque<Piece>);

impl Pieces {
    pub(super) fn of(bytes: Bytes) -> Self {
        Self(VecDeque::from([Piece::Data(bytes)]))
    }

    pub(super) fn next(&mut self) -> Option<Frame<Bytes>> {
        self.0.pop_front().map(Piece::into_frame)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn size_hint(&self) -> SizeHint {
        let size = |piece: &Piece| if let Piece::Data(data) = piece { data.len() as u64 } else { 0 };
        let has_trailers = self.0.iter().any(|piece| matches!(piece, Piece::Trailers(_)));
        if has_trailers { SizeHint::default() } else { SizeHint::with_exact(self.0.iter().map(size).sum()) }
    }
}

impl Replay {
    pub(crate) fn new(body: Incoming, exchange: Rc<Exchange>) -> Self {
        let is_whole = body.is_end_stream();
        let ended = Rc::default();
        let kept = Kept {
            body,
            exchange,
            pieces: Vec::new(),
            size: 0,
            is_whole,
            is_too_large: false,
            newest: 0,
            taker: None,
            takers: Cell::new(1),
            ended,
        };
        Self { kept: Rc::new(RefCell::new(kept)), at: 0, is_taker: true, number: 0 }
    }

    /// Another sending, from the beginning; `None`: too much of it has gone.
    pub(crate) fn again(&self) -> Option<Self> {
        let kept = self.kept.borrow();
        if kept.is_too_large {
            return None;
        }
        kept.takers.set(kept.takers.get() + 1);
        Some(Self { kept: self.kept.clone(), at: 0, is_taker: true, number: 0 })
    }

    /// All of it, when it has come; `None`: it is too much, or nobody takes it any more. This does not take it itself.
    pub(super) async fn whole(mut self) -> Option<Pieces> {
        self.leave();
        let ended = self.kept.borrow().ended.clone();
        loop {
            let told = ended.notified();
            {
                let kept = self.kept.borrow();
                if kept.is_whole && !kept.is_too_large {
                    return Some(Pieces(kept.pieces.iter().cloned().collect()));
                }
                if kept.is_too_large || kept.takers.get() == 0 {
                    return None;
                }
            }
            told.await;
        }
    }

    /// It takes no more of it.
    fn leave(&mut self) {
        if std::mem::take(&mut self.is_taker) {
            let kept = self.kept.borrow();
            kept.takers.set(kept.takers.get().saturating_sub(1));
            if kept.takers.get() == 0 {
                kept.ended.notify_waiters();
            }
        }
    }

    pub(super) fn poll_frame(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let mut kept = self.kept.borrow_mut();
        kept.exchange.takes();
        if self.number == 0 {
            kept.newest += 1;
            self.number = kept.newest;
            // It would wait for what another gets, and hold what it has.
            kept.taker.take().into_iter().for_each(Waker::wake);
        } else if self.number != kept.newest {
            // Two that take one body would keep it from each other.
            return Poll::Ready(Some(Err("the request is being sent again".into())));
        }
        if let Some(piece) = kept.pieces.get(self.at) {
            self.at += 1;
            return Poll::Ready(Some(Ok(piece.clone().into_frame())));
        }
        if kept.is_whole {
            return Poll::Ready(None);
        }
        let polled = Pin::new(&mut kept.body).poll_frame(context).map_err(BoxError::from);
        match &polled {
            Poll::Pending => kept.taker.get_or_insert_with(|| context.waker().clone()).clone_from(context.waker()),
            Poll::Ready(Some(Err(_))) => {
                kept.exchange.garbled();
                kept.end();
            }
            Poll::Ready(None) => {
                kept.is_whole = true;
                kept.end();
            }
            Poll::Ready(Some(Ok(frame))) => {
                let size = frame.data_ref().map_or(0, Bytes::len);
                kept.exchange.received(size);
                kept.size += size;
                if kept.size > KEPT {
                    kept.is_too_large = true;
                    kept.pieces.clear();
                    self.at = 0;
                } else {
                    self.at += 1;
                    let data = frame.data_ref().cloned().map(Piece::Data);
                    kept.pieces.extend(data.or_else(|| frame.trailers_ref().cloned().map(Piece::Trailers)));
                }
                kept.is_whole = kept.body.is_end_stream();
                if kept.is_whole || kept.is_too_large {
                    kept.end();
                }
            }
        }
        polled
    }

    pub(super) fn is_end_stream(&self) -> bool {
        let kept = self.kept.borrow();
        kept.is_whole && self.at >= kept.pieces.len()
    }

    pub(super) fn size_hint(&self) -> SizeHint {
        let kept = self.kept.borrow();
        if self.at > 0 || kept.is_too_large {
            return SizeHint::default();
        }
        // What came already comes again.
        match kept.body.size_hint().exact() {
            Some(left) => SizeHint::with_exact(left + kept.size as u64),
            None => SizeHint::default(),
        }
    }
}

impl Kept {
    fn end(&self) {
        if self.is_whole {
            self.exchange.requested();
        }
        self.ended.notify_waiters();
    }
}

impl Drop for Replay {
    fn drop(&mut self) {
        self.leave();
    }
}
