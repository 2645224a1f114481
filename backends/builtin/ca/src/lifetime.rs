//! How long a certificate of a workload lives.

use time::Duration;

/// The life of a leaf certificate, counted from its issue: 5 minutes to 7 days, 24 hours where nothing is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Lifetime(Duration);

impl Lifetime {
    /// The shortest: holders must have time to renew.
    pub const MIN: Self = Self(Duration::minutes(5));
    /// The longest: nothing is revoked, so a stolen key is good until its certificate ends.
    pub const MAX: Self = Self(Duration::days(7));

    /// A lifetime; parts of a second are dropped, since certificates have none.
    ///
    /// # Errors
    /// Outside of 5 minutes to 7 days.
    pub fn new(duration: Duration) -> Result<Self, LifetimeError> {
        let lifetime = Self(Duration::seconds(duration.whole_seconds()));
        if !(Self::MIN..=Self::MAX).contains(&lifetime) {
            return Err(LifetimeError { seconds: duration.whole_seconds() });
        }
        Ok(lifetime)
    }

    /// As a duration in whole seconds.
    pub fn duration(self) -> Duration {
        self.0
    }
}

impl Default for Lifetime {
    fn default() -> Self {
        Self(Duration::hours(24))
    }
}

/// A lifetime that certificates may not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a certificate cannot live {seconds} s: choose 300 s (5 minutes) to 604800 s (7 days)")]
pub struct LifetimeError {
    /// What was given, in seconds.
    pub seconds: i64,
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;

    #[test_case(299, false)]
    #[test_case(300, true)]
    #[test_case(604_800, true)]
    #[test_case(604_801, false)]
    #[test_case(-86_400, false)]
    fn it_has_bounds(seconds: i64, good: bool) {
        assert_eq!(Lifetime::new(Duration::seconds(seconds)).is_ok(), good);
    }
}
