//! Numbers as Kubernetes writes them: exact, with the largest suffix that leaves a whole number.

/// Suffixes and the power of a thousandth that each is above a millionth.
const SUFFIXES: [&str; 9] = ["u", "m", "", "k", "M", "G", "T", "P", "E"];

/// A whole number.
pub(crate) fn count(number: u64) -> String {
    millionths(u128::from(number) * 1_000_000)
}

/// Milliseconds as seconds. What is finer than a microsecond is rounded: the bounds of proxies are whole ones.
pub(crate) fn seconds(millis: f64) -> String {
    // Negative and no number become 0, and nothing takes longer than the largest.
    millionths((millis * 1000.0).round() as u128)
}

fn millionths(mut number: u128) -> String {
    if number == 0 {
        return "0".to_owned();
    }
    let mut suffix = 0;
    while number.is_multiple_of(1000) && suffix + 1 < SUFFIXES.len() {
        number /= 1000;
        suffix += 1;
    }
    format!("{number}{}", SUFFIXES[suffix])
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;

    #[test_case(0, "0"; "none")]
    #[test_case(7, "7"; "few")]
    #[test_case(1000, "1k"; "a thousand")]
    #[test_case(1500, "1500"; "no fraction")]
    #[test_case(1_000_000, "1M"; "a million")]
    #[test_case(12_000_000_000, "12G"; "many")]
    #[test_case(u64::MAX, "18446744073709551615"; "the most")]
    fn counts(number: u64, want: &str) {
        assert_eq!(count(number), want);
    }

    #[test_case(12.0, "12m"; "milliseconds")]
    #[test_case(0.5, "500u"; "half of one")]
    #[test_case(2.5, "2500u"; "two and a half")]
    #[test_case(1000.0, "1"; "a second")]
    #[test_case(2500.0, "2500m"; "two seconds and a half")]
    #[test_case(30_000.0, "30"; "the longest")]
    #[test_case(0.0, "0"; "nothing")]
    #[test_case(f64::NAN, "0"; "no number")]
    #[test_case(-1.0, "0"; "before it began")]
    fn durations(millis: f64, want: &str) {
        assert_eq!(seconds(millis), want);
    }
}
