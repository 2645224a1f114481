//! Numbers that mean something: times, shares, ports, statuses.

use std::time::Duration;

use envoy_types::pb::envoy::config::core::v3 as core;
use envoy_types::pb::envoy::r#type::v3 as kind;
use envoy_types::pb::google::protobuf;
use http::StatusCode;

use super::at::{At, open};
use super::refusal::Refusal;

/// What Envoy takes as the longest time: protobuf's ten thousand years.
const LONGEST: i64 = 315_576_000_000;
const MILLION: u32 = 1_000_000;

/// A time that is not negative.
pub(super) fn duration(at: &At<'_>, value: &protobuf::Duration) -> Result<Duration, Refusal> {
    let protobuf::Duration { seconds, nanos } = *value;
    let whole = u64::try_from(seconds).ok().filter(|_| seconds <= LONGEST);
    let rest = u32::try_from(nanos).ok().filter(|nanos| *nanos < 1_000_000_000);
    match (whole, rest) {
        (Some(seconds), Some(nanos)) => Ok(Duration::new(seconds, nanos)),
        _ => Err(at.refuse("is no time from 0s on")),
    }
}

/// A time that has to be there. It is always written, as the defaults of proxies differ.
pub(super) fn needed(at: &At<'_>, field: &str, value: Option<&protobuf::Duration>) -> Result<Duration, Refusal> {
    duration(&at.field(field), at.needed(field, value)?)
}

/// A time that has to be there and to be more than none.
pub(super) fn positive(at: &At<'_>, field: &str, value: Option<&protobuf::Duration>) -> Result<Duration, Refusal> {
    let time = needed(at, field, value)?;
    at.has_to(field, !time.is_zero(), "more than 0s")?;
    Ok(time)
}

/// A time that has to be there; 0s: without end.
pub(super) fn endless(at: &At<'_>, field: &str, value: Option<&protobuf::Duration>) -> Result<Option<Duration>, Refusal> {
    needed(at, field, value).map(|time| Some(time).filter(|time| !time.is_zero()))
}

/// A number that has to be there.
pub(super) fn number(at: &At<'_>, field: &str, value: Option<protobuf::UInt32Value>) -> Result<u32, Refusal> {
    at.needed(field, value).map(|number| number.value)
}

/// A number that has one legal value.
pub(super) fn is(at: &At<'_>, field: &str, value: Option<protobuf::UInt32Value>, legal: u32) -> Result<(), Refusal> {
    at.has_to(field, value.is_some_and(|number| number.value == legal), legal)
}

/// A switch that has one legal position, and has to be there.
pub(super) fn switch(at: &At<'_>, field: &str, value: Option<protobuf::BoolValue>, legal: bool) -> Result<(), Refusal> {
    at.has_to(field, value.is_some_and(|switch| switch.value == legal), legal)
}

/// How many of a million.
pub(super) fn share(at: &At<'_>, value: kind::FractionalPercent) -> Result<u32, Refusal> {
    open!(at, value => kind::FractionalPercent { numerator, denominator } unset {});
    use kind::fractional_percent::DenominatorType;
    let each = match DenominatorType::try_from(denominator) {
        Ok(DenominatorType::Hundred) => 10_000,
        Ok(DenominatorType::TenThousand) => 100,
        Ok(DenominatorType::Million) => 1,
        Err(_) => return Err(at.field("denominator").refuse("is unknown: HUNDRED, TEN_THOUSAND and MILLION are known")),
    };
    let share = numerator.checked_mul(each).filter(|share| *share <= MILLION);
    share.ok_or_else(|| at.field("numerator").refuse("is more than the whole"))
}

/// A share that cannot be changed while the proxy runs.
pub(super) fn fixed_share(at: &At<'_>, value: core::RuntimeFractionalPercent) -> Result<u32, Refusal> {
    open!(at, value => core::RuntimeFractionalPercent { default_value } unset { runtime_key });
    share(&at.field("default_value"), at.needed("default_value", default_value)?)
}

/// All, and nothing less.
pub(super) fn all(at: &At<'_>, field: &str, value: Option<core::RuntimeFractionalPercent>) -> Result<(), Refusal> {
    let share = value.map(|value| fixed_share(&at.field(field), value)).transpose()?;
    at.has_to(field, share == Some(MILLION), "100 %")
}

/// A percentage as so many of a million.
pub(super) fn percent(at: &At<'_>, value: kind::Percent) -> Result<u32, Refusal> {
    let kind::Percent { value } = value;
    if (0.0..=100.0).contains(&value) {
        Ok((value * 10_000.0).round() as u32)
    } else {
        Err(at.field("value").refuse("is no number from 0 to 100"))
    }
}

