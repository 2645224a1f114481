//! One endpoint as one thread of the proxy knows it.

use std::cell::Cell;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use http::{Request, Response};
use hyper::body::Incoming;

use super::cluster::Upstream;
use super::ejection::Ejection;
use super::failure::Failure;
use super::http1::Http1;
use super::http2::Http2;
use crate::http::RequestBody;
use crate::table::{ClientTls, Outlier};

/// What is spoken on a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Protocol {
    Http1,
    Http2,
}

/// An endpoint and the connections to it.
#[derive(Debug)]
pub(crate) struct Host {
    pub(crate) address: SocketAddr,
    pub(crate) tls: Option<Arc<ClientTls>>,
    pub(super) weight: u32,
    pub(super) is_healthy: bool,
    /// Requests, and connections of bytes, that are under way.
    pub(super) active: Rc<Cell<u32>>,
    ejection: Option<Arc<Ejection>>,
    pub(super) http1: Rc<Http1>,
    pub(super) http2: Rc<Http2>,
}

/// An answer whose body is still to come.
pub(crate) struct Sent {
    pub(crate) response: Response<Incoming>,
    pub(crate) lease: Lease,
}

/// A connection that somebody uses. Dropped before its answer has come whole, it is not used again.
pub(crate) struct Lease {
    host: Rc<Host>,
    kind: LeaseKind,
}

enum LeaseKind {
    /// None yet, or one of bytes.
    Alone,
    Http1(super::http1::Sender),
    /// It serves others meanwhile.
    Http2 {
        _place: super::http2::Place,
    },
}

impl Host {
    pub(super) fn new(
        address: SocketAddr,
        tls: Option<Arc<ClientTls>>,
        (weight, is_healthy): (u32, bool),
        ejection: Option<Arc<Ejection>>,
    ) -> Self {
        Self { address, tls, weight, is_healthy, active: Rc::default(), ejection, http1: Rc::default(), http2: Rc::default() }
    }

    /// The same endpoint with its connections, as it is now said to be.
    pub(super) fn again(&self, (weight, is_healthy): (u32, bool), ejection: Option<Arc<Ejection>>) -> Self {
        let (active, http1, http2) = (self.active.clone(), self.http1.clone(), self.http2.clone());
        Self { address: self.address, tls: self.tls.clone(), weight, is_healthy, active, ejection, http1, http2 }
    }

    /// Whether it can be called.
    pub(super) fn is_well(&self, now: Duration) -> bool {
        self.is_healthy && !self.is_ejected(now)
    }

    pub(super) fn is_ejected(&self, now: Duration) -> bool {
        self.ejection.as_ref().is_some_and(|ejection| ejection.is_out(now))
    }

    pub(super) fn succeeded(&self) {
        if let Some(ejection) = &self.ejection {
            ejection.succeeded();
        }
    }

    /// What it did wrong is one thing too many.
    pub(super) fn failed(&self, outlier: &Outlier) -> Option<&Ejection> {
        self.ejection.as_deref().filter(|ejection| ejection.failed(outlier))
    }

    /// Sends a request over a connection that is there, or over a new one.
    pub(crate) async fn send(
        self: &Rc<Self>,
        upstream: &Rc<Upstream>,
        protocol: Protocol,
        request: Request<RequestBody>,
    ) -> Result<Sent, Failure> {
        // Counted from the first, so that others see where it goes.
        let mut lease = self.lease();
        let response = match protocol {
            Protocol::Http1 => {
                let (response, sender) = self.http1.send(self, upstream, request).await?;
                lease.kind = LeaseKind::Http1(sender);
                response
            }
            Protocol::Http2 => {
                let (response, place) = self.http2.send(self, upstream, request).await?;
                lease.kind = LeaseKind::Http2 { _place: place };
                response
            }
        };
        Ok(Sent { response, lease })
    }

    /// Counts a call that is under way.
    pub(crate) fn lease(self: &Rc<Self>) -> Lease {
        self.active.set(self.active.get() + 1);
        Lease { host: self.clone(), kind: LeaseKind::Alone }
    }
}

impl Lease {
    /// The answer has come whole: the connection can serve another.
    pub(crate) fn give_back(mut self) {
        if let LeaseKind::Http1(sender) = std::mem::replace(&mut self.kind, LeaseKind::Alone) {
            self.host.http1.give_back(sender);
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.host.active.set(self.host.active.get().saturating_sub(1));
    }
}
