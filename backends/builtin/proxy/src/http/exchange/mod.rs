//! One request and its answer, from its first byte to the last.

mod line;

use std::cell::{Cell, OnceCell, RefCell};
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Waker};
use std::time::Instant;

use http::header::HOST;
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, Version};

use self::line::Line;
use super::headers::REQUEST_ID;
use crate::access::Decision;
use crate::connection::Connection;
use crate::io::Meter;
use crate::observe::{CallKey, Flag, LogShare, write};
use crate::table::{HttpManager, LogValue, Route};
use crate::trace::{Context as Trace, Ended, Started};

/// What is known of it. When nobody needs it any more it is over, and told.
pub(crate) struct Exchange {
    pub(crate) connection: Rc<Connection>,
    pub(crate) manager: Arc<HttpManager>,
    pub(crate) began: Instant,
    version: Version,
    method: Method,
    /// As it was called.
    uri: Uri,
    host: Option<HeaderValue>,
    /// Those that the log names, in its order.
    headers: Box<[Option<HeaderValue>]>,
    /// Of the request as it is sent on.
    request_id: OnceCell<HeaderValue>,
    meter: Meter,
    status: Cell<u16>,
    details: Cell<&'static str>,
    flag: Cell<Option<Flag>>,
    attempts: Cell<u32>,
    grpc: Cell<Option<u8>>,
    upstream: Cell<Option<SocketAddr>>,
    cluster: RefCell<Option<Arc<str>>>,
    route: RefCell<Option<Arc<Route>>>,
    decisions: RefCell<[Option<Decision>; 2]>,
    trace: Cell<Option<Started>>,
    is_complete: Cell<bool>,
    is_cut: Cell<bool>,
    /// Whether it is logged if it ends well.
    is_drawn: Cell<bool>,
    is_requested: Cell<bool>,
    is_taken: Cell<bool>,
    is_garbled: Cell<bool>,
    /// Who waits for the request to have come whole.
    waits: RefCell<Option<Waker>>,
}

impl Exchange {
    pub(crate) fn begin(connection: Rc<Connection>, manager: Arc<HttpManager>, parts: &Parts) -> Rc<Self> {
        connection.activity.begin();
        let named = manager.log.iter().flat_map(|log| &log.fields).filter_map(|field| match &field.value {
            LogValue::Header(name) => Some(parts.headers.get(name).cloned()),
            _ => None,
        });
        let headers = named.collect();
        Rc::new(Self {
            began: Instant::now(),
            version: parts.version,
            method: parts.method.clone(),
            uri: parts.uri.clone(),
            host: parts.headers.get(HOST).cloned(),
            headers,
            request_id: OnceCell::new(),
            connection,
            manager,
            meter: Meter::default(),
            status: Cell::new(0),
            details: Cell::new(""),
            flag: Cell::new(None),
            attempts: Cell::new(0),
            grpc: Cell::new(None),
            upstream: Cell::new(None),
            cluster: RefCell::new(None),
            route: RefCell::new(None),
            decisions: RefCell::new([None, None]),
            trace: Cell::new(None),
            is_complete: Cell::new(false),
            is_cut: Cell::new(false),
            is_drawn: Cell::new(true),
            is_requested: Cell::new(false),
            is_taken: Cell::new(false),
            is_garbled: Cell::new(false),
            waits: RefCell::new(None),
        })
    }

    /// So many bytes of the request's body have come.
    pub(crate) fn received(&self, bytes: usize) {
        self.meter.receive(bytes);
    }

    /// Where bytes are counted that pass beside it.
    pub(crate) fn meter(&self) -> &Meter {
        &self.meter
    }

    /// All of the request has come, or no more of it will.
    pub(crate) fn requested(&self) {
        self.is_requested.set(true);
        if let Some(waker) = self.waits.take() {
            waker.wake();
        }
    }

    /// The rest of the request cannot be read: that is the caller's fault, and no endpoint's.
    pub(crate) fn garbled(&self) {
        self.is_garbled.set(true);
    }

    pub(crate) fn is_garbled(&self) -> bool {
        self.is_garbled.get()
    }

