//! How old something is, as kubectl writes it.

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// The age of `since` at `at`, both RFC 3339: `12s`, `3m`, `7h`, `5d`; `None` where one of them is no time.
pub(crate) fn age(since: &str, at: &str) -> Option<String> {
    let moment = |text: &str| OffsetDateTime::parse(text, &Rfc3339).ok();
    Some(written(moment(at)? - moment(since)?))
}

/// Now, by the clock of this machine, in whole seconds (RFC 3339).
pub(crate) fn now() -> String {
    // A year of five digits has no such form.
    OffsetDateTime::now_utc().replace_nanosecond(0).ok().and_then(|now| now.format(&Rfc3339).ok()).unwrap_or_default()
}

fn written(age: time::Duration) -> String {
    let seconds = age.whole_seconds().max(0);
    match seconds {
        0..120 => format!("{seconds}s"),
        120..7_200 => format!("{}m", seconds / 60),
        7_200..172_800 => format!("{}h", seconds / 3_600),
        _ => format!("{}d", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;

    #[test_case(-5, "0s")]
    #[test_case(119, "119s")]
    #[test_case(120, "2m")]
    #[test_case(7_200, "2h")]
    #[test_case(172_800, "2d")]
    fn ages(seconds: i64, want: &str) {
        assert_eq!(written(time::Duration::seconds(seconds)), want);
    }
}
