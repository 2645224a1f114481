//! `HttpConnectionManager`: how requests are served on a connection.

use std::sync::Arc;

use envoy_types::pb::envoy::config::core::v3 as core;
use envoy_types::pb::envoy::extensions::filters::network::http_connection_manager::v3 as pb;
use pb::http_connection_manager as part;

use super::at::{At, open};
use super::filters;
use super::known::{Known, named};
use super::log;
use super::refusal::Refusal;
use super::source;
use super::tracing;
use super::value;
use crate::table::{HttpManager, Peer, RouteId};

/// The filter.
pub(super) fn manager(at: &At<'_>, message: pb::HttpConnectionManager, known: &mut Known<'_>) -> Result<HttpManager, Refusal> {
    open!(at, message => pb::HttpConnectionManager {
        stat_prefix, http_filters, tracing, common_http_protocol_options, server_header_transformation, stream_idle_timeout,
        request_timeout, request_headers_timeout, access_log, use_remote_address, internal_address_config, skip_xff_append,
        generate_request_id, preserve_external_request_id, forward_client_cert_details, set_current_client_cert_details,
        upgrade_configs, normalize_path, path_with_escaped_slashes_action, route_specifier, strip_port_mode,
    } unset {
        codec_type, merge_slashes, add_user_agent, http1_safe_max_connection_duration, http_protocol_options, http2_protocol_options,
        http3_protocol_options, server_name, scheme_header_transformation, max_request_headers_kb, stream_flush_timeout, drain_timeout,
        drain_timeout_jitter, delayed_close_timeout, access_log_flush_interval, flush_access_log_on_new_request, access_log_options,
        xff_num_trusted_hops, original_ip_detection_extensions, early_header_mutation_extensions, via,
        always_set_request_id_in_response, forward_client_cert_matcher, proxy_100_continue,
        represent_ipv4_remote_address_as_ipv4_mapped_ipv6, request_id_extension, local_reply_config, strip_matching_host_port,
        stream_error_on_invalid_http_message, path_normalization_options, strip_trailing_host_dot, proxy_status_config,
        typed_header_validation_config, append_x_forwarded_port, append_local_overload, add_proxy_protocol_connection_state,
        forward_proto_config,
    });
    // Rules are about paths: every way in which two proxies could read one path differently is closed.
    value::switch(at, "normalize_path", normalize_path, true)?;
    let rejects = path_with_escaped_slashes_action == part::PathWithEscapedSlashesAction::RejectRequest as i32;
    at.has_to("path_with_escaped_slashes_action", rejects, "REJECT_REQUEST")?;
    value::switch(at, "use_remote_address", use_remote_address, false)?;
    at.has_to("skip_xff_append", skip_xff_append, true)?;
    value::switch(at, "generate_request_id", generate_request_id, true)?;
    at.has_to("preserve_external_request_id", preserve_external_request_id, true)?;
    let passes = server_header_transformation == part::ServerHeaderTransformation::PassThrough as i32;
    at.has_to("server_header_transformation", passes, "PASS_THROUGH")?;
    nobody_is_internal(at, internal_address_config)?;
    for (field, time) in [("request_timeout", request_timeout), ("stream_idle_timeout", stream_idle_timeout)] {
        let time = value::endless(at, field, time.as_ref())?;
        at.has_to(field, time.is_none(), "0s: times are those of routes")?;
    }
    if let Some(part::StripPortMode::StripAnyHostPort(_)) = strip_port_mode {
        return Err(at.unread("strip_any_host_port"));
    }
    let (idle_timeout, max_headers) = common(at, common_http_protocol_options)?;
    Ok(HttpManager {
        stat_prefix: named(&at.field("stat_prefix"), &stat_prefix)?,
        routes: routes(at, route_specifier, known)?,
        filters: filters::filters(&at.field("http_filters"), http_filters, known)?,
        peer: peer(at, forward_client_cert_details, set_current_client_cert_details)?,
        websocket: websocket(at, upgrade_configs)?,
        idle_timeout,
        headers_timeout: value::endless(at, "request_headers_timeout", request_headers_timeout.as_ref())?,
        max_headers,
        log: log::format(at, access_log)?.map(Arc::new),
        tracing: tracing.map(|tracing| tracing::tracing(&at.field("tracing"), tracing, known)).transpose()?,
    })
}

