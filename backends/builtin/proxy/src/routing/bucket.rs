//! A bucket of requests, filled as a whole from time to time; all threads draw from it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::table::RateLimit;

/// What is left, and since which fill.
#[derive(Debug)]
pub(crate) struct Bucket {
    limit: RateLimit,
    /// The number of fills in the upper half, what is left in the lower.
    state: AtomicU64,
    /// When it was made, since the process began.
    began: Duration,
}

impl Bucket {
    pub(crate) fn new(limit: RateLimit, now: Duration) -> Self {
        let state = AtomicU64::new(u64::from(limit.burst));
        Self { limit, state, began: now }
    }

    /// Takes one; whether there was one.
    pub(crate) fn take(&self, now: Duration) -> bool {
        let every = self.limit.every.as_nanos().max(1);
        let fills = u64::try_from(now.saturating_sub(self.began).as_nanos() / every).unwrap_or(u64::MAX) & 0xffff_ffff;
        let mut state = self.state.load(Ordering::Relaxed);
        loop {
            let (known, left) = (state >> 32, state & 0xffff_ffff);
            // A thread whose clock is behind fills nothing.
            let passed = fills.saturating_sub(known);
            let filled = left.saturating_add(passed.saturating_mul(u64::from(self.limit.fill))).min(u64::from(self.limit.burst));
            let left = if passed > 0 { filled } else { left };
            let Some(after) = left.checked_sub(1) else { return false };
            match self.state.compare_exchange_weak(state, fills.max(known) << 32 | after, Ordering::Relaxed, Ordering::Relaxed) {
                Ok(_) => return true,
                Err(now) => state = now,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bucket(burst: u32, fill: u32) -> Bucket {
        let limit = RateLimit { stat_prefix: "rate".into(), burst, fill, every: Duration::from_secs(60) };
        Bucket::new(limit, Duration::from_secs(5))
    }

    fn taken(bucket: &Bucket, at: u64) -> usize {
        (0..30).filter(|_| bucket.take(Duration::from_secs(at))).count()
    }

    #[test]
    fn it_is_filled_again_as_a_whole() {
        let bucket = bucket(10, 10);
        assert_eq!(taken(&bucket, 5), 10);
        assert_eq!(taken(&bucket, 64), 0);
        assert_eq!(taken(&bucket, 65), 10);
        assert_eq!(taken(&bucket, 600), 10, "never more than it holds");
    }

    #[test]
    fn it_is_filled_by_as_much_as_was_said() {
        let bucket = bucket(10, 3);
        assert_eq!(taken(&bucket, 5), 10);
        assert_eq!(taken(&bucket, 130), 6);
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
