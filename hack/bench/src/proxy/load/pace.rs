//! When one caller of many calls again.

use std::time::{Duration, Instant};

/// Calls at equal distances; without a rate at once.
pub(super) struct Pace {
    next: Instant,
    every: Duration,
}

impl Pace {
    /// That of the caller of this number among so many, which together call so often a second.
    pub(super) fn new(start: Instant, rate: u32, number: usize, all: usize) -> Self {
        let every = if rate == 0 { Duration::ZERO } else { Duration::from_secs_f64(all as f64 / f64::from(rate)) };
        Self { next: start + every.mul_f64(number as f64 / all as f64), every }
    }

    /// Waits for the next call. What it is measured from: the moment at which it was due, where an answer before it took longer than
    /// that, else now.
    pub(super) async fn begin(&mut self) -> Instant {
        if self.every.is_zero() {
            return Instant::now();
        }
        let due = self.next;
        self.next += self.every;
        if due <= Instant::now() {
            return due;
        }
        tokio::time::sleep_until(due.into()).await;
        Instant::now()
    }
}
