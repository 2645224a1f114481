//! A bucket of requests that fills all the time; all threads draw from it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::table::RateLimit;

/// How many requests there may be at once, and how soon the next.
///
/// It counts time, not requests (the generic cell rate algorithm): a request takes as long as the bucket needs to fill by one.
#[derive(Debug)]
pub(crate) struct Bucket {
    /// Nanoseconds until it has filled by one.
    one: u64,
    /// Nanoseconds until it has filled from nothing.
    all: u64,
    /// When it is full again, in nanoseconds since the process began.
    full: AtomicU64,
}

impl Bucket {
    pub(crate) fn new(limit: &RateLimit, now: Duration) -> Self {
        let one = (nanoseconds(limit.every) / u64::from(limit.fill).max(1)).max(1);
        Self { one, all: one.saturating_mul(limit.burst.into()), full: AtomicU64::new(nanoseconds(now)) }
    }

    /// Takes one; whether there was one.
    pub(crate) fn take(&self, now: Duration) -> bool {
        let now = nanoseconds(now);
        let after = |full: u64| Some(full.max(now).saturating_add(self.one)).filter(|full| *full <= now.saturating_add(self.all));
        self.full.fetch_update(Ordering::Relaxed, Ordering::Relaxed, after).is_ok()
    }
}

fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bucket(burst: u32, fill: u32) -> Bucket {
        let limit = RateLimit { stat_prefix: "rate".into(), burst, fill, every: Duration::from_secs(60) };
        Bucket::new(&limit, Duration::from_secs(5))
    }

    fn taken(bucket: &Bucket, at: u64) -> usize {
        (0..30).filter(|_| bucket.take(Duration::from_secs(at))).count()
    }

    #[test]
    fn it_fills_all_the_time() {
        let bucket = bucket(10, 10);
        assert_eq!(taken(&bucket, 5), 10);
        assert_eq!(taken(&bucket, 10), 0);
        assert_eq!(taken(&bucket, 11), 1);
        assert_eq!(taken(&bucket, 24), 2);
        assert_eq!(taken(&bucket, 600), 10, "never more than it holds");
    }

    #[test]
    fn it_is_filled_by_as_much_as_was_said() {
        let bucket = bucket(10, 3);
        assert_eq!(taken(&bucket, 5), 10);
        assert_eq!(taken(&bucket, 24), 0);
        assert_eq!(taken(&bucket, 130), 6);
    }

    #[test]
    fn a_clock_that_is_behind_fills_nothing() {
        let bucket = bucket(2, 2);
        assert_eq!(taken(&bucket, 60), 2);
        assert_eq!(taken(&bucket, 6), 0);
    }

    #[test]
    fn threads_draw_from_one_bucket() {
        let bucket = bucket(1000, 1000);
        let taken = std::thread::scope(|scope| {
            let threads: Vec<_> =
                (0..4).map(|_| scope.spawn(|| (0..1000).filter(|_| bucket.take(Duration::from_secs(6))).count())).collect();
            threads.into_iter().map(|thread| thread.join().expect("it ends")).sum::<usize>()
        });
        assert_eq!(taken, 1000);
    }
}
