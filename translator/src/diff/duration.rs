//! Durations as Go and protobuf write them, in one spelling.

/// Units and their length in nanoseconds.
const UNITS: [(&str, u64); 7] =
    [("ns", 1), ("us", 1_000), ("µs", 1_000), ("ms", 1_000_000), ("s", 1_000_000_000), ("m", 60_000_000_000), ("h", 3_600_000_000_000)];

/// The same duration in seconds, `90s` for `1m30s`; `None` if it is none.
pub(super) fn canonical(text: &str) -> Option<String> {
    let mut rest = text;
    let mut nanoseconds: u64 = 0;
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, after) = rest.split_at(end);
        let (unit, length) = UNITS.into_iter().find(|(unit, _)| {
            after.strip_prefix(unit).is_some_and(|next| next.chars().next().is_none_or(|c| c.is_ascii_digit() || c == '.'))
        })?;
        nanoseconds = nanoseconds.checked_add(part(number, length)?)?;
        rest = &after[unit.len()..];
    }
    (!text.is_empty()).then(|| seconds(nanoseconds))
}

/// A decimal number of units.
fn part(number: &str, length: u64) -> Option<u64> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let whole: u64 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    let mut sum = whole.checked_mul(length)?;
    let mut digit = length;
    for c in fraction.chars() {
        digit /= 10;
        sum = sum.checked_add(digit * u64::from(c.to_digit(10)?))?;
    }
    Some(sum)
}

fn seconds(nanoseconds: u64) -> String {
    let (whole, rest) = (nanoseconds / 1_000_000_000, nanoseconds % 1_000_000_000);
    if rest == 0 { format!("{whole}s") } else { format!("{whole}.{}s", format!("{rest:09}").trim_end_matches('0')) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use test_case::test_case;

    #[test_case("60s", Some("60s"))]
    #[test_case("1m", Some("60s") ; "minutes")]
    #[test_case("1m30s", Some("90s") ; "two units")]
    #[test_case("1500ms", Some("1.5s") ; "milliseconds")]
    #[test_case("1.5s", Some("1.5s") ; "fraction")]
    #[test_case("0s", Some("0s") ; "nothing")]
    #[test_case("1", None ; "no unit")]
    #[test_case("1x", None ; "unknown unit")]
    #[test_case("", None ; "empty")]
    fn spelling(text: &str, want: Option<&str>) {
        assert_eq!(canonical(text).as_deref(), want);
    }
}
