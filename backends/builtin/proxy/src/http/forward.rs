//! Sends a request on, as often as its route says, and its answer back.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use http::header::{HOST, SET_COOKIE};
use http::request::Parts;
use http::uri::Authority;
use http::{HeaderValue, Request, Response, StatusCode, Uri, Version};
use http_body::Body as _;
use hyper::body::Incoming;
use hyper::upgrade::OnUpgrade;

use super::body::{RequestBody, ResponseBody, Until};
use super::exchange::Exchange;
use super::replay::Replay;
use super::reply::Reply;
use super::{hash, headers, mirror, rewrite, upgrade};
use crate::observe::Flag;
use crate::table::{Forward, Retry, Route};
use crate::upstream::{Counted, Failure, Host, Permit, Protocol, Sent, Upstream};

/// A request on its way.
struct Journey<'j> {
    exchange: &'j Rc<Exchange>,
    upstream: Rc<Upstream>,
    protocol: Protocol,
    hash: Option<u64>,
    /// The endpoint that was called last.
    called: RefCell<Option<Rc<Host>>>,
}

/// Sends it on. `upgraded`: what becomes of the caller's connection if the answer is that it is another now.
pub(super) async fn forward(
    exchange: &Rc<Exchange>,
    route: &Arc<Route>,
    how: &Forward,
    mut parts: Parts,
    body: Incoming,
    upgraded: Option<OnUpgrade>,
) -> Result<Response<ResponseBody>, Reply> {
    let connection = &exchange.connection;
    let upstream = connection.worker.upstream(how.shares.draw()).ok_or_else(|| Reply::failed(Failure::NoCluster))?;
    exchange.set_cluster(&upstream.cluster.name);
    let permit = upstream.permit(Counted::Request, false).ok_or_else(|| Reply::failed(Failure::Overflow))?;
    let (hash, cookie) = hash::of(&how.hash, &parts, connection.remote.ip());
    let protocol = if parts.version == Version::HTTP_2 { Protocol::Http2 } else { Protocol::Http1 };
    prepare(&mut parts, route, how)?;
    let mirrors: Vec<_> = how.mirrors.iter().filter(|mirror| super::fault::is_drawn(mirror.share)).collect();
    let body = Outgoing::new(body, exchange, how.retry.is_some() || !mirrors.is_empty());
    for mirrored in mirrors {
        mirror::send(exchange, mirrored.cluster, &parts, body.copy());
    }
    let journey = Journey { exchange, upstream, protocol, hash, called: RefCell::default() };
    let sent = async {
        match &how.retry {
            None => journey.once(parts, body).await,
            Some(retry) => journey.again_and_again(retry, parts, body).await,
        }
    };
    let (sent, until) = match how.timeout {
        None => (sent.await?, None),
        Some(timeout) => {
            let mut until = Until::new(exchange.clone(), timeout);
            tokio::select! {
                biased;
                sent = sent => (sent?, Some(until)),
                () = &mut until => {
                    journey.blame_called();
                    return Err(Reply::failed(Failure::Timeout));
                }
            }
        }
    };
    answer(exchange, route, sent, permit, until, cookie, upgraded)
}

/// Where the request goes, and what the server is told that it is.
fn prepare(parts: &mut Parts, route: &Route, how: &Forward) -> Result<(), Reply> {
    let impossible = || Reply::bare(StatusCode::BAD_REQUEST, "path_rewrite_failed");
    if let Some(path) = &how.path {
        parts.uri = rewrite::rewrite(&parts.uri, path, route.path.prefix_length()).ok_or_else(impossible)?;
    }
    let Some(host) = &how.host else { return Ok(()) };
    if parts.version == Version::HTTP_2 {
        let mut uri = std::mem::take(&mut parts.uri).into_parts();
        uri.authority = Some(Authority::try_from(host.as_bytes()).map_err(|_| impossible())?);
        parts.uri = Uri::from_parts(uri).map_err(|_| impossible())?;
    } else {
        parts.headers.insert(HOST, host.clone());
    }
    Ok(())
}

/// A body, which may have to be sent more than once.
enum Outgoing {
    Empty,
    Once(Incoming, Rc<Exchange>),
    Often(Replay),
}

impl Outgoing {
    fn new(body: Incoming, exchange: &Rc<Exchange>, often: bool) -> Self {
        if body.is_end_stream() {
            exchange.requested();
            Self::Empty
        } else if often {
            Self::Often(Replay::new(body, exchange.clone()))
        } else {
            Self::Once(body, exchange.clone())
        }
    }

    /// For somebody else, when it has come whole.
    fn copy(&self) -> Option<Replay> {
        match self {
            Self::Empty | Self::Once(..) => None,
            Self::Often(replay) => replay.again(),
        }
    }

    fn into_body(self) -> RequestBody {
        match self {
            Self::Empty => RequestBody::Empty,
            Self::Once(body, exchange) => RequestBody::Incoming(body, exchange),
            Self::Often(replay) => RequestBody::Replay(replay),
        }
    }

    /// Another sending; `None`: it cannot be sent again.
    fn again(&self) -> Option<RequestBody> {
        match self {
            Self::Empty => Some(RequestBody::Empty),
            Self::Once(..) => None,
            Self::Often(replay) => replay.again().map(RequestBody::Replay),
        }
    }
}