    /// Somebody has begun to take the request's body.
    pub(crate) fn takes(&self) {
        self.is_taken.set(true);
    }

    /// Whether the request is coming: somebody takes it, and not all of it is there. Whoever asks is woken when it is. As long as nobody
    /// takes it, it is not the caller who is waited for.
    pub(crate) fn is_coming(&self, context: &Context<'_>) -> bool {
        let is_coming = self.is_taken.get() && !self.is_requested.get();
        if is_coming {
            *self.waits.borrow_mut() = Some(context.waker().clone());
        }
        is_coming
    }

    pub(crate) fn is_head(&self) -> bool {
        self.method == Method::HEAD
    }

    pub(crate) fn is_http2(&self) -> bool {
        self.version == Version::HTTP_2
    }

    /// What a caller of gRPC was answered, if it says so here.
    pub(crate) fn told_grpc(&self, headers: &HeaderMap) {
        if let Some(status) = headers.get("grpc-status") {
            self.grpc.set(status.to_str().ok().and_then(|status| status.parse().ok()));
        }
    }

    /// The request is as it is sent on, known by the IDs that came with it or by those that it was given.
    pub(crate) fn identified(&self, headers: &HeaderMap) {
        if self.manager.log.is_none() {
            return;
        }
        let id = headers.get(REQUEST_ID);
        if let Some(id) = id {
            // It is identified once.
            let _ = self.request_id.set(id.clone());
        }
        let share = self.connection.worker.log.share;
        if share != LogShare::ALL {
            // Applications say a trace on more often than the ID of a request.
            let is_drawn = match (Trace::read(headers), id) {
                (Some(trace), _) => share.takes(&trace.trace.to_be_bytes()),
                (None, Some(id)) => share.takes(id.as_bytes()),
                (None, None) => share.draws(),
            };
            self.is_drawn.set(is_drawn);
        }
    }

    /// It belongs to a trace.
    pub(crate) fn trace(&self, started: Started) {
        self.trace.set(Some(started));
    }

    /// Why it went as it did.
    pub(crate) fn flag(&self, flag: Flag) {
        self.flag.set(Some(flag));
    }

    /// So many bytes of the answer's body have gone.
    pub(crate) fn sent(&self, bytes: usize) {
        self.meter.send(bytes);
    }

    /// All of the answer is gone.
    pub(crate) fn complete(&self) {
        self.is_complete.set(true);
    }

    /// It became a connection of bytes that did not end by itself.
    pub(crate) fn cut(&self) {
        self.is_cut.set(true);
    }

    /// The endpoint ended in the midst of its answer.
    pub(crate) fn broken(&self) {
        self.complete();
        self.flag.set(Some(Flag::UpstreamReset));
        self.details.set("upstream_reset_after_response_started");
    }

    /// The time was up in the midst of its answer.
    pub(crate) fn late(&self) {
        self.complete();
        self.flag.set(Some(Flag::UpstreamTimeout));
        self.details.set("response_timeout");
    }

    /// How it was answered.
    pub(crate) fn answered(&self, status: StatusCode, details: &'static str, flag: Option<Flag>) {
        self.status.set(status.as_u16());
        self.details.set(details);
        // What was told before was why there was no other answer.
        if self.flag.get().is_none() {
            self.flag.set(flag);
        }
    }

    pub(crate) fn set_route(&self, route: &Arc<Route>) {
        *self.route.borrow_mut() = Some(route.clone());
    }

    pub(crate) fn set_cluster(&self, name: &Arc<str>) {
        *self.cluster.borrow_mut() = Some(name.clone());
    }

    /// Another try.
    pub(crate) fn tries(&self, endpoint: SocketAddr) {
        self.attempts.set(self.attempts.get() + 1);
        self.upstream.set(Some(endpoint));
    }

    /// What the filter of denials decided, and that of permissions.
    pub(crate) fn denied(&self, decision: Decision) {
        self.decisions.borrow_mut()[0] = Some(decision);
    }

    /// Likewise.
    pub(crate) fn allowed(&self, decision: Decision) {
        self.decisions.borrow_mut()[1] = Some(decision);
    }

