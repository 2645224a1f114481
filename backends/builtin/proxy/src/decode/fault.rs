//! `HTTPFault`: mistakes on purpose.

use envoy_types::pb::envoy::extensions::filters::common::fault::v3 as common;
use envoy_types::pb::envoy::extensions::filters::http::fault::v3 as pb;

use super::at::{At, open};
use super::refusal::Refusal;
use super::value;
use crate::table::Fault;

/// What a route says.
pub(super) fn fault(at: &At<'_>, message: pb::HttpFault) -> Result<Fault, Refusal> {
    open!(at, message => pb::HttpFault { delay, abort } unset {
        upstream_cluster, headers, downstream_nodes, max_active_faults, response_rate_limit, delay_percent_runtime,
        abort_percent_runtime, delay_duration_runtime, abort_http_status_runtime, max_active_faults_runtime,
        response_rate_limit_percent_runtime, abort_grpc_status_runtime, disable_downstream_cluster_stats, filter_metadata,
    });
    Ok(Fault {
        delay: delay.map(|delay| self::delay(&at.field("delay"), delay)).transpose()?,
        abort: abort.map(|abort| self::abort(&at.field("abort"), abort)).transpose()?,
    })
}

/// What the filter itself says: nothing.
pub(super) fn absent(at: &At<'_>, message: pb::HttpFault) -> Result<(), Refusal> {
    let Fault { delay, abort } = fault(at, message)?;
    at.has_to("delay", delay.is_none(), "absent: routes say it")?;
    at.has_to("abort", abort.is_none(), "absent: routes say it")
}

fn delay(at: &At<'_>, message: common::FaultDelay) -> Result<(std::time::Duration, u32), Refusal> {
    open!(at, message => common::FaultDelay { percentage, fault_delay_secifier } unset {});
    use common::fault_delay::FaultDelaySecifier;
    let time = match fault_delay_secifier {
        Some(FaultDelaySecifier::FixedDelay(time)) => value::positive(at, "fixed_delay", Some(&time))?,
        Some(FaultDelaySecifier::HeaderDelay(_)) => return Err(at.unread("header_delay")),
        None => return Err(at.field("fixed_delay").refuse("is missing")),
    };
    Ok((time, value::share(&at.field("percentage"), at.needed("percentage", percentage)?)?))
}

fn abort(at: &At<'_>, message: pb::FaultAbort) -> Result<(http::StatusCode, u32), Refusal> {
    open!(at, message => pb::FaultAbort { percentage, error_type } unset { response_body });
    use pb::fault_abort::ErrorType;
    let status = match error_type {
        Some(ErrorType::HttpStatus(status)) => value::status(&at.field("http_status"), status)?,
        Some(ErrorType::GrpcStatus(_)) => return Err(at.unread("grpc_status")),
        Some(ErrorType::HeaderAbort(_)) => return Err(at.unread("header_abort")),
        None => return Err(at.field("http_status").refuse("is missing")),
    };
    Ok((status, value::share(&at.field("percentage"), at.needed("percentage", percentage)?)?))
}
