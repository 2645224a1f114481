//! Which request goes where, and what happens to it on the way.

use std::sync::Arc;
use std::time::Duration;

use http::{HeaderName, HeaderValue, StatusCode};

use super::access::Rbac;
use super::header::HeaderEdits;
use super::listener::Direction;
use super::matching::{HeaderMatch, PathMatch, TextMatch};
use super::names::{ClusterId, RouteId};

/// Routes by host.
#[derive(Clone, Debug)]
pub struct RouteTable {
    /// Its number.
    pub id: RouteId,
    /// Its name.
    pub name: Arc<str>,
    /// Hosts. A name of a host occurs once in all of them.
    pub hosts: Vec<VirtualHost>,
}

/// Routes of some hosts.
#[derive(Clone, Debug)]
pub struct VirtualHost {
    /// Its name.
    pub name: Arc<str>,
    /// In lower case: `*`, or the host as the request says it, with its port if it says one.
    pub domains: Vec<Box<str>>,
    /// The first that matches is taken; none: 404.
    pub routes: Vec<Arc<Route>>,
    /// What holds for routes that say nothing else.
    pub overrides: Overrides,
}

/// One route.
#[derive(Clone, Debug)]
pub struct Route {
    /// What the log calls it; empty: it has no name.
    pub name: Arc<str>,
    /// Its path.
    pub path: PathMatch,
    /// All of these hold.
    pub headers: Vec<HeaderMatch>,
    /// What becomes of the request.
    pub action: RouteAction,
    /// What happens to the request's headers.
    pub request_headers: HeaderEdits,
    /// What happens to the answer's headers.
    pub response_headers: HeaderEdits,
    /// What filters do otherwise than usual. What is absent is taken from the virtual host.
    pub overrides: Overrides,
}

/// What filters do on a route. `None`: as the virtual host says, then the filter itself.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    /// `meshglot.deny`.
    pub deny: Option<Rbac>,
    /// `meshglot.allow`.
    pub allow: Option<Rbac>,
    /// `envoy.filters.http.local_ratelimit`.
    pub rate_limit: Option<Arc<RateLimit>>,
    /// `envoy.filters.http.fault`.
    pub fault: Option<Fault>,
    /// `envoy.filters.http.cors`.
    pub cors: Option<Arc<Cors>>,
}

/// What becomes of a request.
#[derive(Clone, Debug)]
pub enum RouteAction {
    /// It is sent on.
    Forward(Box<Forward>),
    /// The caller is sent elsewhere.
    Redirect(Box<Redirect>),
    /// The proxy answers.
    Respond(Response),
}

/// An answer of the proxy's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// Its status.
    pub status: StatusCode,
    /// Its body.
    pub body: Box<str>,
}

/// A request that is sent on.
#[derive(Clone, Debug)]
pub struct Forward {
    /// Where to.
    pub shares: Shares,
    /// For all tries together; `None`: any time.
    pub timeout: Option<Duration>,
    /// `None`: it is tried once.
    pub retry: Option<Retry>,
    /// Who gets a copy.
    pub mirrors: Vec<Mirror>,
    /// What decides on the endpoint of a cluster that hashes; all of them together.
    pub hash: Vec<HashPolicy>,
    /// The path that the server gets.
    pub path: Option<PathRewrite>,
    /// The host that the server gets.
    pub host: Option<HeaderValue>,
}

/// Another path.
#[derive(Clone, Debug)]
pub enum PathRewrite {
    /// The prefix that the route matched becomes this (`prefix_rewrite`).
    Prefix(Box<str>),
    /// The path without its query becomes this where it matches (`regex_rewrite`). `\1` stands for a group, `\\` for `\`.
    Regex {
        /// Found anywhere in the path, at every place.
        pattern: regex::bytes::Regex,
        /// In place of what was found, in the form of the crate `regex`: `${1}`, `$$`.
        replacement: Box<str>,
    },
}

/// A cluster, or several by share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shares {
    /// All of it.
    One(ClusterId),
    /// By share; `total` is their sum and at least 1.
    Weighted {
        /// The sum.
        total: u32,
        /// As they were written.
        of: Vec<Share>,
    },
}

/// A cluster's share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    /// Whose.
    pub cluster: ClusterId,
    /// How much; 0: nothing.
    pub weight: u32,
}

/// Who gets a copy of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mirror {
    /// Where the copy goes.
    pub cluster: ClusterId,
    /// Of how many of a million requests.
    pub share: u32,
}

/// What decides on the endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HashPolicy {
    /// A header's value.
    Header(HeaderName),
    /// A cookie's value.
    Cookie {
        /// Its name.
        name: Box<str>,
        /// It is made where it is absent, and lives so long; `None`: it is not made.
        ttl: Option<Duration>,
        /// Where it holds.
        path: Box<str>,
    },
    /// The address of the TCP peer.
    SourceAddress,
    /// The value of a query parameter.
    Query(Box<str>),
}

