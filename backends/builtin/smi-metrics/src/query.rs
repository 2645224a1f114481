//! What is asked besides the path: which objects, and over how long a time.

use std::time::Duration;

use crate::selector::Selector;

/// The window of the specification's examples, and of who names none.
const WINDOW: Duration = Duration::from_secs(30);

/// The words of a query that mean something here; others are for servers that can more, and change nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Words {
    /// Which items are shown.
    pub(crate) selector: Selector,
    /// Over how long a time before now it is counted.
    pub(crate) window: Duration,
    /// Whether changes are to be told, which nobody does here.
    pub(crate) watch: bool,
}

/// Reads a query; the error says what is wrong with it.
pub(crate) fn words(query: Option<&str>) -> Result<Words, String> {
    let mut words = Words { selector: Selector::default(), window: WINDOW, watch: false };
    for (name, value) in form_urlencoded::parse(query.unwrap_or_default().as_bytes()) {
        match &*name {
            "labelSelector" => words.selector = Selector::read(&value).map_err(|why| format!("unable to parse requirement: {why}"))?,
            "window" => words.window = window(&value).ok_or_else(|| format!("{value:?} is no window: such as 30s, 5m or 1m30s"))?,
            "watch" => words.watch = matches!(&*value, "1" | "true" | "True" | "TRUE" | "t" | "T"),
            // Lists are always whole: they have no next part, so that nobody can have a word for it.
            "limit" if !value.is_empty() && value.parse::<u64>().is_err() => return Err(format!("{value:?} is no limit")),
            "continue" if !value.is_empty() => return Err("continue key is not valid: lists are answered whole".to_owned()),
            "fieldSelector" if !value.is_empty() => return Err(format!("field label not supported: {value}")),
            _ => {}
        }
    }
    Ok(words)
}

/// A duration as Go writes it, longer than nothing.
fn window(text: &str) -> Option<Duration> {
    let mut rest = text;
    let mut seconds = 0.0;
    while !rest.is_empty() {
        let end = rest.find(|letter: char| !letter.is_ascii_digit() && letter != '.')?;
        let number: f64 = rest[..end].parse().ok()?;
        rest = &rest[end..];
        let units = [("ms", 0.001), ("s", 1.0), ("m", 60.0), ("h", 3600.0)];
        let (unit, factor) = units.into_iter().find(|(unit, _)| rest.starts_with(unit))?;
        seconds += number * factor;
        rest = &rest[unit.len()..];
    }
    Duration::try_from_secs_f64(seconds).ok().filter(|window| !window.is_zero())
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;

    #[test_case("30s", Some(30_000); "seconds")]
    #[test_case("1m30s", Some(90_000); "minutes and seconds")]
    #[test_case("1.5s", Some(1500); "a fraction")]
    #[test_case("250ms", Some(250); "milliseconds are no minutes")]
    #[test_case("1h", Some(3_600_000); "an hour")]
    #[test_case("30", None; "no unit")]
    #[test_case("0s", None; "nothing")]
    #[test_case("-5s", None; "before now")]
    #[test_case("", None; "empty")]
    #[test_case("5d", None; "no such unit")]
    #[test_case("9999999999999999999999h", None; "for ever")]
    fn windows(text: &str, want: Option<u64>) {
        assert_eq!(window(text), want.map(Duration::from_millis));
    }

    #[test_case("limit=500&pretty=true", Ok(false); "as kubectl asks")]
    #[test_case("limit=500&continue=&labelSelector=app%3Dweb", Ok(false); "a selector, encoded")]
    #[test_case("watch=true", Ok(true); "changes")]
    #[test_case("watch=0", Ok(false); "no changes")]
    #[test_case("limit=x", Err("\"x\" is no limit"); "no number")]
    #[test_case("continue=abc", Err("continue key is not valid: lists are answered whole"); "a part that there is not")]
    #[test_case("fieldSelector=spec.x%3Dy", Err("field label not supported: spec.x=y"); "a field")]
    #[test_case("window=soon", Err("\"soon\" is no window: such as 30s, 5m or 1m30s"); "no window")]
    #[test_case("labelSelector=a%3D%3D%3D", Err("unable to parse requirement: \"=\" is no value of a label"); "no selector")]
    fn queries(query: &str, want: Result<bool, &str>) {
        assert_eq!(words(Some(query)).map(|words| words.watch), want.map_err(str::to_owned));
    }

    #[test]
    fn without_a_query_all_is_asked_for_over_half_a_minute() {
        assert_eq!(words(None), Ok(Words { selector: Selector::default(), window: WINDOW, watch: false }));
    }
}
