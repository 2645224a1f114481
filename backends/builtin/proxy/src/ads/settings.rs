//! What a client is told before it begins.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use meshglot_ca::SpiffeId;
use meshglot_join::{Clock, Held, SystemClock, random};
use tokio::sync::watch;

/// What a [`super::Client`] needs.
#[derive(Clone)]
pub struct Settings {
    /// `NAMESPACE/WORKLOAD/INSTANCE`: what the proxy calls itself.
    pub id: String,
    /// Where the control plane listens.
    pub control_plane: SocketAddr,
    /// Who it is.
    pub control_plane_id: SpiffeId,
    /// What the proxy proves who it is with, always the newest.
    pub held: watch::Receiver<Option<Arc<Held>>>,
    /// The time of day.
    pub clock: Arc<dyn Clock>,
    /// A new number from 0 up to 1 each time, by which proxies do not all come back at once.
    pub random: Arc<dyn Fn() -> f64 + Send + Sync>,
    /// The first pause before it connects again.
    pub first_pause: Duration,
    /// The longest.
    pub longest_pause: Duration,
}

impl Settings {
    /// The clock is that of the system, and pauses last 100 ms to 30 s.
    pub fn new(id: String, control_plane: SocketAddr, control_plane_id: SpiffeId, held: watch::Receiver<Option<Arc<Held>>>) -> Self {
        Self {
            id,
            control_plane,
            control_plane_id,
            held,
            clock: Arc::new(SystemClock),
            random: Arc::new(random),
            first_pause: Duration::from_millis(100),
            longest_pause: Duration::from_secs(30),
        }
    }
}