/// Other tries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retry {
    /// After what.
    pub on: RetryOn,
    /// How often after the first try, at least 1.
    pub attempts: u32,
    /// For each try; `None`: as long as all of them have.
    pub per_try: Option<Duration>,
    /// What lies between.
    pub backoff: Backoff,
    /// Whether an endpoint that was tried is avoided (`previous_hosts`), and how often another one is looked for.
    pub avoid: Option<u32>,
}

/// After what a request is tried again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RetryOn {
    /// `5xx`: any of them, and no answer at all.
    pub server_error: bool,
    /// `gateway-error`: 502, 503, 504.
    pub gateway_error: bool,
    /// `reset`: no answer at all, or too late.
    pub reset: bool,
    /// `connect-failure`.
    pub connect_failure: bool,
    /// `refused-stream`.
    pub refused_stream: bool,
    /// `retriable-status-codes`, each of these.
    pub statuses: Vec<StatusCode>,
    /// gRPC: `cancelled` (1), `deadline-exceeded` (4), `resource-exhausted` (8), `internal` (13), `unavailable` (14).
    pub grpc: Vec<u8>,
}

/// A random pause before a retry, from nothing to `base` times `2^n - 1`, at most `maximum`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    /// The first.
    pub base: Duration,
    /// The longest.
    pub maximum: Duration,
}

/// The caller is sent elsewhere.
#[derive(Clone, Debug)]
pub struct Redirect {
    /// `None`: as it was called.
    pub scheme: Option<Box<str>>,
    /// `None`: as it was called.
    pub host: Option<Box<str>>,
    /// `None`: as it was called, less a port that is usual for another scheme.
    pub port: Option<u16>,
    /// `None`: as it was called.
    pub path: Option<RedirectPath>,
    /// Whether the query is left out.
    pub strip_query: bool,
    /// 301, 302, 303, 307 or 308.
    pub status: StatusCode,
}

/// Where the caller is sent.
#[derive(Clone, Debug)]
pub enum RedirectPath {
    /// There, whatever was called.
    Path(Box<str>),
    /// The prefix that the route matched becomes this.
    Prefix(Box<str>),
}

/// Mistakes on purpose. They are drawn independently; a request that is aborted is delayed first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    /// For how long, and of how many of a million requests.
    pub delay: Option<(Duration, u32)>,
    /// With what status, and of how many of a million requests.
    pub abort: Option<(StatusCode, u32)>,
}

/// Which other sites may call.
#[derive(Clone, Debug)]
pub struct Cors {
    /// Origins that may.
    pub origins: Vec<TextMatch>,
    /// `access-control-allow-methods`; `None`: absent.
    pub methods: Option<HeaderValue>,
    /// `access-control-allow-headers`.
    pub headers: Option<HeaderValue>,
    /// `access-control-expose-headers`.
    pub expose: Option<HeaderValue>,
    /// `access-control-max-age`.
    pub max_age: Option<HeaderValue>,
    /// Whether with cookies.
    pub credentials: bool,
}

/// How many requests in which time. One bucket for all callers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RateLimit {
    /// What counters call it.
    pub stat_prefix: Box<str>,
    /// Requests that the bucket holds when it is full, as it is at first.
    pub burst: u32,
    /// Requests that come in with each fill.
    pub fill: u32,
    /// How often it is filled.
    pub every: Duration,
}

impl Shares {
    /// All of them.
    pub(crate) fn clusters(&self) -> impl Iterator<Item = ClusterId> {
        let (one, several) = match self {
            Self::One(cluster) => (Some(*cluster), &[][..]),
            Self::Weighted { of, .. } => (None, &of[..]),
        };
        one.into_iter().chain(several.iter().map(|share| share.cluster))
    }

    /// One by chance, by share.
    pub(crate) fn draw(&self) -> ClusterId {
        match self {
            Self::One(cluster) => *cluster,
            Self::Weighted { total, of } => {
                let mut drawn = fastrand::u32(0..(*total).max(1));
                let share = of.iter().find(|share| {
                    let is_here = drawn < share.weight;
                    drawn = drawn.saturating_sub(share.weight);
                    is_here
                });
                // The total is the sum, and there is at least one.
                share.or(of.last()).map_or(ClusterId(u32::MAX), |share| share.cluster)
            }
        }
    }
}

impl RouteTable {
    /// Whether something is said to filters of a side. Chains of the other side have none of them, and must not be given this table.
    pub fn speaks_to(&self, side: Direction) -> bool {
        let speaks = |overrides: &Overrides| match side {
            Direction::Inbound => overrides.deny.is_some() || overrides.allow.is_some() || overrides.rate_limit.is_some(),
            Direction::Outbound => overrides.fault.is_some() || overrides.cors.is_some(),
        };
        self.hosts.iter().any(|host| speaks(&host.overrides) || host.routes.iter().any(|route| speaks(&route.overrides)))
    }
}
