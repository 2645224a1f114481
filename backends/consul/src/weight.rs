//! Shares as Consul takes them: percents in steps of 0.01, so written that single precision adds them up to 100.
//!
//! The server rounds each weight to 0.01 and adds whole numbers. The webhook of the CRD adds them as they come,
//! as float32, and wants exactly 100: 9.09 + 72.73 + 18.18 is 100.00001 to it, in another order it is 100.

use meshglot_translator::ir::weight;
use serde::{Serialize, Serializer};

/// Steps in the whole.
pub(crate) const STEPS: u64 = 10_000;

/// How many orders are tried; with up to a dozen shares the first few hundred hold one that works.
const ORDERS: usize = 1000;

/// Multiples of 2^-17 up to 128 have 24 bits at most, so that float32 adds them without rounding.
const UNITS_PER_PERCENT: u64 = 1 << 17;

/// The share of one destination.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Share {
    /// Which of the destinations, counted in the order of the rule.
    pub(crate) index: usize,
    /// Hundredths of a percent, 1..10000: what the server makes of the weight.
    pub(crate) steps: u64,
    /// As it is written.
    pub(crate) weight: Weight,
}

/// A weight as it is written: a percent with few digits.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Weight(f64);

impl Serialize for Weight {
    /// Whole numbers without a fraction: `90`, not `90.0`.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0.fract() == 0.0 { serializer.serialize_u64(self.0 as u64) } else { serializer.serialize_f64(self.0) }
    }
}

impl Weight {
    fn of_steps(steps: u64) -> Self {
        Self(steps as f64 / 100.0)
    }

    /// What the webhook adds up.
    fn single(self) -> f32 {
        self.0 as f32
    }

    /// What the server makes of it.
    fn steps(self) -> u64 {
        (f64::from(self.single()) * 100.0).round() as u64
    }
}

impl Share {
    /// What the server passes on to the proxies: it cuts instead of rounding, so that 0.53 arrives as 52.
    pub(crate) fn passed_on(&self) -> u64 {
        ((self.steps as f32 / 100.0) * 100.0) as u64
    }
}

/// The shares of all weights above 0, in the order in which they are written; `None` if Consul cannot say
/// them: more than 10000, or so many of 0.01 % that no spelling adds up.
///
/// The neutral order is kept where it adds up, else ascending by share and name, else descending, else the
/// first permutation of the ascending order within reach. Where none does (from some twenty shares on), each
/// share is written with more digits, in the neutral order; the server rounds them away.
pub(crate) fn shares(weights: &[(u64, &str)]) -> Option<Vec<Share>> {
    let plain: Vec<u64> = weights.iter().map(|(weight, _)| *weight).collect();
    let positive = plain.iter().filter(|weight| **weight > 0).count() as u64;
    if positive == 0 || positive > STEPS {
        return None;
    }
    let steps = weight::apportioned(&plain, STEPS);
    let share = |(index, steps): (usize, u64)| Share { index, steps, weight: Weight::of_steps(steps) };
    let neutral: Vec<Share> = steps.into_iter().enumerate().filter(|(_, steps)| *steps > 0).map(share).collect();
    if adds_up(&neutral) {
        return Some(neutral);
    }
    let name = |share: &Share| weights[share.index].1;
    let mut ascending = neutral.clone();
    ascending.sort_by(|a, b| (a.steps, name(a)).cmp(&(b.steps, name(b))));
    if adds_up(&ascending) {
        return Some(ascending);
    }
    let mut descending = neutral.clone();
    descending.sort_by(|a, b| b.steps.cmp(&a.steps).then_with(|| name(a).cmp(name(b))));
    if adds_up(&descending) {
        return Some(descending);
    }
    for _ in 0..ORDERS {
        if !next_permutation(&mut ascending) {
            break;
        }
        if adds_up(&ascending) {
            return Some(ascending);
        }
    }
    with_more_digits(neutral)
}

fn adds_up(shares: &[Share]) -> bool {
    shares.iter().fold(0.0_f32, |sum, share| sum + share.weight.single()) == 100.0
}

/// The next order of the shares, in lexicographic order; equal ones are not swapped.
fn next_permutation(shares: &mut [Share]) -> bool {
    let Some(pivot) = shares.windows(2).rposition(|pair| pair[0].steps < pair[1].steps) else { return false };
    let larger = shares.iter().rposition(|share| share.steps > shares[pivot].steps).unwrap_or(pivot);
    shares.swap(pivot, larger);
    shares[pivot + 1..].reverse();
    true
}

