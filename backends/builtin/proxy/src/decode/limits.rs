//! `circuit_breakers` and `outlier_detection`: how much at once, and when an endpoint is left out.

use envoy_types::pb::envoy::config::cluster::v3 as pb;
use pb::circuit_breakers::{Thresholds, thresholds};

use super::at::{At, open};
use super::refusal::Refusal;
use super::value;
use crate::table::{Limits, Outlier, RetryBudget};

/// Envoy's own where none is written.
const BUDGET: RetryBudget = RetryBudget { share: 200_000, minimum: 3 };

/// All four numbers, which are always written: the defaults of Envoy are small.
pub(super) fn limits(at: &At<'_>, breakers: Option<pb::CircuitBreakers>) -> Result<Limits, Refusal> {
    let (breakers, at) = (at.needed("circuit_breakers", breakers)?, &at.field("circuit_breakers"));
    open!(at, breakers => pb::CircuitBreakers { thresholds } unset { per_host_thresholds });
    let path = at.field("thresholds");
    let count = thresholds.len();
    let Ok([one]) = <[_; 1]>::try_from(thresholds) else {
        return Err(path.refuse(format!("has to be one, of the usual priority, not {count}")));
    };
    let at = &path.index(0);
    open!(at, one => Thresholds { max_connections, max_pending_requests, max_requests, max_retries, retry_budget }
        unset { priority, track_remaining, max_connection_pools });
    Ok(Limits {
        connections: value::number(at, "max_connections", max_connections)?,
        pending: value::number(at, "max_pending_requests", max_pending_requests)?,
        requests: value::number(at, "max_requests", max_requests)?,
        retries: value::number(at, "max_retries", max_retries)?,
        budget: retry_budget.map(|retry_budget| budget(&at.field("retry_budget"), retry_budget)).transpose()?,
    })
}

fn budget(at: &At<'_>, budget: thresholds::RetryBudget) -> Result<RetryBudget, Refusal> {
    open!(at, budget => thresholds::RetryBudget { budget_percent, min_retry_concurrency } unset { budget_interval });
    let share = budget_percent.map(|percent| value::percent(&at.field("budget_percent"), percent)).transpose()?;
    Ok(RetryBudget { share: share.unwrap_or(BUDGET.share), minimum: min_retry_concurrency.map_or(BUDGET.minimum, |minimum| minimum.value) })
}

/// Errors of endpoints one after the other. What else Envoy can look at is switched off by name, since its defaults switch it on.
pub(super) fn outlier(at: &At<'_>, outlier: pb::OutlierDetection) -> Result<Outlier, Refusal> {
    open!(at, outlier => pb::OutlierDetection {
        consecutive_5xx, interval, base_ejection_time, max_ejection_time, max_ejection_percent, enforcing_consecutive_5xx,
        enforcing_success_rate, enforcing_consecutive_gateway_failure, enforcing_failure_percentage, max_ejection_time_jitter,
        always_eject_one_host,
    } unset {
        split_external_local_origin_errors, success_rate_minimum_hosts, success_rate_request_volume, success_rate_stdev_factor,
        consecutive_gateway_failure, consecutive_local_origin_failure, enforcing_consecutive_local_origin_failure,
        enforcing_local_origin_success_rate, failure_percentage_threshold, enforcing_failure_percentage_local_origin,
        failure_percentage_minimum_hosts, failure_percentage_request_volume, successful_active_health_check_uneject_host, monitors,
        detect_degraded_hosts,
    });
    value::is(at, "enforcing_consecutive_5xx", enforcing_consecutive_5xx, 100)?;
    value::is(at, "enforcing_success_rate", enforcing_success_rate, 0)?;
    value::is(at, "enforcing_consecutive_gateway_failure", enforcing_consecutive_gateway_failure, 0)?;
    value::is(at, "enforcing_failure_percentage", enforcing_failure_percentage, 0)?;
    value::switch(at, "always_eject_one_host", always_eject_one_host, false)?;
    let jitter = value::needed(at, "max_ejection_time_jitter", max_ejection_time_jitter.as_ref())?;
    at.has_to("max_ejection_time_jitter", jitter.is_zero(), "0s")?;
    let consecutive_5xx = value::number(at, "consecutive_5xx", consecutive_5xx)?;
    at.has_to("consecutive_5xx", consecutive_5xx > 0, "at least 1")?;
    let max_percent = value::number(at, "max_ejection_percent", max_ejection_percent)?;
    at.has_to("max_ejection_percent", max_percent <= 100, "at most 100")?;
    let base_ejection = value::positive(at, "base_ejection_time", base_ejection_time.as_ref())?;
    let max_ejection = value::positive(at, "max_ejection_time", max_ejection_time.as_ref())?;
    at.has_to("max_ejection_time", max_ejection >= base_ejection, "base_ejection_time or more")?;
    Ok(Outlier { consecutive_5xx, interval: value::positive(at, "interval", interval.as_ref())?, base_ejection, max_ejection, max_percent })
}
