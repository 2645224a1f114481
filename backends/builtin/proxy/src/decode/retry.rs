//! `retry_policy`: other tries.

use std::time::Duration;

use envoy_types::pb::envoy::config::route::v3 as pb;
use envoy_types::pb::envoy::extensions::retry::host::previous_hosts::v3::PreviousHostsPredicate;
use http::StatusCode;
use pb::retry_policy as part;

use super::any;
use super::at::{At, open};
use super::refusal::Refusal;
use super::value;
use crate::table::{Backoff, Retry, RetryOn};

/// Envoy's own where none is written.
const BASE: Duration = Duration::from_millis(25);
/// How much longer the longest pause is than the first, where it is not written.
const LONGER: u32 = 10;

/// All of it.
pub(super) fn policy(at: &At<'_>, message: pb::RetryPolicy) -> Result<Retry, Refusal> {
    open!(at, message => pb::RetryPolicy {
        retry_on, num_retries, per_try_timeout, retry_host_predicate, host_selection_retry_max_attempts, retriable_status_codes,
        retry_back_off,
    } unset {
        per_try_idle_timeout, retry_priority, retry_options_predicates, rate_limited_retry_back_off, retriable_headers,
        retriable_request_headers, refresh_cluster_on_retry,
    });
    let attempts = value::number(at, "num_retries", num_retries)?;
    at.has_to("num_retries", attempts > 0, "at least 1: without retries there is no retry_policy")?;
    let per_try = per_try_timeout.map(|time| value::duration(&at.field("per_try_timeout"), &time)).transpose()?;
    let backoff = retry_back_off.map(|backoff| self::backoff(&at.field("retry_back_off"), backoff)).transpose()?;
    Ok(Retry {
        on: on(at, &retry_on, retriable_status_codes)?,
        attempts,
        per_try: per_try.filter(|time| !time.is_zero()),
        backoff: backoff.unwrap_or(Backoff { base: BASE, maximum: BASE * LONGER }),
        avoid: avoid(at, retry_host_predicate, host_selection_retry_max_attempts)?,
    })
}

fn on(at: &At<'_>, words: &str, statuses: Vec<u32>) -> Result<RetryOn, Refusal> {
    let mut on = RetryOn::default();
    let mut by_status = false;
    for word in words.split(',') {
        match word {
            "5xx" => on.server_error = true,
            "gateway-error" => on.gateway_error = true,
            "reset" => on.reset = true,
            "connect-failure" => on.connect_failure = true,
            "refused-stream" => on.refused_stream = true,
            "retriable-status-codes" => by_status = true,
            "cancelled" => on.grpc.push(1),
            "deadline-exceeded" => on.grpc.push(4),
            "resource-exhausted" => on.grpc.push(8),
            "internal" => on.grpc.push(13),
            "unavailable" => on.grpc.push(14),
            "" => return Err(at.field("retry_on").refuse("holds an empty word")),
            other => return Err(at.field("retry_on").refuse(format!("holds {other}, which this proxy does not know"))),
        }
    }
    let path = at.field("retriable_status_codes");
    at.has_to("retriable_status_codes", by_status != statuses.is_empty(), "set if retry_on holds retriable-status-codes, and only then")?;
    for (index, status) in statuses.into_iter().enumerate() {
        let status = u16::try_from(status).ok().filter(|status| *status < 600).and_then(|status| StatusCode::from_u16(status).ok());
        on.statuses.push(status.ok_or_else(|| path.index(index).refuse("is no status"))?);
    }
    Ok(on)
}

fn backoff(at: &At<'_>, message: part::RetryBackOff) -> Result<Backoff, Refusal> {
    let part::RetryBackOff { base_interval, max_interval } = message;
    let base = value::positive(at, "base_interval", base_interval.as_ref())?;
    let maximum = max_interval.map(|time| value::duration(&at.field("max_interval"), &time)).transpose()?;
    let maximum = maximum.unwrap_or_else(|| base.saturating_mul(LONGER));
    at.has_to("max_interval", maximum >= base, "base_interval or more")?;
    Ok(Backoff { base, maximum })
}

/// Whether endpoints that were tried are avoided.
fn avoid(at: &At<'_>, predicates: Vec<part::RetryHostPredicate>, attempts: i64) -> Result<Option<u32>, Refusal> {
    let field = "host_selection_retry_max_attempts";
    let path = at.field("retry_host_predicate");
    at.has_to("retry_host_predicate", predicates.len() <= 1, "one at most")?;
    let Some(part::RetryHostPredicate { name, config_type }) = predicates.into_iter().next() else {
        at.has_to(field, attempts == 0, "absent without retry_host_predicate")?;
        return Ok(None);
    };
    let config = config_type.map(|part::retry_host_predicate::ConfigType::TypedConfig(config)| config);
    let PreviousHostsPredicate {} = any::extension(&path.index(0), &name, "envoy.retry_host_predicates.previous_hosts", config.as_ref())?;
    let attempts = u32::try_from(attempts).ok().filter(|attempts| *attempts > 0);
    attempts.ok_or_else(|| at.field(field).refuse("has to be at least 1 beside retry_host_predicate")).map(Some)
}
