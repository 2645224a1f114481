//! How long calls took, from counts by bounds.

use std::collections::BTreeMap;

use meshglot_observed::Latency;

/// A histogram: how many took at most so many microseconds; `u64::MAX`: all.
#[derive(Clone, Debug, Default)]
pub(crate) struct Histogram(BTreeMap<u64, u64>);

impl Histogram {
    /// Counts more below a bound.
    pub(crate) fn add(&mut self, micros: u64, count: u64) {
        *self.0.entry(micros).or_default() += count;
    }

    /// `None`: there was no call.
    pub(crate) fn latency(&self) -> Option<Latency> {
        let all = self.0.values().copied().max().filter(|all| *all > 0)?;
        Some(Latency {
            p50_ms: self.quantile(all, 50),
            p90_ms: self.quantile(all, 90),
            p95_ms: self.quantile(all, 95),
            p99_ms: self.quantile(all, 99),
        })
    }

    /// The bound below which at least so many of a hundred are, in milliseconds. Of what is longer than all bounds, the last is told.
    fn quantile(&self, all: u64, percent: u64) -> f64 {
        let wanted = (u128::from(all) * u128::from(percent)).div_ceil(100);
        // Bounds that have not grown are not told: what is below them is what was below the one before.
        let mut finite = self.0.iter().filter(|(micros, _)| **micros < u64::MAX);
        let found = finite.clone().find(|(_, count)| u128::from(**count) >= wanted).or_else(|| finite.next_back());
        found.map_or(LONGEST_MS, |(micros, _)| *micros as f64 / 1000.0)
    }
}

/// The last bound of our proxies: where all took longer, no other is known.
const LONGEST_MS: f64 = 30_000.0;

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;

    #[test_case(&[(1000, 1), (2000, 1), (u64::MAX, 1)], (1.0, 1.0); "one call")]
    #[test_case(&[(1000, 50), (2000, 99), (5000, 100), (u64::MAX, 100)], (1.0, 2.0); "a bound that is met counts")]
    #[test_case(&[(1000, 49), (2000, 98), (5000, 100), (u64::MAX, 100)], (2.0, 5.0); "one less does not")]
    #[test_case(&[(1000, 1), (30_000_000, 1), (u64::MAX, 3)], (30_000.0, 30_000.0); "longer than all bounds")]
    #[test_case(&[(u64::MAX, 3)], (30_000.0, 30_000.0); "all longer than all bounds")]
    fn quantiles(buckets: &[(u64, u64)], want: (f64, f64)) {
        let mut histogram = Histogram::default();
        buckets.iter().for_each(|(micros, count)| histogram.add(*micros, *count));
        let latency = histogram.latency().expect("there are calls");
        assert_eq!((latency.p50_ms, latency.p99_ms), want);
        assert!(latency.p50_ms <= latency.p90_ms && latency.p90_ms <= latency.p95_ms && latency.p95_ms <= latency.p99_ms);
    }

    #[test]
    fn without_a_call_there_is_none() {
        assert_eq!(Histogram::default().latency(), None);
    }
}