/// The same shares, a few thousandths of a step beside themselves, such that no order adds a rounding error.
fn with_more_digits(mut shares: Vec<Share>) -> Option<Vec<Share>> {
    let steps: Vec<u64> = shares.iter().map(|share| share.steps).collect();
    let mut units = weight::apportioned(&steps, 100 * UNITS_PER_PERCENT);
    // The webhook takes nothing below 0.01.
    let least = UNITS_PER_PERCENT.div_ceil(100);
    let missing: u64 = units.iter().map(|units| least.saturating_sub(*units)).sum();
    for units in &mut units {
        *units = (*units).max(least);
    }
    let largest = units.iter_mut().max()?;
    *largest = largest.checked_sub(missing)?;
    for (share, units) in shares.iter_mut().zip(units) {
        // As few digits as tell a float32 from its neighbours.
        let single = units as f32 / UNITS_PER_PERCENT as f32;
        share.weight = Weight(single.to_string().parse().ok()?);
    }
    (adds_up(&shares) && shares.iter().all(|share| share.weight.steps() == share.steps)).then_some(shares)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use proptest::test_runner::RngSeed;
    use test_case::test_case;

    fn written(weights: &[u64]) -> Option<Vec<(usize, f64)>> {
        let weights: Vec<(u64, &str)> = weights.iter().map(|weight| (*weight, "")).collect();
        Some(shares(&weights)?.into_iter().map(|share| (share.index, share.weight.0)).collect())
    }

    #[test_case(&[90, 10], &[(0, 90.0), (1, 10.0)] ; "exact")]
    #[test_case(&[999, 1], &[(0, 99.9), (1, 0.1)] ; "a tenth of a percent")]
    #[test_case(&[1, 1, 1], &[(0, 33.34), (1, 33.33), (2, 33.33)] ; "thirds keep their order")]
    #[test_case(&[1, 8, 2], &[(0, 9.09), (2, 18.18), (1, 72.73)] ; "elevenths: neutral order sums to 100.00001, ascending to 100")]
    #[test_case(&[0, 7], &[(1, 100.0)] ; "weight 0 is left out")]
    #[test_case(&[999_999, 1], &[(0, 99.99), (1, 0.01)] ; "a canary never vanishes")]
    fn shares_as_written(weights: &[u64], want: &[(usize, f64)]) {
        assert_eq!(written(weights).as_deref(), Some(want));
    }

    #[test]
    fn a_step_more_than_there_are_cannot_be_said() {
        assert_eq!(written(&[1; STEPS as usize + 1]), None);
    }

    #[test]
    fn where_no_order_adds_up_more_digits_do() {
        let written = written(&[1; 21]).expect("21 equal shares can be said");
        assert!(written.iter().any(|(_, weight)| (weight * 100.0).fract() > 1e-6), "{written:?}");
        assert!(written.iter().all(|(_, weight)| weight.to_string().len() <= 9), "{written:?}");
    }

    #[test_case(5300, 5300 ; "most arrive whole")]
    #[test_case(53, 52 ; "0.53 loses a step on its way")]
    fn passed_on(steps: u64, want: u64) {
        assert_eq!(Share { index: 0, steps, weight: Weight::of_steps(steps) }.passed_on(), want);
    }

    #[test]
    fn of_all_steps_569_are_cut() {
        let cut = (0..=STEPS).filter(|steps| Share { index: 0, steps: *steps, weight: Weight::of_steps(*steps) }.passed_on() != *steps);
        assert_eq!(cut.count(), 569);
    }

    #[test]
    fn a_decimal_is_one_float32_whether_read_at_once_or_through_float64() {
        for steps in 0..=STEPS {
            let text = format!("{}.{:02}", steps / 100, steps % 100);
            assert_eq!(text.parse::<f32>().ok(), Some(Weight::of_steps(steps).single()), "{text}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, rng_seed: RngSeed::Fixed(1), ..ProptestConfig::default() })]

        #[test]
        fn float32_adds_up_to_100_in_the_written_order(weights in prop::collection::vec(0_u64..=u64::from(u32::MAX), 1..300)) {
            prop_assume!(weights.iter().any(|weight| *weight > 0));
            let named: Vec<(u64, &str)> = weights.iter().map(|weight| (*weight, "")).collect();
            let shares = shares(&named).expect("300 shares can be said");
            let sum = shares.iter().fold(0.0_f32, |sum, share| sum + share.weight.0 as f32);
            prop_assert!(sum == 100.0, "{sum}");
            prop_assert_eq!(shares.iter().map(|share| share.weight.steps()).sum::<u64>(), STEPS);
            prop_assert!(shares.iter().all(|share| share.weight.single() >= 0.01));
            prop_assert_eq!(shares.len(), weights.iter().filter(|weight| **weight > 0).count());
        }
    }
}
