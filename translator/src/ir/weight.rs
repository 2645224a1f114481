//! Weights of a split: relative integers, and the ways in which meshes need them written.

/// Divides by the greatest common divisor: 90 and 10 become 9 and 1. All zero stays as it is.
pub fn reduced(weights: &[u64]) -> Vec<u64> {
    let divisor = weights.iter().copied().fold(0, gcd);
    if divisor <= 1 { weights.to_vec() } else { weights.iter().map(|weight| weight / divisor).collect() }
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// Whole numbers that sum to exactly `total`, each as near to its share as the sum allows: largest
/// remainder, ties to the earlier one; a weight above 0 never becomes 0.
///
/// Zero stays zero. At least one weight is above 0, and no more than `total` are.
pub fn apportioned(weights: &[u64], total: u64) -> Vec<u64> {
    let sum: u128 = weights.iter().map(|weight| u128::from(*weight)).sum();
    debug_assert!(sum > 0 && weights.iter().filter(|weight| **weight > 0).count() as u64 <= total);
    let exact = |weight: u64| u128::from(weight) * u128::from(total);
    let mut parts: Vec<u64> = weights.iter().map(|weight| (exact(*weight) / sum) as u64).collect();

    let mut by_remainder: Vec<usize> = (0..weights.len()).filter(|i| weights[*i] > 0).collect();
    by_remainder.sort_by_key(|i| std::cmp::Reverse(exact(weights[*i]) % sum));
    let missing = total - parts.iter().sum::<u64>();
    for index in by_remainder.into_iter().take(missing as usize) {
        parts[index] += 1;
    }
    // A canary that was written must not vanish: what it lacks is taken from the largest.
    for index in 0..parts.len() {
        if weights[index] > 0 && parts[index] == 0 {
            // Of equals the last, so that a larger weight written earlier stays the larger one.
            let largest = (0..parts.len()).max_by_key(|i| parts[*i]).unwrap_or(index);
            parts[largest] -= 1;
            parts[index] = 1;
        }
    }
    parts
}

/// Weights whose largest is at most `one` and whose sum is at most `sum`, in the same ratio as nearly as
/// possible. `None` if they fit as they are or after division by their greatest common divisor.
pub fn scaled(weights: &[u64], one: u64, sum: u64) -> Option<Vec<u64>> {
    let reduced = reduced(weights);
    if fits(&reduced, one, sum) {
        return None;
    }
    let total: u128 = reduced.iter().map(|weight| u128::from(*weight)).sum();
    let largest = reduced.iter().copied().max().unwrap_or_default();
    // The largest share is then at most `one`, and rounding up stops there.
    let by_one = (u128::from(one) * total / u128::from(largest.max(1))) as u64;
    Some(apportioned(&reduced, by_one.min(sum)))
}

/// Whether no weight is above `one` and their sum is not above `sum`.
pub fn fits(weights: &[u64], one: u64, sum: u64) -> bool {
    weights.iter().all(|weight| *weight <= one) && weights.iter().map(|weight| u128::from(*weight)).sum::<u128>() <= u128::from(sum)
}

/// The largest difference between a share as written and as rendered, in percentage points.
pub fn largest_error(written: &[u64], rendered: &[u64]) -> f64 {
    let share = |weights: &[u64], index: usize| {
        let sum: u128 = weights.iter().map(|weight| u128::from(*weight)).sum();
        100.0 * weights[index] as f64 / sum as f64
    };
    (0..written.len()).map(|index| (share(written, index) - share(rendered, index)).abs()).fold(0.0, f64::max)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use proptest::test_runner::RngSeed;
    use test_case::test_case;

    #[test_case(&[90, 10], &[9, 1] ; "common divisor")]
    #[test_case(&[999, 1], &[999, 1] ; "none")]
    #[test_case(&[0, 100], &[0, 1] ; "zero stays")]
    #[test_case(&[0, 0], &[0, 0] ; "all zero stays")]
    fn reduced_keeps_the_ratio(weights: &[u64], want: &[u64]) {
        assert_eq!(reduced(weights), want);
    }

    #[test_case(&[1, 1, 1], &[3334, 3333, 3333] ; "thirds: the tie goes to the first")]
    #[test_case(&[1, 8, 2], &[909, 7273, 1818] ; "elevenths")]
    #[test_case(&[999_999, 1], &[9999, 1] ; "a canary never vanishes")]
    #[test_case(&[0, 5], &[0, 10_000] ; "zero stays zero")]
    fn apportioned_to_hundredths_of_a_percent(weights: &[u64], want: &[u64]) {
        assert_eq!(apportioned(weights, 10_000), want);
    }

    #[test]
    fn what_fits_is_not_scaled() {
        assert_eq!(scaled(&[3_000_000, 1_000_000], 1_000_000, u64::from(u32::MAX)), None);
        assert_eq!(scaled(&[1_000_001, 1], 1_000_000, u64::from(u32::MAX)), Some(vec![999_999, 1]));
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, rng_seed: RngSeed::Fixed(1), ..ProptestConfig::default() })]

        #[test]
        fn apportioned_sums_exactly_and_keeps_what_is_there(weights in prop::collection::vec(0u64..=u64::from(u32::MAX), 1..40)) {
            prop_assume!(weights.iter().any(|w| *w > 0));
            let parts = apportioned(&weights, 10_000);
            prop_assert_eq!(parts.iter().sum::<u64>(), 10_000);
            for (weight, part) in weights.iter().zip(&parts) {
                prop_assert_eq!(*weight > 0, *part > 0);
            }
        }

        #[test]
        fn scaled_fits(weights in prop::collection::vec(0u64..=4_294_967_295_000, 1..40)) {
            prop_assume!(weights.iter().any(|w| *w > 0));
            if let Some(parts) = scaled(&weights, 1_000_000, 4_294_967_295) {
                prop_assert!(fits(&parts, 1_000_000, 4_294_967_295));
                prop_assert!(weights.iter().zip(&parts).all(|(w, p)| (*w > 0) == (*p > 0)));
            }
        }
    }
}
