//! Rates and shares of calls as they are shown.

/// `1.2/s`; whole numbers from 100 on.
pub(crate) fn rate(per_second: f64) -> String {
    match per_second {
        rate if rate >= 99.95 => format!("{rate:.0}/s"),
        rate if rate == 0.0 || rate >= 0.95 => format!("{rate:.1}/s"),
        rate => format!("{:.2}/s", rate.max(0.01)),
    }
}

/// `12.5%`; what is not all is never rounded to it.
pub(crate) fn percent(share: f64) -> String {
    let percent = share * 100.0;
    let shown = if share < 1.0 { percent.min(99.9) } else { percent };
    let text = format!("{:.1}", if share > 0.0 { shown.max(0.1) } else { shown });
    format!("{}%", text.strip_suffix(".0").unwrap_or(&text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use test_case::test_case;

    #[test_case(0.0, "0.0/s" ; "none")]
    #[test_case(0.001, "0.01/s" ; "hardly any")]
    #[test_case(0.25, "0.25/s" ; "below one")]
    #[test_case(0.96, "1.0/s" ; "nearly one")]
    #[test_case(12.34, "12.3/s" ; "some")]
    #[test_case(99.96, "100/s" ; "many")]
    fn rates(per_second: f64, want: &str) {
        assert_eq!(rate(per_second), want);
    }

    #[test_case(0.0, "0%" ; "none")]
    #[test_case(0.000_01, "0.1%" ; "hardly any")]
    #[test_case(0.125, "12.5%" ; "some")]
    #[test_case(0.999_99, "99.9%" ; "nearly all")]
    #[test_case(1.0, "100%" ; "all")]
    fn percents(share: f64, want: &str) {
        assert_eq!(percent(share), want);
    }
}
