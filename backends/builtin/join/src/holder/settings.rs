//! What a holder is told before it begins.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use meshglot_ca::SpiffeId;
use rustls::crypto::ring::default_provider;

use crate::clock::{Clock, SystemClock};
use crate::held::Held;

/// What a [`crate::Holder`] needs. Without `Debug`: there may be a token and a key in it.
#[derive(Clone)]
pub struct Settings {
    /// Where the control plane listens.
    pub address: SocketAddr,
    /// Who it is.
    pub control_plane: SpiffeId,
    /// Who the proxy is.
    pub id: SpiffeId,
    /// The roots that came with the token, PEM. Held secrets bring their own, which are newer.
    pub bundle_pem: String,
    /// For the first join. It is not needed where held secrets live and are accepted, and used where they are not.
    pub token: Option<String>,
    /// A file with a token that may be used again, such as one that Kubernetes projects and replaces; read for each join without `token`.
    pub token_file: Option<PathBuf>,
    /// What was held before, as from a disk.
    pub held: Option<Held>,
    /// The time of day.
    pub clock: Arc<dyn Clock>,
    /// A new number from 0 up to 1 each time, by which holders do not all do the same at once.
    pub random: Arc<dyn Fn() -> f64 + Send + Sync>,
    /// The first pause before it connects again.
    pub first_pause: Duration,
    /// The longest.
    pub longest_pause: Duration,
    /// How often it looks at the clock, at least: pauses do not count the time that a machine sleeps, and clocks are set.
    pub look: Duration,
}

impl Settings {
    /// Without a token and without secrets, which one of must be set. The clock is that of the system, pauses last 100 ms to 30 s, and it
    /// looks at the clock every 10 s.
    pub fn new(address: SocketAddr, control_plane: SpiffeId, id: SpiffeId, bundle_pem: String) -> Self {
        Self {
            address,
            control_plane,
            id,
            bundle_pem,
            token: None,
            token_file: None,
            held: None,
            clock: Arc::new(SystemClock),
            random: Arc::new(random),
            first_pause: Duration::from_millis(100),
            longest_pause: Duration::from_secs(30),
            look: Duration::from_secs(10),
        }
    }
}

/// A random number from 0 up to 1; the middle where the system has none: then no key can be made either.
pub fn random() -> f64 {
    let mut bytes = [0; 4];
    match default_provider().secure_random.fill(&mut bytes) {
        Ok(()) => f64::from(u32::from_le_bytes(bytes)) / (f64::from(u32::MAX) + 1.0),
        Err(_) => 0.5,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn random_numbers_differ_and_stay_in_range() {
        let numbers: Vec<_> = (0..100).map(|_| random()).collect();
        assert!(numbers.iter().all(|number| (0.0..1.0).contains(number)));
        assert!(numbers.iter().any(|number| *number < 0.5) && numbers.iter().any(|number| *number >= 0.5));
    }
}
