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

pub(super) enum LeaseKind {
    Http1(Option<super::http1::Sender>),
    /// It serves others meanwhile.
    Http2(super::http2::Place),
    /// Bytes.
    Tcp,
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
        let lease = |kind| Lease::new(self.clone(), kind);
        match protocol {
            Protocol::Http1 => {
                let held = lease(LeaseKind::Http1(None));
                let (response, sender) = self.http1.send(self, upstream, request).await?;
                let mut held = held;
                held.kind = LeaseKind::Http1(Some(sender));
                Ok(Sent { response, lease: held })
            }
            Protocol::Http2 => {
                let held = lease(LeaseKind::Tcp);
                let (response, place) = self.http2.send(self, upstream, request).await?;
                let mut held = held;
                held.kind = LeaseKind::Http2(place);
                Ok(Sent { response, lease: held })
            }
        }
    }

    /// Counts a connection of bytes.
    pub(crate) fn lease(self: &Rc<Self>) -> Lease {
        Lease::new(self.clone(), LeaseKind::Tcp)
    }
}

impl Lease {
    fn new(host: Rc<Host>, kind: LeaseKind) -> Self {
        host.active.set(host.active.get() + 1);
        Self { host, kind }
    }

    /// The answer has come whole: the connection can serve another.
    pub(crate) fn give_back(mut self) {
        if let LeaseKind::Http1(sender) = &mut self.kind
            && let Some(sender) = sender.take()
        {
            self.host.http1.give_back(sender);
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.host.active.set(self.host.active.get().saturating_sub(1));
        if let LeaseKind::Http2(place) = &self.kind {
            place.leave();
        }
    }
}