    fn header(&self, name: &http::HeaderName) -> Option<&HeaderValue> {
        let log = self.manager.log.as_ref()?;
        let mut named = log.fields.iter().filter_map(|field| match &field.value {
            LogValue::Header(name) => Some(name),
            _ => None,
        });
        let at = named.position(|known| known == name)?;
        let came = self.headers.get(at)?.as_ref();
        came.or_else(|| self.request_id.get().filter(|_| *name == REQUEST_ID))
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        self.connection.activity.end();
        if !self.is_complete.get() {
            self.flag.set(Some(Flag::DownstreamReset));
            if self.status.get() == 0 {
                self.details.set("downstream_remote_disconnect");
            }
        }
        self.count();
        self.tell_span();
        let details = self.told_details();
        let is_logged = self.is_drawn.get() || !self.is_well();
        let told =
            Line { exchange: self, decisions: self.decisions.take(), route: self.route.take(), cluster: self.cluster.take(), details };
        let worker = &self.connection.worker;
        if let Some(log) = self.manager.log.as_ref().filter(|_| is_logged) {
            worker.log.add(|out| write(log, &told, out));
        }
        worker.tap.tell(self.connection.direction.into(), &told);
    }
}

impl Exchange {
    /// Whether it went as it should, so that a share of its like can stand for all.
    fn is_well(&self) -> bool {
        let is_answered = (100..400).contains(&self.status.get()) && self.grpc.get().is_none_or(|status| status == 0);
        let is_whole = self.flag.get().is_none() && !self.is_cut.get();
        is_answered && is_whole && self.decisions.borrow().iter().flatten().all(Decision::is_clear)
    }

    fn count(&self) {
        let decisions = self.decisions.borrow();
        let refused = decisions.iter().flatten().find(|decision| !decision.passes);
        let decided = refused.or(decisions[1].as_ref());
        let key = CallKey {
            direction: self.manager.filters.direction(),
            cluster: self.cluster.borrow().clone(),
            peer: self.connection.peer.as_ref().map(|peer| peer.id.clone()),
            policy: decided.and_then(|decision| decision.policy.clone()),
            status: self.status.get(),
            grpc: self.grpc.get(),
            flag: self.flag.get(),
        };
        let meter = &self.meter;
        self.connection.worker.metrics.call(key, |counters| counters.add(meter.received(), meter.sent(), self.began.elapsed()));
    }

    /// Tells the span, where somebody is to be told.
    fn tell_span(&self) {
        let (Some(tracing), Some(started)) = (&self.manager.tracing, self.trace.get().filter(Started::is_told)) else { return };
        let worker = &self.connection.worker;
        let (decisions, route, cluster) = (self.decisions.borrow(), self.route.borrow(), self.cluster.borrow());
        let decided = decisions.iter().flatten().find(|decision| !decision.passes).or(decisions[1].as_ref());
        let host = self.uri.authority().map(|authority| authority.as_str());
        let ended = Ended {
            direction: self.connection.direction,
            began: worker.wall(self.began),
            ended: worker.wall(Instant::now()),
            method: self.method.as_str(),
            path: self.uri.path(),
            host: host.or_else(|| self.host.as_ref()?.to_str().ok()).unwrap_or_default(),
            status: self.status.get(),
            cluster: cluster.as_deref(),
            route: route.as_ref().map(|route| &*route.name).filter(|name| !name.is_empty()),
            peer: self.connection.peer.as_ref().map(|peer| &*peer.id),
            policy: decided.and_then(|decision| decision.policy.as_deref()),
            flags: self.flag.get().map_or("-", Flag::short),
        };
        worker.spans.add(tracing, started.end(&ended));
    }

    /// A denial names the rule, or that there was none.
    fn told_details(&self) -> Option<String> {
        if self.details.get() != DENIED {
            return None;
        }
        let decisions = self.decisions.borrow();
        let refused = decisions.iter().flatten().find(|decision| !decision.passes)?;
        Some(format!("{DENIED}[{}]", refused.policy.as_deref().unwrap_or("none")))
    }
}

/// The details of a denial, before the name of the rule.
pub(crate) const DENIED: &str = "rbac_access_denied_matched_policy";
