//! Pauses that grow, each a bit otherwise, so that not all come back at once.

use std::collections::BTreeMap;
use std::time::Duration;

use meshglot_translator::ir::ObjectKey;
use tokio::time::Instant;

const FIRST: Duration = Duration::from_millis(300);
const LONGEST: Duration = Duration::from_secs(30);

/// How often something failed in a row.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Backoff(u32);

impl Backoff {
    /// The next pause.
    pub(crate) fn next(&mut self) -> Duration {
        let pause = FIRST.saturating_mul(1 << self.0.min(10)).min(LONGEST);
        self.0 += 1;
        pause.mul_f64(0.75 + 0.5 * fastrand::f64())
    }
}

/// Objects of which something did not come about, each with a pause of its own.
#[derive(Default)]
pub(crate) struct Pauses(BTreeMap<ObjectKey, (Instant, Backoff)>);

impl Pauses {
    /// It did not come about once more.
    pub(crate) fn fail(&mut self, key: &ObjectKey) {
        let (until, backoff) = self.0.entry(key.clone()).or_insert_with(|| (Instant::now(), Backoff::default()));
        *until = Instant::now() + backoff.next();
    }

    /// It has come about, or nobody wants it any more.
    pub(crate) fn end(&mut self, key: &ObjectKey) {
        self.0.remove(key);
    }

    /// Whether it was tried and has not come about.
    pub(crate) fn has_failed(&self, key: &ObjectKey) -> bool {
        self.0.contains_key(key)
    }

    /// Whether it has to wait before it is tried again.
    pub(crate) fn waits(&self, key: &ObjectKey) -> bool {
        self.0.get(key).is_some_and(|(until, _)| *until > Instant::now())
    }

    /// Whether one of them may be tried again.
    pub(crate) fn is_over(&self) -> bool {
        let now = Instant::now();
        self.0.values().any(|(until, _)| *until <= now)
    }

    /// When the next one ends.
    pub(crate) fn next(&self) -> Option<Instant> {
        let now = Instant::now();
        self.0.values().map(|(until, _)| *until).filter(|until| *until > now).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_an_end() {
        let mut backoff = Backoff::default();
        let pauses: Vec<Duration> = (0..50).map(|_| backoff.next()).collect();
        assert!(pauses[0] < FIRST * 2 && pauses[4] > pauses[0] * 2, "{pauses:?}");
        assert!(pauses.iter().all(|pause| *pause <= LONGEST.mul_f64(1.25)), "{pauses:?}");
        assert!(pauses[49] >= LONGEST.mul_f64(0.75), "{pauses:?}");
    }
}
