//! Where the proxy listens, and what becomes of a connection.

use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

use super::access::Rbac;
use super::log::LogFormat;
use super::manager::HttpManager;
use super::route::Shares;
use super::tls::ServerTls;

/// Whose connections these are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Direction {
    /// Calls to the workload.
    Inbound,
    /// Calls of the workload.
    Outbound,
}

/// One or more sockets, and the chains that connections are given to.
#[derive(Clone, Debug)]
pub struct Listener {
    /// Its name.
    pub name: Arc<str>,
    /// Where it listens.
    pub addresses: Vec<SocketAddr>,
    /// Whose connections come.
    pub direction: Direction,
    /// Whether connections were redirected, so that what was called is asked of the kernel.
    pub original_destination: bool,
    /// On which ports it is looked whether a connection begins with TLS.
    pub sees_tls: Ports,
    /// On which ports it is looked whether a connection begins with HTTP.
    pub sees_http: Ports,
    /// How long it is looked.
    pub patience: Duration,
    /// Whether a connection that has said too little by then goes on with what is known; otherwise it is closed.
    pub goes_on: bool,
    /// No two match the same.
    pub chains: Vec<Arc<Chain>>,
    /// Where no chain matches; `None`: the connection is closed.
    pub default_chain: Option<Arc<Chain>>,
}

/// A set of ports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ports {
    /// All.
    All,
    /// Those within one of these; empty: none.
    Within(Vec<RangeInclusive<u16>>),
}

/// Addresses that begin alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Prefix {
    /// The address.
    pub address: IpAddr,
    /// How many of its bits count.
    pub length: u8,
}

/// When a chain is chosen. What is absent does not matter; of several that match, Envoy's order decides: port, addresses, server name,
/// transport, application protocol.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChainMatch {
    /// The port that was called.
    pub port: Option<u16>,
    /// The address that was called is in one of these; empty: any.
    pub addresses: Vec<Prefix>,
    /// What the client says in TLS whom it wants, each a name or `*.` and a name; empty: anything.
    pub server_names: Vec<Box<str>>,
    /// Whether it begins with TLS (`tls`) or not (`raw_buffer`).
    pub is_tls: Option<bool>,
    /// One of these was offered in TLS, or seen in plain (`http/1.0`, `http/1.1`, `h2c`); empty: anything.
    pub protocols: Vec<Box<str>>,
}

/// What becomes of a connection.
#[derive(Clone, Debug)]
pub struct Chain {
    /// Its name.
    pub name: Arc<str>,
    /// The same for two chains that say the same: the SHA-256 of its message.
    pub digest: [u8; 32],
    /// When it is chosen.
    pub matches: ChainMatch,
    /// `None`: the connection is in plain.
    pub tls: Option<Arc<ServerTls>>,
    /// What it is given to.
    pub action: Action,
}

/// What a connection is given to.
#[derive(Clone, Debug)]
pub enum Action {
    /// Requests.
    Http(Arc<HttpManager>),
    /// Bytes.
    Tcp(Arc<TcpProxy>),
}

/// Access filters in front of bytes, in the order in which they are asked.
pub type NetworkRules = Vec<Rbac>;

/// Bytes to and fro.
#[derive(Clone, Debug)]
pub struct TcpProxy {
    /// `inbound` or `outbound`.
    pub stat_prefix: Arc<str>,
    /// Who may.
    pub access: NetworkRules,
    /// Where to.
    pub shares: Shares,
    /// Closed after so long without a byte; `None`: never.
    pub idle_timeout: Option<Duration>,
    /// Whether the caller's address decides on the endpoint.
    pub hash_source: bool,
    /// `None`: nothing is logged.
    pub log: Option<Arc<LogFormat>>,
}

impl Ports {
    /// None at all.
    pub const NONE: Self = Self::Within(Vec::new());

    /// Whether a port is one of them.
    pub fn contains(&self, port: u16) -> bool {
        match self {
            Self::All => true,
            Self::Within(ranges) => ranges.iter().any(|range| range.contains(&port)),
        }
    }
}

impl Prefix {
    /// Whether an address begins so.
    pub fn contains(&self, address: IpAddr) -> bool {
        let kept = |bits: u32| u32::from(self.length).min(bits);
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(own), IpAddr::V4(other)) => {
                let mask = u32::MAX.checked_shl(32 - kept(32)).unwrap_or(0);
                u32::from(own) & mask == u32::from(other) & mask
            }
            (IpAddr::V6(own), IpAddr::V6(other)) => {
                let mask = u128::MAX.checked_shl(128 - kept(128)).unwrap_or(0);
                u128::from(own) & mask == u128::from(other) & mask
            }
            _ => false,
        }
    }
}
