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
