//! What all threads of the proxy know of a cluster together: how much is under way, and which endpoints are left out.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::AtomicU32;
use std::sync::{Arc, Mutex, PoisonError};

use super::ejection::Ejection;

/// Counters of a cluster. It stays as long as the process lives, whatever becomes of the cluster.
#[derive(Debug, Default)]
pub(crate) struct ClusterShared {
    pub(super) connections: AtomicU32,
    pub(super) pending: AtomicU32,
    pub(super) requests: AtomicU32,
    pub(super) retries: AtomicU32,
    /// Asked when endpoints change, never by a request.
    endpoints: Mutex<HashMap<SocketAddr, Arc<Ejection>>>,
}

impl ClusterShared {
    /// What is known of an endpoint.
    pub(super) fn ejection(&self, address: SocketAddr) -> Arc<Ejection> {
        self.endpoints.lock().unwrap_or_else(PoisonError::into_inner).entry(address).or_default().clone()
    }

    /// Forgets endpoints that are gone.
    pub(super) fn keep(&self, addresses: &[SocketAddr]) {
        self.endpoints.lock().unwrap_or_else(PoisonError::into_inner).retain(|address, _| addresses.contains(address));
    }
}
