//! How long to wait before trying again.

use std::time::Duration;

/// Pauses that double.
#[derive(Debug)]
pub struct Backoff {
    first: Duration,
    longest: Duration,
    next: Duration,
}

impl Backoff {
    /// From `first` up to `longest`.
    pub fn new(first: Duration, longest: Duration) -> Self {
        Self { first, longest, next: first.min(longest) }
    }

    /// The next pause, shorter by up to a half: by nothing where `random` comes to 1, by a half where it is 0.
    pub fn pause(&mut self, random: f64) -> Duration {
        let pause = self.next;
        self.next = pause.saturating_mul(2).min(self.longest);
        // `clamp` keeps what is no number.
        let random = if random.is_nan() { 0.5 } else { random.clamp(0.0, 1.0) };
        pause.mul_f64(0.5 + 0.5 * random)
    }

    /// After an attempt that took `lasted`: one that held for long was a good one, however it ended.
    pub fn lasted(&mut self, lasted: Duration) {
        if lasted >= self.longest {
            self.reset();
        }
    }

    /// The next pause is the first again.
    pub fn reset(&mut self) {
        self.next = self.first.min(self.longest);
    }
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;

    fn backoff() -> Backoff {
        Backoff::new(Duration::from_millis(100), Duration::from_secs(30))
    }

    #[test]
    fn pauses_double_up_to_the_longest() {
        let mut backoff = backoff();
        let pauses: Vec<_> = (0..11).map(|_| backoff.pause(1.0).as_millis()).collect();
        assert_eq!(pauses, [100, 200, 400, 800, 1_600, 3_200, 6_400, 12_800, 25_600, 30_000, 30_000]);
    }

    #[test_case(0.0, 50)]
    #[test_case(0.5, 75)]
    #[test_case(f64::NAN, 75; "no number")]
    #[test_case(-1.0, 50; "less than the range")]
    #[test_case(9.0, 100; "more than the range")]
    fn chance_makes_them_shorter(random: f64, milliseconds: u128) {
        assert_eq!(backoff().pause(random).as_millis(), milliseconds);
    }

    #[test]
    fn only_what_held_for_long_begins_anew() {
        let mut backoff = backoff();
        backoff.pause(1.0);
        backoff.lasted(Duration::from_secs(29));
        assert_eq!(backoff.pause(1.0).as_millis(), 200);
        backoff.lasted(Duration::from_secs(30));
        assert_eq!(backoff.pause(1.0).as_millis(), 100);
    }
}
