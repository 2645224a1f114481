//! A clock that stands still, identities, and requests.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration as Wait;

use meshglot_ca::{Authority, KeyPair, SpiffeId};
use meshglot_join::Clock;
use rustls::pki_types::UnixTime;
use rustls::time_provider::TimeProvider;
use time::{Duration, OffsetDateTime};
use tokio::sync::watch;

/// Stands still until it is set.
#[derive(Debug)]
pub(crate) struct TestClock(Mutex<OffsetDateTime>);

impl TestClock {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self(Mutex::new(OffsetDateTime::from_unix_timestamp(1_800_000_000).expect("in range"))))
    }

    pub(crate) fn advance(&self, by: Duration) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) += by;
    }
}

impl Clock for TestClock {
    fn now(&self) -> OffsetDateTime {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl TimeProvider for TestClock {
    fn current_time(&self) -> Option<UnixTime> {
        Some(UnixTime::since_unix_epoch(Wait::from_secs(self.now().unix_timestamp().try_into().ok()?)))
    }
}

pub(crate) fn id(text: &str) -> SpiffeId {
    format!("spiffe://cluster.local/{text}").parse().expect("an identity")
}

pub(crate) fn web() -> SpiffeId {
    id("ns/shop/sa/web")
}

pub(crate) fn control_plane() -> SpiffeId {
    id("ns/meshglot-system/sa/control-plane")
}

pub(crate) fn csr(id: &SpiffeId) -> Vec<u8> {
    KeyPair::generate().and_then(|key| key.csr(id)).expect("a request")
}

/// A chain and its key, both PEM.
pub(crate) fn issue(authority: &Authority, id: &SpiffeId, now: OffsetDateTime) -> (String, String) {
    let key = KeyPair::generate().expect("random numbers");
    let issued = authority.issue(&key.csr(id).expect("a request"), id, now).expect("a certificate");
    (issued.chain_pem(), key.private_key_pem())
}

/// Waits for what a test is about, and not for ever.
pub(crate) async fn until<T: Clone>(receiver: &mut watch::Receiver<T>, holds: impl FnMut(&T) -> bool) -> T {
    let wait = tokio::time::timeout(Wait::from_secs(60), receiver.wait_for(holds));
    wait.await.expect("in time").expect("it runs").clone()
}
