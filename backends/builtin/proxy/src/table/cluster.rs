//! Where calls can go, and how.

use std::sync::Arc;
use std::time::Duration;

use super::assignment::Assignment;
use super::names::ClusterId;
use super::tls::ClientTls;

/// A set of endpoints that are spoken to in one way.
#[derive(Clone, Debug)]
pub struct Cluster {
    /// Its number.
    pub id: ClusterId,
    /// Its name.
    pub name: Arc<str>,
    /// Where its endpoints come from.
    pub discovery: Discovery,
    /// How long a connection may take, TLS included.
    pub connect_timeout: Duration,
    /// Which endpoint is next.
    pub balancing: LoadBalancing,
    /// How much at once.
    pub limits: Limits,
    /// When an endpoint is left out; `None`: never.
    pub outlier: Option<Outlier>,
    /// Which endpoints are spoken to in TLS.
    pub encryption: Encryption,
}

/// Where the endpoints of a cluster come from.
#[derive(Clone, Debug)]
pub enum Discovery {
    /// An assignment that is asked for by the cluster's name (EDS).
    Assigned,
    /// They stand in the cluster.
    Static(Assignment),
    /// The address that the caller called.
    OriginalDestination,
}

/// Which endpoints are spoken to in TLS.
#[derive(Clone, Debug)]
pub enum Encryption {
    /// None.
    Plain,
    /// All.
    Always(Arc<ClientTls>),
    /// Those whose metadata say `mtls: true`.
    Marked(Arc<ClientTls>),
}

/// Which endpoint is next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoadBalancing {
    /// One after the other.
    RoundRobin,
    /// Of two by chance, the one with fewer requests under way.
    LeastRequest,
    /// By chance.
    Random,
    /// By a hash of the request on a ring of so many points.
    RingHash {
        /// Points, at least.
        minimum: u64,
        /// Points, at most.
        maximum: u64,
    },
    /// By a hash of the request in a table of so many places, a prime.
    Maglev {
        /// Places.
        size: u64,
    },
}

/// How much at once, over all endpoints of a cluster and all threads of the proxy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Connections.
    pub connections: u32,
    /// Requests that wait for a connection.
    pub pending: u32,
    /// Requests.
    pub requests: u32,
    /// Retries at once. Without meaning where there is a budget.
    pub retries: u32,
    /// Retries as a share of requests.
    pub budget: Option<RetryBudget>,
}

impl Limits {
    /// None at all.
    pub const NONE: Self = Self { connections: u32::MAX, pending: u32::MAX, requests: u32::MAX, retries: u32::MAX, budget: None };
}

/// Retries as a share of requests that are under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryBudget {
    /// In millionths.
    pub share: u32,
    /// Always allowed.
    pub minimum: u32,
}

/// When an endpoint is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outlier {
    /// After so many answers of 5xx, or connections that failed, one after the other.
    pub consecutive_5xx: u32,
    /// How often it is looked at who may come back.
    pub interval: Duration,
    /// For how long, times how often it was left out.
    pub base_ejection: Duration,
    /// At most for so long.
    pub max_ejection: Duration,
    /// At most so many of a hundred endpoints are left out.
    pub max_percent: u32,
}
