//! Whether a controller lives, and whether it knows the cluster: what probes ask.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::kinds::Watched;

/// How long the core may be silent: far longer than the first rendering of a large cluster takes.
const SILENCE: Duration = Duration::from_secs(60);

/// The signs of life of one controller, from the thread that decides to whoever asks. Clones are the same.
#[derive(Clone, Debug)]
pub struct Pulse {
    seen: Arc<Mutex<Seen>>,
    silence: Duration,
}

#[derive(Debug)]
struct Seen {
    beat: Instant,
    /// Kinds by plural and group, and whether all of their objects are known.
    kinds: Vec<(String, bool)>,
}

impl Default for Pulse {
    fn default() -> Self {
        Self::within(SILENCE)
    }
}

impl Pulse {
    /// Of a core that may be silent for so long.
    pub fn within(silence: Duration) -> Self {
        Self { seen: Arc::new(Mutex::new(Seen { beat: Instant::now(), kinds: Vec::new() })), silence }
    }

    /// The core goes on, and has listed these kinds or not.
    pub(crate) fn beat(&self, kinds: &[Watched], are_listed: impl Iterator<Item = bool>) {
        let mut seen = self.seen();
        seen.beat = Instant::now();
        if seen.kinds.is_empty() {
            seen.kinds = kinds.iter().map(|kind| (kind.full_name(), false)).collect();
        }
        seen.kinds.iter_mut().zip(are_listed).for_each(|((_, known), is_listed)| *known = is_listed);
    }

    /// Whether the core has been heard of lately. An API server that is away changes nothing about it.
    pub fn is_alive(&self) -> bool {
        self.seen().beat.elapsed() <= self.silence
    }

    /// Each kind that is watched, as `PLURAL.GROUP`, and whether it has been listed once, or is known not to be installed. Nothing
    /// before the beginning.
    pub fn listed(&self) -> Vec<(String, bool)> {
        self.seen().kinds.clone()
    }

    /// Whether everything has been listed once.
    pub fn is_ready(&self) -> bool {
        let seen = self.seen();
        !seen.kinds.is_empty() && seen.kinds.iter().all(|(_, is_listed)| *is_listed)
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
