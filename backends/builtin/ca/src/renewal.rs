//! When the holder of a certificate asks for the next one.

use time::OffsetDateTime;

/// At half of the life, give or take a tenth of it by `spread` (0 is early, 1 is late, what is outside counts as the nearer end), so that
/// not all holders ask at once. Never before `not_before`, never after three quarters; `not_before` for a life that is none.
pub fn renewal_time(not_before: OffsetDateTime, not_after: OffsetDateTime, spread: f64) -> OffsetDateTime {
    let life = not_after - not_before;
    if !life.is_positive() {
        return not_before;
    }
    // `clamp` keeps what is no number.
    let spread = if spread.is_nan() { 0.5 } else { spread.clamp(0.0, 1.0) };
    not_before + (life * (0.4 + 0.2 * spread)).min(life * 3 / 4)
}

#[cfg(test)]
mod tests {
    use test_case::test_case;
    use time::Duration;

    use super::*;

    #[test_case(0.0, 40)]
    #[test_case(0.5, 50)]
    #[test_case(1.0, 60)]
    #[test_case(-7.0, 40; "less than the range")]
    #[test_case(f64::INFINITY, 60; "more than the range")]
    #[test_case(f64::NAN, 50; "no number")]
    fn the_spread_is_a_tenth_to_both_sides(spread: f64, minutes: i64) {
        let start = OffsetDateTime::UNIX_EPOCH;
        let asked = renewal_time(start, start + Duration::minutes(100), spread);
        assert!((asked - start - Duration::minutes(minutes)).abs() < Duration::SECOND, "{asked}");
    }

    #[test]
    fn a_life_that_is_none_is_renewed_at_once() {
        let start = OffsetDateTime::UNIX_EPOCH;
        assert_eq!(renewal_time(start, start - Duration::HOUR, 1.0), start);
    }
}
