//! What becomes of one request: found its route, asked whether it may, and sent on.

use std::convert::Infallible;
use std::rc::Rc;
use std::sync::Arc;

use http::header::{HOST, HeaderValue, TRANSFER_ENCODING};
use http::request::Parts;
use http::uri::PathAndQuery;
use http::{Method, Request, Response, StatusCode, Uri, Version};
use http_body::Body as _;
use hyper::body::Incoming;
use hyper::upgrade::OnUpgrade;

use super::body::ResponseBody;
use super::exchange::{DENIED, Exchange};
use super::path::{Target, normalise};
use super::reply::{Reply, is_grpc};
use super::{cors, fault, forward, headers, redirect};
use crate::access::{Access, Subject};
use crate::connection::Connection;
use crate::matching::{Seen, path_of};
use crate::observe::Flag;
use crate::routing::{Found, ServedAction};
use crate::table::{HttpManager, Route, RouteAction};
use crate::trace::Started;

/// Answers a request.
pub(super) async fn handle(connection: Rc<Connection>, request: Request<Incoming>) -> Result<Response<ResponseBody>, Infallible> {
    let chain = connection.chain();
    let ServedAction::Http { manager, deny, allow } = &chain.action else {
        // The connection is being given up: its port speaks bytes now.
        let mut gone = Response::new(ResponseBody::nothing());
        *gone.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
        return Ok(gone);
    };
    let (parts, body) = request.into_parts();
    let is_grpc = is_grpc(&parts.headers);
    let is_revoked = connection.is_revoked();
    let exchange = Exchange::begin(connection, manager.clone(), &parts);
    if is_revoked {
        return Ok(denied().answer(&exchange, is_grpc));
    }
    let answered = Call { exchange: &exchange, manager, base: (deny, allow) }.answer(parts, body).await;
    Ok(answered.unwrap_or_else(|reply| reply.answer(&exchange, is_grpc)))
}

/// A request at work.
struct Call<'c> {
    exchange: &'c Rc<Exchange>,
    manager: &'c Arc<HttpManager>,
    /// What access filters do where no route says otherwise.
    base: (&'c Access, &'c Access),
}

