//! Where a proxy is told to get other resources from: the stream that it has, or the process beside it.

use envoy_types::pb::envoy::config::core::v3 as core;

use super::at::{At, open};
use super::refusal::Refusal;

/// The cluster that keys and roots come from. This proxy holds them itself.
const AGENT: &str = "meshglot-agent";

/// `{ads: {}, resource_api_version: V3}`.
pub(super) fn stream(at: &At<'_>, field: &str, source: Option<core::ConfigSource>) -> Result<(), Refusal> {
    let (source, at) = (at.needed(field, source)?, &at.field(field));
    match specifier(at, source)? {
        Some(core::config_source::ConfigSourceSpecifier::Ads(core::AggregatedConfigSource {})) => Ok(()),
        other => Err(other_than("ads", at, other)),
    }
}

/// What the process beside an Envoy hands out, by its only legal form.
pub(super) fn agent(at: &At<'_>, field: &str, source: Option<core::ConfigSource>) -> Result<(), Refusal> {
    let (source, at) = (at.needed(field, source)?, &at.field(field));
    let source = match specifier(at, source)? {
        Some(core::config_source::ConfigSourceSpecifier::ApiConfigSource(source)) => source,
        other => return Err(other_than("api_config_source", at, other)),
    };
    let at = &at.field("api_config_source");
    open!(at, source => core::ApiConfigSource { api_type, transport_api_version, grpc_services }
        unset { cluster_names, refresh_delay, request_timeout, rate_limit_settings, set_node_on_first_message_only, config_validators });
    at.has_to("api_type", api_type == core::api_config_source::ApiType::Grpc as i32, "GRPC")?;
    at.has_to("transport_api_version", transport_api_version == core::ApiVersion::V3 as i32, "V3")?;
    let count = grpc_services.len();
    let Ok([service]) = <[_; 1]>::try_from(grpc_services) else {
        return Err(at.field("grpc_services").refuse(format!("has to be one service, not {count}")));
    };
    let at = &at.field("grpc_services");
    let at = &at.index(0);
    let cluster = cluster(at, service)?;
    at.field("envoy_grpc").has_to("cluster_name", cluster == AGENT, AGENT)
}

/// The cluster of a `GrpcService`.
pub(super) fn cluster(at: &At<'_>, service: core::GrpcService) -> Result<String, Refusal> {
    open!(at, service => core::GrpcService { target_specifier } unset { timeout, initial_metadata, retry_policy });
    let service = match target_specifier {
        Some(core::grpc_service::TargetSpecifier::EnvoyGrpc(service)) => service,
        Some(core::grpc_service::TargetSpecifier::GoogleGrpc(_)) => return Err(at.unread("google_grpc")),
        None => return Err(at.field("envoy_grpc").refuse("is missing")),
    };
    let at = &at.field("envoy_grpc");
    open!(at, service => core::grpc_service::EnvoyGrpc { cluster_name }
        unset { authority, retry_policy, max_receive_message_length, skip_envoy_headers });
    Ok(cluster_name)
}

fn specifier(at: &At<'_>, source: core::ConfigSource) -> Result<Option<core::config_source::ConfigSourceSpecifier>, Refusal> {
    open!(at, source => core::ConfigSource { resource_api_version, config_source_specifier } unset { authorities, initial_fetch_timeout });
    at.has_to("resource_api_version", resource_api_version == core::ApiVersion::V3 as i32, "V3")?;
    Ok(config_source_specifier)
}

fn other_than(wanted: &str, at: &At<'_>, found: Option<core::config_source::ConfigSourceSpecifier>) -> Refusal {
    use core::config_source::ConfigSourceSpecifier;
    let found = match found {
        None => return at.field(wanted).refuse("is missing"),
        Some(ConfigSourceSpecifier::Path(_)) => "path",
        Some(ConfigSourceSpecifier::PathConfigSource(_)) => "path_config_source",
        Some(ConfigSourceSpecifier::ApiConfigSource(_)) => "api_config_source",
        Some(ConfigSourceSpecifier::Ads(_)) => "ads",
        Some(ConfigSourceSpecifier::Self_(_)) => "self",
    };
    at.field(found).refuse(format!("is set, where {wanted} alone is known"))
}