/// An address that never occurs: whom Envoy takes for internal, it obeys in headers.
fn nobody_is_internal(at: &At<'_>, config: Option<part::InternalAddressConfig>) -> Result<(), Refusal> {
    let (config, at) = (at.needed("internal_address_config", config)?, &at.field("internal_address_config"));
    open!(at, config => part::InternalAddressConfig { cidr_ranges } unset { unix_sockets });
    let is_ours = matches!(cidr_ranges.as_slice(), [core::CidrRange { address_prefix, prefix_len: Some(length) }]
        if address_prefix == "::" && length.value == 128);
    at.has_to("cidr_ranges", is_ours, "[{address_prefix: \"::\", prefix_len: 128}]")
}

/// How long a connection may be idle, and how many headers there may be.
fn common(at: &At<'_>, options: Option<core::HttpProtocolOptions>) -> Result<(Option<std::time::Duration>, usize), Refusal> {
    let (options, at) = (at.needed("common_http_protocol_options", options)?, &at.field("common_http_protocol_options"));
    open!(at, options => core::HttpProtocolOptions { idle_timeout, max_headers_count } unset {
        max_connection_duration, max_connection_duration_jitter, max_response_headers_kb, max_stream_duration,
        headers_with_underscores_action, max_requests_per_connection,
    });
    let headers = value::number(at, "max_headers_count", max_headers_count)?;
    at.has_to("max_headers_count", headers > 0, "at least 1")?;
    Ok((value::endless(at, "idle_timeout", idle_timeout.as_ref())?, headers as usize))
}

fn routes(at: &At<'_>, routes: Option<part::RouteSpecifier>, known: &mut Known<'_>) -> Result<RouteId, Refusal> {
    let rds = match routes {
        Some(part::RouteSpecifier::Rds(rds)) => rds,
        Some(part::RouteSpecifier::RouteConfig(_)) => return Err(at.unread("route_config")),
        Some(part::RouteSpecifier::ScopedRoutes(_)) => return Err(at.unread("scoped_routes")),
        None => return Err(at.field("rds").refuse("is missing")),
    };
    let at = &at.field("rds");
    let pb::Rds { config_source, route_config_name } = rds;
    source::stream(at, "config_source", config_source)?;
    known.route(&at.field("route_config_name"), &route_config_name)
}

/// What the server is told of the caller.
fn peer(at: &At<'_>, details: i32, of: Option<part::SetCurrentClientCertDetails>) -> Result<Peer, Refusal> {
    let field = "set_current_client_cert_details";
    match part::ForwardClientCertDetails::try_from(details) {
        Ok(part::ForwardClientCertDetails::Sanitize) => {
            at.has_to(field, of.is_none(), "absent under SANITIZE")?;
            Ok(Peer::Remove)
        }
        Ok(part::ForwardClientCertDetails::SanitizeSet) => {
            let (of, at) = (at.needed(field, of)?, &at.field(field));
            open!(at, of => part::SetCurrentClientCertDetails { uri } unset { subject, cert, chain, dns, issuer, format });
            at.has_to("uri", uri, true)?;
            Ok(Peer::Replace)
        }
        Ok(
            part::ForwardClientCertDetails::ForwardOnly
            | part::ForwardClientCertDetails::AppendForward
            | part::ForwardClientCertDetails::AlwaysForwardOnly,
        )
        | Err(_) => Err(at.field("forward_client_cert_details").refuse("is neither SANITIZE nor SANITIZE_SET: callers would be believed")),
    }
}

fn websocket(at: &At<'_>, configs: Vec<part::UpgradeConfig>) -> Result<bool, Refusal> {
    let path = at.field("upgrade_configs");
    at.has_to("upgrade_configs", configs.len() <= 1, "one at most")?;
    let Some(config) = configs.into_iter().next() else { return Ok(false) };
    let at = &path.index(0);
    open!(at, config => part::UpgradeConfig { upgrade_type } unset { filters, enabled });
    at.has_to("upgrade_type", upgrade_type == "websocket", "websocket")?;
    Ok(true)
}