/// A port, from 1 on.
pub(super) fn port(at: &At<'_>, value: u32) -> Result<u16, Refusal> {
    let port = u16::try_from(value).ok().filter(|port| *port != 0);
    port.ok_or_else(|| at.refuse(format!("is {value}: ports are 1 to 65535")))
}

/// A status that a proxy may answer with: it ends the request.
pub(super) fn status(at: &At<'_>, value: u32) -> Result<StatusCode, Refusal> {
    let status = u16::try_from(value).ok().filter(|status| (200..600).contains(status));
    let status = status.and_then(|status| StatusCode::from_u16(status).ok());
    status.ok_or_else(|| at.refuse(format!("is {value}: statuses are 200 to 599")))
}

/// Text that can stand in a URL.
pub(super) fn line(at: &At<'_>, text: String) -> Result<Box<str>, Refusal> {
    if text.bytes().all(|byte| byte.is_ascii_graphic()) { Ok(text.into()) } else { Err(at.refuse("is no visible ASCII without spaces")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// What a reading gives at some place.
    fn read<T>(reading: impl FnOnce(&At<'_>) -> Result<T, Refusal>) -> Option<T> {
        reading(&At::resource("Message", &Default::default())).ok()
    }

    /// Numbers of which many are near those where the answer changes.
    fn near(edges: &'static [i64]) -> impl Strategy<Value = i64> {
        prop_oneof![any::<i64>(), (prop::sample::select(edges), -2..=2_i64).prop_map(|(edge, by)| edge.saturating_add(by))]
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2000) })]

        #[test]
        fn a_time_is_as_long_as_it_says(seconds in near(&[i64::MIN, 0, LONGEST, i64::MAX]), nanos in near(&[0, 999_999_999])) {
            let nanos = i32::try_from(nanos).unwrap_or(i32::MIN);
            let is_one = (0..=LONGEST).contains(&seconds) && (0..1_000_000_000).contains(&nanos);
            let time = read(|at| duration(at, &protobuf::Duration { seconds, nanos }));
            prop_assert_eq!(time.is_some(), is_one);
            if let Some(time) = time {
                prop_assert_eq!(time.as_nanos(), seconds as u128 * 1_000_000_000 + nanos as u128);
            }
        }

        #[test]
        fn a_share_is_at_most_the_whole(numerator in near(&[0, 100, 10_000, 1_000_000, 42_949_672, 42_949_673]), denominator in -1..4_i32) {
            let numerator = u32::try_from(numerator).unwrap_or(u32::MAX);
            let whole = [100, 10_000, 1_000_000].get(usize::try_from(denominator).unwrap_or(usize::MAX)).copied();
            let share = read(|at| share(at, kind::FractionalPercent { numerator, denominator }));
            let want = whole.filter(|whole| numerator <= *whole).map(|whole| numerator * (MILLION / whole));
            prop_assert_eq!(share, want);
        }

        #[test]
        fn a_percentage_is_at_most_a_hundred(value in prop_oneof![any::<f64>(), -1.0..101.0, Just(0.0), Just(-0.0), Just(100.0), Just(f64::NAN)]) {
            let share = read(|at| percent(at, kind::Percent { value }));
            prop_assert_eq!(share.is_some(), (0.0..=100.0).contains(&value));
            if let Some(share) = share {
                prop_assert!(share <= MILLION && (f64::from(share) / 10_000.0 - value).abs() <= 0.000_051);
            }
        }

        #[test]
        fn ports_and_statuses_are_in_their_ranges(value in near(&[0, 200, 600, 65_535])) {
            let value = u32::try_from(value).unwrap_or(u32::MAX);
            prop_assert_eq!(read(|at| port(at, value)).map(u32::from), Some(value).filter(|port| (1..=65_535).contains(port)));
            let status = read(|at| status(at, value)).map(|status| u32::from(status.as_u16()));
            prop_assert_eq!(status, Some(value).filter(|status| (200..600).contains(status)));
        }

        /// What is taken can stand in a line of HTTP.
        #[test]
        fn a_line_is_one(text in ".{0,20}|[!-~]{0,20}") {
            let taken = read(|at| line(at, text.clone()));
            prop_assert_eq!(taken.is_some(), text.chars().all(|character| ('!'..='~').contains(&character)));
            prop_assert!(taken.is_none_or(|taken| http::HeaderValue::from_str(&taken).is_ok()));
        }
    }
}
