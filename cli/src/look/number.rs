//! Numbers as tables have them.

/// Of 100; `None`: of nothing.
pub(super) fn percent(part: u64, all: u64) -> Option<f64> {
    (all > 0).then(|| part as f64 / all as f64 * 100.0)
}

/// `99.5%`; not `100.0%` for less than all, nor `0.0%` for some.
pub(super) fn percent_text(percent: Option<f64>) -> String {
    let Some(percent) = percent else { return "-".to_owned() };
    let shown = if percent > 0.0 && percent < 100.0 { percent.clamp(0.1, 99.9) } else { percent };
    if shown == 100.0 { "100%".to_owned() } else { format!("{shown:.1}%") }
}

/// Calls a second, those that are rare with more digits.
pub(super) fn rate_text(per_second: f64) -> String {
    if per_second < 1.0 { format!("{per_second:.2}") } else { format!("{per_second:.1}") }
}

/// An upper bound in milliseconds.
pub(super) fn millis_text(millis: Option<f64>) -> String {
    millis.map_or_else(|| "-".to_owned(), |millis| format!("{millis}ms"))
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;

    #[test_case(0, 0, "-"; "nothing")]
    #[test_case(0, 3, "0.0%"; "none")]
    #[test_case(3, 3, "100%"; "all")]
    #[test_case(1, 3, "33.3%"; "some")]
    #[test_case(9_999, 10_000, "99.9%"; "nearly all")]
    #[test_case(1, 100_000, "0.1%"; "nearly none")]
    fn percents(part: u64, all: u64, want: &str) {
        assert_eq!(percent_text(percent(part, all)), want);
    }

    #[test]
    fn rates_and_times() {
        assert_eq!([0.05, 0.5, 12.34].map(rate_text), ["0.05", "0.50", "12.3"]);
        assert_eq!([None, Some(5.0), Some(0.5)].map(millis_text), ["-", "5ms", "0.5ms"]);
    }
}