impl Call<'_> {
    async fn answer(&self, mut parts: Parts, body: Incoming) -> Result<Response<ResponseBody>, Reply> {
        let connection = self.exchange.connection.clone();
        self.check(&parts)?;
        let upgraded = parts.extensions.remove::<OnUpgrade>();
        let upgrade = headers::upgrade(&parts.headers, parts.version, self.manager.websocket)
            .map_err(|()| Reply::bare(StatusCode::FORBIDDEN, "upgrade_failed").closing())?;
        put_host(&mut parts)?;
        put_path(&mut parts)?;
        headers::strip(&mut parts.headers, upgrade.as_ref());
        if parts.version == Version::HTTP_11 && !body.is_end_stream() && body.size_hint().exact().is_none() {
            // What a method usually has no body with would be sent without it.
            parts.headers.insert(TRANSFER_ENCODING, HeaderValue::from_static("chunked"));
        } else if parts.version == Version::HTTP_11 && body.is_end_stream() {
            headers::put_no_length(&parts.method, &mut parts.headers);
        } else if parts.version == Version::HTTP_2 {
            headers::join_cookies(&mut parts.headers);
        }
        headers::vouch(&mut parts.headers, self.manager.peer, connection.peer.as_ref());
        if let Some(tracing) = &self.manager.tracing {
            self.exchange.trace(Started::of(&mut parts.headers, tracing));
        }
        self.exchange.identified(&parts.headers);
        let routes = connection.worker.routes(self.manager.routes);
        let found = {
            let target = parts.uri.path_and_query().map_or("/", PathAndQuery::as_str);
            let authority = parts.headers.get(HOST).map_or(&b""[..], |host| host.as_bytes());
            let authority = parts.uri.authority().map_or(authority, |authority| authority.as_str().as_bytes());
            let seen = Seen { parts: &parts, authority, target, path: path_of(target) };
            let found = routes.as_deref().and_then(|routes| routes.find(&seen));
            if let Some(found) = found {
                self.exchange.set_route(found.route());
            }
            self.admit(found, seen)?;
            found
        };
        let Some(found) = found else {
            return Err(Reply::new(StatusCode::NOT_FOUND, "", "route_not_found", Some(Flag::NoRoute)));
        };
        let sharing = found.cors().and_then(|cors| cors::Sharing::of(cors, &parts));
        if let Some(reply) = sharing.as_ref().and_then(|sharing| sharing.preflight(&parts)) {
            return Err(reply);
        }
        let mut answered = self.go(found, parts, body, upgraded).await;
        if let Some(sharing) = &sharing {
            match &mut answered {
                Ok(response) => sharing.put(response.headers_mut()),
                Err(reply) => sharing.put(reply.headers_mut()),
            }
        }
        answered
    }

    async fn go(
        &self,
        found: Found<'_>,
        mut parts: Parts,
        body: Incoming,
        upgraded: Option<OnUpgrade>,
    ) -> Result<Response<ResponseBody>, Reply> {
        let now = self.exchange.connection.worker.now();
        if found.rate().is_some_and(|bucket| !bucket.take(now)) {
            let limited = Reply::new(StatusCode::TOO_MANY_REQUESTS, "local_rate_limited", "local_rate_limited", Some(Flag::RateLimited));
            return Err(limited);
        }
        if let Some(fault) = found.fault() {
            fault::apply(fault).await?;
        }
        let route = found.route();
        match &route.action {
            RouteAction::Respond(response) => Err(edited(Reply::said(response.status, &response.body), route)),
            RouteAction::Redirect(redirect) => {
                let is_secure = self.exchange.connection.peer.is_some();
                Err(edited(redirect::reply(redirect, route.path.prefix_length(), &parts, is_secure), route))
            }
            RouteAction::Forward(forward) => {
                headers::edit(&mut parts.headers, &route.request_headers);
                forward::forward(self.exchange, route, forward, parts, body, upgraded).await
            }
        }
    }

    /// Asks the access filters.
    fn admit(&self, found: Option<Found<'_>>, seen: Seen<'_>) -> Result<(), Reply> {
        let connection = &self.exchange.connection;
        let subject = Subject {
            id: connection.peer.as_ref().map(|peer| &*peer.id),
            address: connection.remote.ip(),
            port: connection.facts.called.port(),
            request: Some(seen),
        };
        let deny = found.and_then(Found::deny).unwrap_or(self.base.0);
        let allow = found.and_then(Found::allow).unwrap_or(self.base.1);
        for (access, tell) in [(deny, Exchange::denied as fn(&Exchange, _)), (allow, Exchange::allowed)] {
            if !access.asks() {
                continue;
            }
            let decision = access.decide(&subject);
            let passes = decision.passes;
            tell(self.exchange, decision);
            if !passes {
                return Err(denied());
            }
        }
        Ok(())
    }

    /// What no server should have to look at.
    fn check(&self, parts: &Parts) -> Result<(), Reply> {
        if parts.version < Version::HTTP_11 {
            return Err(Reply::new(StatusCode::UPGRADE_REQUIRED, "Upgrade Required", "low_version", None).closing());
        }
        if !headers::is_coding_known(&parts.headers) {
            // Where the body ends was read by a coding that is not the only one.
            return Err(Reply::bare(StatusCode::NOT_IMPLEMENTED, "http1.invalid_transfer_encoding").closing());
        }
        if headers::hides_the_way(&parts.headers) {
            return Err(Reply::new(StatusCode::BAD_REQUEST, "Bad Request", "http1.connection_header_rejected", None).closing());
        }
        if parts.headers.len() > self.manager.max_headers {
            return Err(Reply::bare(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, "http.too_many_headers"));
        }
        if parts.method == Method::CONNECT || (parts.method == Method::OPTIONS && parts.uri.path() == "*") {
            // No route is one for tunnels, or for a server as a whole.
            return Err(Reply::new(StatusCode::NOT_FOUND, "", "route_not_found", Some(Flag::NoRoute)));
        }
        Ok(())
    }
}

fn denied() -> Reply {
    Reply::new(StatusCode::FORBIDDEN, "RBAC: access denied", DENIED, Some(Flag::Denied))
}

/// What a route answers itself is edited as what it leads to.
fn edited(mut reply: Reply, route: &Route) -> Reply {
    if !route.response_headers.is_empty() {
        headers::edit(reply.headers_mut(), &route.response_headers);
    }
    reply
}

