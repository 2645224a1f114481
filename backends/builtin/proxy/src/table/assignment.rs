//! The endpoints of a cluster.

use std::net::SocketAddr;

/// Endpoints by locality.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Assignment {
    /// As they were written.
    pub localities: Vec<Locality>,
}

/// Endpoints that are as near as each other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Locality {
    /// 0 is the nearest. Calls leave a priority as its endpoints fall sick.
    pub priority: u32,
    /// Its endpoints.
    pub endpoints: Vec<Endpoint>,
}

/// One address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// Where.
    pub address: SocketAddr,
    /// Whether a proxy stands in front of it (`envoy.transport_socket_match: {mtls: true}`).
    pub is_meshed: bool,
    /// Whether calls may go there (`health_status` is neither UNHEALTHY nor DRAINING nor TIMEOUT).
    pub is_healthy: bool,
    /// Its share among endpoints, at least 1.
    pub weight: u32,
}
