//! `http_filters`: what a request passes through, in the one order that there is on each side.

use envoy_types::pb::envoy::extensions::filters::http::cors::v3::Cors;
use envoy_types::pb::envoy::extensions::filters::http::router::v3::Router;
use envoy_types::pb::envoy::extensions::filters::network::http_connection_manager::v3 as pb;
use envoy_types::pb::google::protobuf::Any;

use super::any;
use super::at::{At, open};
use super::fault;
use super::known::Known;
use super::overrides::{ALLOW, CORS, DENY, FAULT, RATE_LIMIT};
use super::rate_limit;
use super::rbac;
use super::refusal::Refusal;
use crate::table::{Filters, Rbac};

const ROUTER: &str = "envoy.filters.http.router";
const INBOUND: [&str; 4] = [DENY, ALLOW, RATE_LIMIT, ROUTER];
const OUTBOUND: [&str; 3] = [CORS, FAULT, ROUTER];

/// All of them.
pub(super) fn filters(at: &At<'_>, filters: Vec<pb::HttpFilter>, known: &mut Known<'_>) -> Result<Filters, Refusal> {
    // Their order is what makes a denied call cost nothing, and a filter that is missing is a rule that nobody keeps.
    let names: Vec<&str> = filters.iter().map(|filter| filter.name.as_str()).collect();
    let is_inbound = names == INBOUND;
    if !is_inbound && names != OUTBOUND {
        let (inbound, outbound) = (INBOUND.join(", "), OUTBOUND.join(", "));
        return Err(at.refuse(format!("is [{}]: either [{inbound}] or [{outbound}] is known", names.join(", "))));
    }
    let (mut deny, mut allow) = (Rbac::default(), Rbac::default());
    for (index, filter) in filters.into_iter().enumerate() {
        let at = &at.index(index);
        let (name, config) = config(at, filter)?;
        let at = &at.field("typed_config");
        match name.as_str() {
            DENY => deny = rbac::of_requests(at, any::typed(at, &config)?, known)?,
            ALLOW => {
                allow = rbac::of_requests(at, any::typed(at, &config)?, known)?;
                // Where a route says nothing, all calls would be allowed.
                at.needed("rules", allow.rules.as_ref())?;
            }
            RATE_LIMIT => rate_limit::absent(at, any::typed(at, &config)?)?,
            CORS => {
                let Cors {} = any::typed(at, &config)?;
            }
            FAULT => fault::absent(at, any::typed(at, &config)?)?,
            // The last name that there is.
            _ => router(at, any::typed(at, &config)?)?,
        }
    }
    Ok(if is_inbound { Filters::Inbound { deny, allow } } else { Filters::Outbound })
}

fn config(at: &At<'_>, filter: pb::HttpFilter) -> Result<(String, Any), Refusal> {
    open!(at, filter => pb::HttpFilter { name, config_type } unset { is_optional, disabled });
    match config_type {
        Some(pb::http_filter::ConfigType::TypedConfig(config)) => Ok((name, config)),
        Some(pb::http_filter::ConfigType::ConfigDiscovery(_)) => Err(at.unread("config_discovery")),
        None => Err(at.field("typed_config").refuse("is missing")),
    }
}

fn router(at: &At<'_>, router: Router) -> Result<(), Refusal> {
    open!(at, router => Router { suppress_envoy_headers } unset {
        dynamic_stats, start_child_span, upstream_log, upstream_log_options, strict_check_headers, respect_expected_rq_timeout,
        suppress_grpc_request_failure_code_stats, upstream_http_filters, reject_connect_request_early_data,
    });
    at.has_to("suppress_envoy_headers", suppress_envoy_headers, true)
}
