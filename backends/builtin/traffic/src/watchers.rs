//! Whether anybody looks at calls.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use meshglot_observed::Call;
use tokio::sync::{Notify, watch};

use crate::ring::Ring;

/// Proxies are listened to for so long after the last one has gone: a page that is opened again finds what happened meanwhile.
const LINGER: Duration = Duration::from_secs(30);

/// Counters are read for so long after they were asked for last.
const READ: Duration = Duration::from_secs(60);

/// All who look.
#[derive(Default)]
pub(crate) struct Watchers {
    state: Mutex<State>,
    /// Somebody came.
    pub(crate) came: Notify,
}

#[derive(Default)]
struct State {
    count: usize,
    left: Option<Instant>,
    /// When counters were asked for last.
    asked: Option<Instant>,
}

/// Somebody who looks at calls; whoever drops it does not any more.
pub struct Watcher {
    watchers: Arc<Watchers>,
    ring: Arc<Ring>,
}

impl Watchers {
    /// One more.
    pub(crate) fn watch(self: &Arc<Self>, ring: Arc<Ring>) -> Watcher {
        self.state().count += 1;
        self.came.notify_one();
        Watcher { watchers: self.clone(), ring }
    }

    /// Whether proxies should be listened to.
    pub(crate) fn want(&self, now: Instant) -> bool {
        let state = self.state();
        state.count > 0 || state.left.is_some_and(|left| now.saturating_duration_since(left) < LINGER)
    }

    /// Somebody asks for counters.
    pub(crate) fn asked(&self, now: Instant) {
        self.state().asked = Some(now);
    }

    /// Whether counters should be read: who looks at calls has to know whom to listen to.
    pub(crate) fn read(&self, now: Instant) -> bool {
        let asked = self.state().asked;
        asked.is_some_and(|asked| now.saturating_duration_since(asked) < READ) || self.want(now)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Watcher {
    /// The calls that are remembered with a greater id, the oldest first.
    pub fn after(&self, id: u64) -> Vec<Arc<Call>> {
        self.ring.after(id)
    }

    /// The id of the newest call; 0: there was none yet.
    pub fn newest(&self) -> watch::Receiver<u64> {
        self.ring.newest()
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        let mut state = self.watchers.state();
        state.count -= 1;
        state.left = Some(Instant::now());
    }
}

impl std::fmt::Debug for Watcher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Watcher")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_has_gone_is_waited_for() {
        let (watchers, ring) = (Arc::new(Watchers::default()), Arc::new(Ring::new()));
        assert!(!watchers.want(Instant::now()));
        let (one, other) = (watchers.watch(ring.clone()), watchers.watch(ring));
        drop(one);
        assert!(watchers.want(Instant::now() + LINGER * 2), "the other still looks");
        drop(other);
        let now = Instant::now();
        assert!(watchers.want(now + LINGER / 2) && !watchers.want(now + LINGER));
    }
}
