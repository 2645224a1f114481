//! A clock that goes with that of the machine, and may be ahead of it or behind.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use meshglot_join::{Clock, SystemClock};
use time::{Duration, OffsetDateTime};

/// Right until it is set.
#[derive(Debug, Default)]
pub struct SkewedClock {
    seconds: AtomicI64,
}

impl SkewedClock {
    /// Shows the right time.
    pub fn new() -> Arc<Self> {
        Arc::default()
    }

    /// Sets it so far ahead, or behind where that is negative; parts of a second are dropped.
    pub fn set(&self, ahead: Duration) {
        self.seconds.store(ahead.whole_seconds(), Ordering::Relaxed);
    }
}

impl Clock for SkewedClock {
    fn now(&self) -> OffsetDateTime {
        SystemClock.now() + Duration::seconds(self.seconds.load(Ordering::Relaxed))
    }
}
