//! Which of the calls that end well are logged: a share of them, the same ones by all proxies that a call passes.

use std::fmt;
use std::hash::Hasher as _;
use std::str::FromStr;

use twox_hash::XxHash64;

const WHOLE: u32 = 1_000_000;

/// Digits of a percentage behind its point.
const DECIMALS: usize = 4;

/// A share of the calls that end well: those are logged, and the others counted only. Calls that do not end well are logged anyway.
///
/// It is read from and written as a percentage: `1`, `0.05`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LogShare(u32);

/// A text is no share.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a percentage is a number from 0 to 100 with at most {DECIMALS} decimals, such as 1 or 0.05")]
pub struct LogShareError;

impl LogShare {
    /// All of them.
    pub const ALL: Self = Self(WHOLE);
    /// None of them.
    pub const NONE: Self = Self(0);

    /// Whether a call that is known by these bytes is one of them. Who has a smaller share logs none that are not among these.
    pub(crate) fn takes(self, identity: &[u8]) -> bool {
        let mut hasher = XxHash64::with_seed(0);
        hasher.write(identity);
        // The place of the hash among all there can be, in millionths.
        let place = (u128::from(hasher.finish()) * u128::from(WHOLE)) >> 64;
        place < u128::from(self.0)
    }

    /// Whether one that is known by nothing is drawn.
    pub(crate) fn draws(self) -> bool {
        fastrand::u32(0..WHOLE) < self.0
    }
}

impl Default for LogShare {
    fn default() -> Self {
        Self::ALL
    }
}

impl FromStr for LogShare {
    type Err = LogShareError;

    fn from_str(text: &str) -> Result<Self, LogShareError> {
        let (whole, decimals) = text.split_once('.').unwrap_or((text, "0"));
        let is_number = |digits: &str| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        if !is_number(whole) || !is_number(decimals) || whole.len() > 3 || decimals.len() > DECIMALS {
            return Err(LogShareError);
        }
        let share: u32 = format!("{whole}{decimals:0<DECIMALS$}").parse().map_err(|_| LogShareError)?;
        if share <= WHOLE { Ok(Self(share)) } else { Err(LogShareError) }
    }
}

impl fmt::Display for LogShare {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, rest) = (self.0 / 10_000, self.0 % 10_000);
        if rest == 0 {
            return write!(formatter, "{whole}");
        }
        let decimals = format!("{rest:0DECIMALS$}");
        write!(formatter, "{whole}.{}", decimals.trim_end_matches('0'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use test_case::test_case;

    #[test_case("0", 0 ; "none")]
    #[test_case("100", WHOLE ; "all")]
    #[test_case("100.0000", WHOLE ; "all with decimals")]
    #[test_case("1", 10_000 ; "one in a hundred")]
    #[test_case("0.05", 500 ; "one in two thousand")]
    #[test_case("007.5", 75_000 ; "zeros in front")]
    #[test_case("0.0001", 1 ; "one in a million")]
    fn a_percentage(text: &str, want: u32) {
        assert_eq!(text.parse(), Ok(LogShare(want)));
    }

    #[test_case("" ; "nothing")]
    #[test_case("-1" ; "less than nothing")]
    #[test_case("+1" ; "a sign")]
    #[test_case("100.0001" ; "more than all")]
    #[test_case("1000" ; "far more")]
    #[test_case("0.00001" ; "too fine")]
    #[test_case("1." ; "a point without decimals")]
    #[test_case(".5" ; "decimals alone")]
    #[test_case("1e1" ; "an exponent")]
    #[test_case("5%" ; "a sign of percent")]
    #[test_case("0.5.5" ; "two points")]
    #[test_case("\u{661}" ; "digits of others")]
    #[test_case("nan" ; "no number")]
    fn no_percentage(text: &str) {
        assert_eq!(text.parse::<LogShare>(), Err(LogShareError));
    }

    /// Of 100,000 calls, those that are logged.
    fn logged(share: LogShare) -> usize {
        (0..100_000_u128).filter(|trace| share.takes(&trace.to_be_bytes())).count()
    }

    #[test]
    fn as_many_as_it_says_whatever_ids_look_like() {
        assert_eq!([logged(LogShare::NONE), logged(LogShare::ALL)], [0, 100_000]);
        // Counted from 1 on, as by no generator that is random: six standard deviations.
        for (share, around) in [(10_000, 1_000_usize), (250_000, 25_000), (999_000, 99_900)] {
            let count = logged(LogShare(share));
            let deviation = (around as f64 * (1.0 - f64::from(share) / 1e6)).sqrt();
            assert!(count.abs_diff(around) as f64 <= 6.0 * deviation, "{share}: {count}");
        }
        let drawn = (0..100_000).filter(|_| LogShare(250_000).draws()).count();
        assert!(drawn.abs_diff(25_000) < 900, "{drawn}");
        assert!(!LogShare::NONE.draws() && LogShare::ALL.draws());
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn what_is_written_is_read(share in 0..=WHOLE) {
            let share = LogShare(share);
            prop_assert_eq!(share.to_string().parse(), Ok(share));
        }

        #[test]
        fn any_text_is_answered(text in ".{0,8}|[0-9.]{0,8}") {
            if let Ok(share) = text.parse::<LogShare>() {
                prop_assert!(share <= LogShare::ALL);
                prop_assert!((f64::from(share.0) / 10_000.0 - text.parse::<f64>().expect("a number")).abs() < 1e-9);
            }
        }

        /// Two proxies with other shares: all that the one with the smaller logs the other logs too.
        #[test]
        fn a_smaller_share_is_part_of_a_greater(one in 0..=WHOLE, other in 0..=WHOLE, identity in prop::collection::vec(any::<u8>(), 0..40)) {
            let (less, more) = (LogShare(one.min(other)), LogShare(one.max(other)));
            prop_assert!(more.takes(&identity) || !less.takes(&identity));
        }
    }
}
