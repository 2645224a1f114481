//! `LocalRateLimit`: how many requests in which time.

use std::time::Duration;

use envoy_types::pb::envoy::extensions::filters::http::local_ratelimit::v3::LocalRateLimit;
use envoy_types::pb::envoy::r#type::v3::TokenBucket;

use super::at::{At, open};
use super::known::named;
use super::refusal::Refusal;
use super::value;
use crate::table::RateLimit;

/// As often as Envoy fills a bucket.
const OFTENEST: Duration = Duration::from_millis(50);

/// What a route says.
pub(super) fn rate_limit(at: &At<'_>, message: LocalRateLimit) -> Result<RateLimit, Refusal> {
    open!(at, message => LocalRateLimit { stat_prefix, token_bucket, filter_enabled, filter_enforced } unset {
        status, request_headers_to_add_when_not_enforced, response_headers_to_add, descriptors, stage,
        local_rate_limit_per_downstream_connection, local_cluster_rate_limit, enable_x_ratelimit_headers, vh_rate_limits,
        always_consume_default_token_bucket, rate_limited_as_resource_exhausted, rate_limits, max_dynamic_descriptors,
        enable_retry_after_header,
    });
    // Of none, if they are absent.
    value::all(at, "filter_enabled", filter_enabled)?;
    value::all(at, "filter_enforced", filter_enforced)?;
    let stat_prefix = named(&at.field("stat_prefix"), &stat_prefix)?.as_ref().into();
    let (bucket, at) = (at.needed("token_bucket", token_bucket)?, &at.field("token_bucket"));
    let TokenBucket { max_tokens, tokens_per_fill, fill_interval } = bucket;
    at.has_to("max_tokens", max_tokens > 0, "at least 1")?;
    let fill = tokens_per_fill.map_or(1, |fill| fill.value);
    at.has_to("tokens_per_fill", fill > 0, "at least 1")?;
    let every = value::needed(at, "fill_interval", fill_interval.as_ref())?;
    at.has_to("fill_interval", every >= OFTENEST, "at least 0.05s")?;
    Ok(RateLimit { stat_prefix, burst: max_tokens, fill, every })
}

/// What the filter itself says: nothing but what counters call it.
pub(super) fn absent(at: &At<'_>, message: LocalRateLimit) -> Result<(), Refusal> {
    open!(at, message => LocalRateLimit { stat_prefix } unset {
        token_bucket, filter_enabled, filter_enforced, status, request_headers_to_add_when_not_enforced, response_headers_to_add,
        descriptors, stage, local_rate_limit_per_downstream_connection, local_cluster_rate_limit, enable_x_ratelimit_headers,
        vh_rate_limits, always_consume_default_token_bucket, rate_limited_as_resource_exhausted, rate_limits, max_dynamic_descriptors,
        enable_retry_after_header,
    });
    named(&at.field("stat_prefix"), &stat_prefix).map(|_| ())
}
