//! Whether an endpoint is left out for what it did (outlier detection).
//!
//! Envoy looks every interval at who may come back; the same moments are reckoned here, so that nothing has to wake.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use crate::table::Outlier;

/// What is known of one endpoint. Times are milliseconds since the process began.
#[derive(Debug, Default)]
pub(crate) struct Ejection {
    failures: AtomicU32,
    until: AtomicU64,
    times: AtomicU32,
}

impl Ejection {
    pub(super) fn is_out(&self, now: Duration) -> bool {
        let until = self.until.load(Ordering::Relaxed);
        until != 0 && millis(now) < until
    }

    /// An answer that was none of 5xx.
    pub(super) fn succeeded(&self) {
        if self.failures.load(Ordering::Relaxed) != 0 {
            self.failures.store(0, Ordering::Relaxed);
        }
    }

    /// A failure; whether it is one too many.
    pub(super) fn failed(&self, outlier: &Outlier) -> bool {
        let failures = self.failures.fetch_add(1, Ordering::Relaxed) + 1;
        let is_too_many = outlier.consecutive_5xx != 0 && failures >= outlier.consecutive_5xx;
        if is_too_many {
            // Where so many are out already, it begins anew.
            self.failures.store(0, Ordering::Relaxed);
        }
        is_too_many
    }

    /// Leaves it out.
    pub(super) fn eject(&self, outlier: &Outlier, now: Duration) {
        // What was under way when it was left out says nothing new.
        if self.is_out(now) {
            return;
        }
        let interval = millis(outlier.interval).max(1);
        let last = self.until.load(Ordering::Relaxed);
        // Each interval in which it was in makes up for one time that it was out.
        let good = if last == 0 { 0 } else { millis(now).saturating_sub(last) / interval };
        let times = self.times.load(Ordering::Relaxed).saturating_sub(u32::try_from(good).unwrap_or(u32::MAX)).saturating_add(1);
        self.times.store(times, Ordering::Relaxed);
        let length = outlier.base_ejection.saturating_mul(times).min(outlier.max_ejection.max(outlier.base_ejection));
        let end = millis(now) + millis(length);
        self.until.store(end.div_ceil(interval) * interval, Ordering::Relaxed);
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX / 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    const OUTLIER: Outlier = Outlier {
        consecutive_5xx: 3,
        interval: Duration::from_secs(1),
        base_ejection: Duration::from_secs(3),
        max_ejection: Duration::from_secs(6),
        max_percent: 50,
    };

    fn at(seconds: f64) -> Duration {
        Duration::from_secs_f64(seconds)
    }

    #[test]
    fn three_in_a_row_are_too_many() {
        let ejection = Ejection::default();
        assert!(!ejection.failed(&OUTLIER) && !ejection.failed(&OUTLIER));
        ejection.succeeded();
        assert!(!ejection.failed(&OUTLIER) && !ejection.failed(&OUTLIER) && ejection.failed(&OUTLIER));
    }

    #[test]
    fn it_is_out_longer_each_time_and_comes_back_at_an_interval() {
        let ejection = Ejection::default();
        ejection.eject(&OUTLIER, at(0.5));
        assert!(ejection.is_out(at(3.9)) && !ejection.is_out(at(4.0)));
        ejection.eject(&OUTLIER, at(4.2));
        assert!(ejection.is_out(at(10.9)) && !ejection.is_out(at(11.0)));
        ejection.eject(&OUTLIER, at(11.5));
        assert!(ejection.is_out(at(17.9)) && !ejection.is_out(at(18.0)), "not longer than the most");
        ejection.eject(&OUTLIER, at(60.0));
        assert!(ejection.is_out(at(62.9)) && !ejection.is_out(at(63.0)), "it has been good for long");
    }
}
