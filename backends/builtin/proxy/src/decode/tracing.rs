//! `tracing`: spans of requests, sent as OTLP over gRPC.

use envoy_types::pb::envoy::config::trace::v3 as trace;
use envoy_types::pb::envoy::extensions::filters::network::http_connection_manager::v3::http_connection_manager as pb;

use super::any;
use super::at::{At, open};
use super::known::{Known, named};
use super::refusal::Refusal;
use super::source;
use super::value;
use crate::table::Tracing;

/// All of it. Without `random_sampling` every request is traced.
pub(super) fn tracing(at: &At<'_>, message: pb::Tracing, known: &mut Known<'_>) -> Result<Tracing, Refusal> {
    open!(at, message => pb::Tracing { random_sampling, provider } unset {
        client_sampling, overall_sampling, verbose, max_path_tag_length, custom_tags, spawn_upstream_span, operation,
        upstream_operation, no_context_propagation,
    });
    let sampling = random_sampling.map(|percent| value::percent(&at.field("random_sampling"), percent)).transpose()?;
    let (provider, at) = (at.needed("provider", provider)?, &at.field("provider"));
    let trace::tracing::Http { name, config_type } = provider;
    let config = config_type.map(|trace::tracing::http::ConfigType::TypedConfig(config)| config);
    let config: trace::OpenTelemetryConfig = any::extension(at, &name, "envoy.tracers.opentelemetry", config.as_ref())?;
    let at = &at.field("typed_config");
    open!(at, config => trace::OpenTelemetryConfig { grpc_service, service_name } unset {
        http_service, exporter, resource_detectors, sampler, max_cache_size, set_telemetry_sdk_resource_attributes,
        set_service_name_resource_attribute, set_instrumentation_scope,
    });
    let (service, path) = (at.needed("grpc_service", grpc_service)?, at.field("grpc_service"));
    let cluster = source::cluster(&path, service)?;
    let path = path.field("envoy_grpc");
    Ok(Tracing {
        cluster: known.cluster(&path.field("cluster_name"), &cluster)?,
        service: named(&at.field("service_name"), &service_name)?,
        sampling: sampling.unwrap_or(1_000_000),
    })
}
