//! How many of many calls a share may get by chance: exact bounds of the binomial distribution.

/// The fewest and the most of `count` calls that a share of `part` gets, but for a chance of at most `tail` on each side.
///
/// No approximation by a bell: of a share of one in a thousand its tails are far too thin.
pub fn bounds(count: usize, part: f64, tail: f64) -> (usize, usize) {
    if part <= 0.0 || part >= 1.0 {
        let all = if part >= 1.0 { count } else { 0 };
        return (all, all);
    }
    let logs: Vec<f64> = std::iter::once(0.0)
        .chain((1..=count).scan(0.0, |sum: &mut f64, number| {
            *sum += (number as f64).ln();
            Some(*sum)
        }))
        .collect();
    let chance = |few: usize| {
        let rest = count - few;
        (logs[count] - logs[few] - logs[rest] + few as f64 * part.ln() + rest as f64 * (1.0 - part).ln()).exp()
    };
    (within(0..=count, &chance, tail), within((0..=count).rev(), &chance, tail))
}

/// The first number up to which, itself included, more than the tail lies.
fn within(mut numbers: impl Iterator<Item = usize>, chance: &dyn Fn(usize) -> f64, tail: f64) -> usize {
    let mut sum = 0.0;
    let found = numbers.find(|number| {
        sum += chance(*number);
        sum > tail
    });
    found.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_are_those_of_the_tables() {
        // Ten throws of a coin: none or all of them once in 1024.
        assert_eq!(bounds(10, 0.5, 0.001), (1, 9));
        assert_eq!(bounds(10, 0.5, 0.0009), (0, 10));
        assert_eq!(bounds(100, 0.5, 0.025), (40, 60));
        assert_eq!(bounds(50, 1.0, 1e-8), (50, 50));
        assert_eq!(bounds(50, 0.0, 1e-8), (0, 0));
    }

    #[test]
    fn few_calls_prove_nothing_of_a_small_share() {
        assert_eq!(bounds(1500, 0.001, 1e-8).0, 0);
        assert!(bounds(18_500, 0.001, 1e-8).0 > 0);
    }
}