impl Journey<'_> {
    fn pick(&self, avoid: (&[Rc<Host>], u32)) -> Result<Rc<Host>, Failure> {
        let connection = &self.exchange.connection;
        let host = self.upstream.pick(connection.facts.called, connection.worker.now(), self.hash, avoid)?;
        self.exchange.tries(host.address);
        *self.called.borrow_mut() = Some(host.clone());
        Ok(host)
    }

    /// Tells the cluster what an endpoint did.
    fn judge(&self, host: &Host, status: Option<StatusCode>) {
        // It cannot answer what did not come.
        if self.exchange.is_garbled() {
            return;
        }
        self.upstream.judge(host, status, || self.exchange.connection.worker.now());
    }

    /// The endpoint that was called last took all the time that there was.
    fn blame_called(&self) {
        if let Some(host) = self.called.take() {
            self.blame(&host, Failure::Timeout);
        }
    }

    /// Likewise, where it did not answer. That there was no place for a request is nobody's fault.
    fn blame(&self, host: &Host, why: Failure) {
        if !matches!(why, Failure::Overflow | Failure::NoCluster | Failure::NoEndpoint) {
            self.judge(host, None);
        }
    }

    async fn once(&self, parts: Parts, body: Outgoing) -> Result<Sent, Reply> {
        let host = self.pick((&[], 0)).map_err(Reply::failed)?;
        match host.send(&self.upstream, self.protocol, Request::from_parts(parts, body.into_body())).await {
            Ok(sent) => {
                self.judge(&host, Some(sent.response.status()));
                Ok(sent)
            }
            Err(why) => {
                self.blame(&host, why);
                Err(self.failed(why))
            }
        }
    }

    /// Why there is no answer.
    fn failed(&self, why: Failure) -> Reply {
        if self.exchange.is_garbled() { Reply::bare(StatusCode::BAD_REQUEST, "codec_error") } else { Reply::failed(why) }
    }

    async fn again_and_again(&self, retry: &Retry, parts: Parts, body: Outgoing) -> Result<Sent, Reply> {
        let mut tried = Vec::new();
        let mut attempt = 0;
        // Kept as long as a retry runs.
        let mut _place: Option<Permit> = None;
        loop {
            let host = self.pick((&tried, retry.avoid.filter(|_| attempt > 0).unwrap_or(0))).map_err(Reply::failed)?;
            let Some(again) = body.again() else { return Err(Reply::failed(Failure::Reset)) };
            let request = Request::from_parts(parts.clone(), again);
            let came = self.within(retry.per_try, host.send(&self.upstream, self.protocol, request)).await;
            let wants = match &came {
                Ok(sent) => {
                    self.judge(&host, Some(sent.response.status()));
                    retry.on.is_after(sent.response.status(), sent.response.headers())
                }
                Err(why) => {
                    self.blame(&host, *why);
                    // What was kept of a body that broke is not all of it: nobody may take it for that.
                    !self.exchange.is_garbled() && retry.on.is_after_failure(*why)
                }
            };
            attempt += 1;
            if !wants {
                return came.map_err(|why| self.failed(why));
            }
            if attempt > retry.attempts || body.again().is_none() {
                self.exchange.flag(Flag::RetryLimit);
                return came.map_err(|why| self.failed(why));
            }
            drop(_place.take());
            _place = self.upstream.permit(Counted::Retry, false);
            if _place.is_none() {
                self.exchange.flag(Flag::Overflow);
                return came.map_err(|why| self.failed(why));
            }
            drop(came);
            tried.push(host);
            tokio::time::sleep(retry.backoff.pause(attempt)).await;
        }
    }

    async fn within(&self, time: Option<Duration>, sending: impl Future<Output = Result<Sent, Failure>>) -> Result<Sent, Failure> {
        let Some(time) = time else { return sending.await };
        tokio::select! {
            biased;
            sent = sending => sent,
            () = Until::new(self.exchange.clone(), time) => Err(Failure::Timeout),
        }
    }
}

fn answer(
    exchange: &Rc<Exchange>,
    route: &Route,
    sent: Sent,
    permit: Permit,
    until: Option<Until>,
    cookie: Option<hash::NewCookie>,
    upgraded: Option<OnUpgrade>,
) -> Result<Response<ResponseBody>, Reply> {
    let (mut parts, body) = sent.response.into_parts();
    if !headers::is_coding_known(&parts.headers) {
        // Nobody would tell the caller of it.
        return Err(Reply::failed(Failure::Protocol));
    }
    let is_upgrade = parts.status == StatusCode::SWITCHING_PROTOCOLS;
    headers::strip_answer(&mut parts.headers, is_upgrade);
    headers::edit(&mut parts.headers, &route.response_headers);
    if let Some(cookie) = cookie.and_then(|cookie| HeaderValue::try_from(cookie.text).ok()) {
        parts.headers.append(SET_COOKIE, cookie);
    }
    exchange.told_grpc(&parts.headers);
    exchange.answered(parts.status, "via_upstream", None);
    parts.version = if exchange.is_http2() { Version::HTTP_2 } else { Version::HTTP_11 };
    if is_upgrade {
        let (Some(one), Some(other)) = (upgraded, parts.extensions.remove::<OnUpgrade>()) else {
            // Nobody has asked for it.
            return Err(Reply::failed(Failure::Protocol));
        };
        upgrade::join(exchange.clone(), one, other, (sent.lease, permit));
        return Ok(Response::from_parts(parts, ResponseBody::nothing()));
    }
    Ok(Response::from_parts(parts, ResponseBody::upstream(body, sent.lease, permit, until, exchange.clone())))
}
