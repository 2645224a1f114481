//! How requests are served on a connection.

use std::sync::Arc;
use std::time::Duration;

use super::access::Rbac;
use super::listener::Direction;
use super::log::LogFormat;
use super::names::{ClusterId, RouteId};

/// What becomes of the requests of a connection.
#[derive(Clone, Debug)]
pub struct HttpManager {
    /// `inbound` or `outbound`.
    pub stat_prefix: Arc<str>,
    /// Which requests go where.
    pub routes: RouteId,
    /// What a request passes through before it is sent on.
    pub filters: Filters,
    /// What the server is told about who calls.
    pub peer: Peer,
    /// Whether connections may be upgraded to WebSocket.
    pub websocket: bool,
    /// A connection without requests is closed after so long; `None`: never.
    pub idle_timeout: Option<Duration>,
    /// The head of a request may take so long; `None`: any time.
    pub headers_timeout: Option<Duration>,
    /// More headers are refused (431).
    pub max_headers: usize,
    /// `None`: nothing is logged.
    pub log: Option<Arc<LogFormat>>,
    /// `None`: nothing is traced.
    pub tracing: Option<Tracing>,
}

/// Filters, in the one order that there is.
#[derive(Clone, Debug)]
pub enum Filters {
    /// `meshglot.deny`, `meshglot.allow`, `local_ratelimit`, `router`.
    Inbound {
        /// What holds where no route says otherwise.
        deny: Rbac,
        /// Likewise.
        allow: Rbac,
    },
    /// `cors`, `fault`, `router`.
    Outbound,
}

impl Filters {
    /// Whose requests pass through.
    pub fn direction(&self) -> Direction {
        match self {
            Self::Inbound { .. } => Direction::Inbound,
            Self::Outbound => Direction::Outbound,
        }
    }
}

/// What the server is told of the caller in `x-forwarded-client-cert`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Peer {
    /// Nothing; what the caller says of itself is taken out (`SANITIZE`).
    Remove,
    /// `By`, `Hash` and `URI` of its certificate, in place of what it says of itself (`SANITIZE_SET`).
    Replace,
}

/// Spans of requests.
#[derive(Clone, Debug)]
pub struct Tracing {
    /// Where they are sent (OTLP over gRPC).
    pub cluster: ClusterId,
    /// As whom.
    pub service: Arc<str>,
    /// How many of a million requests that no caller has decided on.
    pub sampling: u32,
}