/// One host, where everybody looks for it: in `host` of HTTP/1.1, in `:authority` of HTTP/2.
fn put_host(parts: &mut Parts) -> Result<(), Reply> {
    let missing = || Reply::bare(StatusCode::BAD_REQUEST, "missing_host_header").closing();
    let mut hosts = parts.headers.get_all(HOST).iter();
    let (first, second) = (hosts.next(), hosts.next());
    if second.is_some() {
        return Err(missing());
    }
    match (parts.version, parts.uri.authority().is_some()) {
        (Version::HTTP_2, true) => {
            let authority = parts.uri.authority().map_or("", |authority| authority.as_str());
            Some(authority).filter(|host| is_host(host.as_bytes())).ok_or_else(missing)?;
            parts.headers.remove(HOST);
        }
        (Version::HTTP_2, false) => {
            let host = first.filter(|host| is_host(host.as_bytes())).and_then(|host| host.to_str().ok()).ok_or_else(missing)?;
            let mut uri = parts.uri.clone().into_parts();
            uri.authority = Some(host.parse().map_err(|_| missing())?);
            uri.scheme.get_or_insert(http::uri::Scheme::HTTP);
            parts.uri = Uri::from_parts(uri).map_err(|_| missing())?;
            parts.headers.remove(HOST);
        }
        // The absolute form says it better than the header, which has to be there all the same.
        (_, true) => {
            if first.is_none() || parts.uri.scheme().is_none() {
                return Err(missing());
            }
            let authority = parts.uri.authority().map_or("", |authority| authority.as_str()).to_owned();
            let host = authority.rsplit_once('@').map_or(authority.as_str(), |(_, host)| host);
            parts.headers.insert(HOST, host.parse().map_err(|_| missing())?);
            let path = parts.uri.path_and_query().map_or("/", PathAndQuery::as_str);
            parts.uri = path.parse().map_err(|_| missing())?;
        }
        (_, false) => {
            first.filter(|host| is_host(host.as_bytes())).ok_or_else(missing)?;
        }
    }
    Ok(())
}

/// Whether a header says a host, perhaps with a port: RFC 3986, section 3.2.2.
fn is_host(host: &[u8]) -> bool {
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=%:[]".contains(byte);
    !host.is_empty() && host.iter().all(is_plain)
}

/// One spelling of the path.
fn put_path(parts: &mut Parts) -> Result<(), Reply> {
    let ambiguous = || Reply::bare(StatusCode::BAD_REQUEST, "path_normalization_failed").closing();
    let target = parts.uri.path_and_query().map_or("", PathAndQuery::as_str);
    match normalise(target) {
        Target::Same => Ok(()),
        Target::Ambiguous => Err(ambiguous()),
        Target::Other(other) => {
            let mut uri = std::mem::take(&mut parts.uri).into_parts();
            uri.path_and_query = Some(PathAndQuery::try_from(other).map_err(|_| ambiguous())?);
            parts.uri = Uri::from_parts(uri).map_err(|_| ambiguous())?;
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use test_case::test_case;

    #[test_case(Version::HTTP_11, "/", Some("api.shop:80"), true ; "a host")]
    #[test_case(Version::HTTP_11, "/", Some("x@api.shop"), false ; "a user")]
    #[test_case(Version::HTTP_11, "/", None, false ; "none")]
    #[test_case(Version::HTTP_2, "http://api.shop/", None, true ; "an authority")]
    #[test_case(Version::HTTP_2, "http://x@api.shop/", None, false ; "an authority with a user")]
    #[test_case(Version::HTTP_2, "/", Some("api.shop"), true ; "a host in place of an authority")]
    #[test_case(Version::HTTP_2, "/", Some("x@api.shop"), false ; "a user in place of an authority")]
    #[test_case(Version::HTTP_2, "/", None, false ; "no authority")]
    fn hosts(version: Version, target: &str, host: Option<&str>, want: bool) {
        let mut request = Request::get(target).version(version);
        if let Some(host) = host {
            request = request.header(HOST, host);
        }
        let (mut parts, ()) = request.body(()).expect("a request").into_parts();
        assert_eq!(put_host(&mut parts).is_ok(), want);
    }
}
