//! What a number of requests would come to: a sample by the shares, the same on every machine for the same seed.

use std::collections::BTreeMap;

use super::request::{Decision, Fraction, Outcome};

/// Numbers that look random.
///
/// # Source
/// SplitMix64: Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators", 2014; with the constants and the
/// test values of <https://prng.di.unimi.it/splitmix64.c>.
#[derive(Clone, Debug)]
struct SplitMix64(u64);

impl SplitMix64 {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

/// How many of `requests` each outcome gets, in the order of the decision; those with a share and no request get 0.
/// For each request one number of 64 bits is drawn by SplitMix64, and the outcomes share the range of numbers in order.
pub fn sample(decision: &Decision, requests: u64, seed: u64) -> BTreeMap<Outcome, u64> {
    let mut counts: BTreeMap<Outcome, u64> = decision.shares.keys().map(|who| (who.clone(), 0)).collect();
    let mut below = Fraction::ZERO;
    let ends = decision.shares.iter().map(|(who, share)| {
        below = below.plus(*share);
        (who, below.of_64_bits())
    });
    let ends: Vec<(&Outcome, u128)> = ends.collect();
    let mut numbers = SplitMix64(seed);
    for _ in 0..requests {
        let number = u128::from(numbers.next());
        let found = ends.iter().find(|(_, end)| number < *end);
        if let Some(count) = found.and_then(|(who, _)| counts.get_mut(who)) {
            *count += 1;
        }
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::Verdict;
    use crate::ir::ServiceKey;

    #[test]
    fn numbers_are_those_of_the_reference() {
        let mut numbers = SplitMix64(1_234_567);
        let first: Vec<u64> = (0..3).map(|_| numbers.next()).collect();
        assert_eq!(first, [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]);
    }

    fn service(name: &str) -> Outcome {
        Outcome::Service(ServiceKey { namespace: "shop".into(), name: name.into() })
    }

    #[test]
    fn everybody_gets_a_share() {
        let parts = [(service("a"), Fraction::of(9, 10)), (Outcome::Ended(Verdict::Deny), Fraction::of(1, 10))];
        let decision = Decision::shared(parts);
        let counts = sample(&decision, 10_000, 1);
        assert_eq!(counts.values().sum::<u64>(), 10_000);
        assert!(counts[&service("a")].abs_diff(9000) < 100, "{counts:?}");
        assert_eq!(counts, sample(&decision, 10_000, 1), "the same seed");
        assert_ne!(counts, sample(&decision, 10_000, 2), "another seed");
    }

    #[test]
    fn one_gets_all() {
        let counts = sample(&Decision::all(service("a")), 1000, 7);
        assert_eq!(counts, BTreeMap::from([(service("a"), 1000)]));
    }
}
