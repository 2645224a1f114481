//! `Cluster`: where calls can go, and how.

use std::collections::HashMap;
use std::sync::Arc;

use envoy_types::pb::envoy::config::cluster::v3 as pb;
use envoy_types::pb::envoy::config::core::v3 as core;
use envoy_types::pb::envoy::config::endpoint::v3::ClusterLoadAssignment;
use envoy_types::pb::envoy::extensions::upstreams::http::v3 as upstream;
use envoy_types::pb::envoy::r#type::v3::Percent;
use envoy_types::pb::google::protobuf;

use super::any;
use super::at::{At, open};
use super::balancing;
use super::endpoint;
use super::known::{Known, named};
use super::limits;
use super::refusal::Refusal;
use super::sorted::sorted;
use super::source;
use super::tls;
use super::value;
use crate::table::{Assignment, Cluster, Discovery, Encryption, LoadBalancing};

const PROTOCOL_OPTIONS: &str = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";

/// All of it.
pub(super) fn cluster(at: &At<'_>, message: pb::Cluster, known: &mut Known<'_>) -> Result<Cluster, Refusal> {
    open!(at, message => pb::Cluster {
        name, cluster_discovery_type, eds_cluster_config, load_assignment, connect_timeout, lb_policy, lb_config, common_lb_config,
        circuit_breakers, outlier_detection, transport_socket, transport_socket_matches, typed_extension_protocol_options,
    } unset {
        transport_socket_matcher, alt_stat_name, stats_matcher, per_connection_buffer_limit_bytes,
        per_connection_buffer_high_watermark_timeout, health_checks, max_requests_per_connection, upstream_http_protocol_options,
        common_http_protocol_options, http_protocol_options, http2_protocol_options, dns_refresh_rate, dns_jitter,
        dns_failure_refresh_rate, respect_dns_ttl, dns_lookup_family, dns_resolvers, use_tcp_for_dns_lookups, dns_resolution_config,
        typed_dns_resolver_config, wait_for_warm_on_init, cleanup_interval, upstream_bind_config, lb_subset_config, metadata,
        protocol_selection, upstream_connection_options, close_connections_on_host_health_failure, ignore_health_on_host_removal,
        filters, load_balancing_policy, lrs_server, lrs_report_endpoint_metrics, track_timeout_budgets, upstream_config,
        track_cluster_stats, preconnect_policy, connection_pool_per_downstream_connection, queuing_policies,
    });
    let id = known.cluster(&at.field("name"), &name)?;
    let name = named(&at.field("name"), &name)?;
    let discovery = match discovery(at, cluster_discovery_type)? {
        pb::cluster::DiscoveryType::Eds => {
            assigned(at, eds_cluster_config)?;
            at.has_to("load_assignment", load_assignment.is_none(), "absent: endpoints come from EDS")?;
            Discovery::Assigned
        }
        kind => {
            at.has_to("eds_cluster_config", eds_cluster_config.is_none(), "absent: the type is not EDS")?;
            if kind == pb::cluster::DiscoveryType::Static {
                Discovery::Static(fixed(at, load_assignment, &name)?)
            } else {
                at.has_to("load_assignment", load_assignment.is_none(), "absent: the caller says where calls go")?;
                Discovery::OriginalDestination
            }
        }
    };
    let balancing = balancing::policy(at, lb_policy, lb_config)?;
    let is_direct = matches!(discovery, Discovery::OriginalDestination);
    let wanted = if is_direct { "CLUSTER_PROVIDED where the type is ORIGINAL_DST" } else { "another: the type is not ORIGINAL_DST" };
    at.has_to("lb_policy", balancing.is_none() == is_direct, wanted)?;
    never_panics(at, common_lb_config)?;
    same_protocol(at, typed_extension_protocol_options)?;
    Ok(Cluster {
        id,
        name,
        discovery,
        connect_timeout: value::positive(at, "connect_timeout", connect_timeout.as_ref())?,
        // The caller's address leaves no choice.
        balancing: balancing.unwrap_or(LoadBalancing::RoundRobin),
        limits: limits::limits(at, circuit_breakers)?,
        outlier: outlier_detection.map(|outlier| limits::outlier(&at.field("outlier_detection"), outlier)).transpose()?,
        encryption: encryption(at, transport_socket, transport_socket_matches, known)?,
    })
}

fn discovery(at: &At<'_>, kind: Option<pb::cluster::ClusterDiscoveryType>) -> Result<pb::cluster::DiscoveryType, Refusal> {
    use pb::cluster::{ClusterDiscoveryType, DiscoveryType};
    let kind = match kind {
        Some(ClusterDiscoveryType::Type(kind)) => DiscoveryType::try_from(kind).ok(),
        Some(ClusterDiscoveryType::ClusterType(_)) => return Err(at.unread("cluster_type")),
        None => return Err(at.field("type").refuse("is missing")),
    };
    match kind {
        Some(known @ (DiscoveryType::Eds | DiscoveryType::Static | DiscoveryType::OriginalDst)) => Ok(known),
        Some(DiscoveryType::StrictDns | DiscoveryType::LogicalDns) | None => {
            Err(at.field("type").refuse("is unknown: EDS, STATIC and ORIGINAL_DST are known"))
        }
    }
}

fn assigned(at: &At<'_>, config: Option<pb::cluster::EdsClusterConfig>) -> Result<(), Refusal> {
    let (config, at) = (at.needed("eds_cluster_config", config)?, &at.field("eds_cluster_config"));
    open!(at, config => pb::cluster::EdsClusterConfig { eds_config } unset { service_name });
    source::stream(at, "eds_config", eds_config)
}

/// Endpoints that stand in the cluster; without any, nothing can be reached.
fn fixed(at: &At<'_>, assignment: Option<ClusterLoadAssignment>, name: &str) -> Result<Assignment, Refusal> {
    let Some(assignment) = assignment else { return Ok(Assignment::default()) };
    let at = &at.field("load_assignment");
    let (of, assignment) = endpoint::assignment(at, assignment)?;
    at.has_to("cluster_name", *of == *name, name)?;
    Ok(assignment)
}

/// Traffic never goes to endpoints that are left out, however many they are.
fn never_panics(at: &At<'_>, config: Option<pb::cluster::CommonLbConfig>) -> Result<(), Refusal> {
    let (config, at) = (at.needed("common_lb_config", config)?, &at.field("common_lb_config"));
    open!(at, config => pb::cluster::CommonLbConfig { healthy_panic_threshold, locality_config_specifier } unset {
        update_merge_window, ignore_new_hosts_until_first_hc, close_connections_on_host_set_change, consistent_hashing_lb_config,
        override_host_status,
    });
    use pb::cluster::common_lb_config::LocalityConfigSpecifier;
    match locality_config_specifier {
        None => {}
        Some(LocalityConfigSpecifier::ZoneAwareLbConfig(_)) => return Err(at.unread("zone_aware_lb_config")),
        Some(LocalityConfigSpecifier::LocalityWeightedLbConfig(_)) => return Err(at.unread("locality_weighted_lb_config")),
    }
    let Percent { value } = at.needed("healthy_panic_threshold", healthy_panic_threshold)?;
    at.field("healthy_panic_threshold").has_to("value", value == 0.0, 0)
}

/// Servers are spoken to in the protocol that the caller speaks.
fn same_protocol(at: &At<'_>, options: HashMap<String, protobuf::Any>) -> Result<(), Refusal> {
    let path = at.field("typed_extension_protocol_options");
    for (key, options) in sorted(options) {
        let at = &path.key(&key);
        if key != PROTOCOL_OPTIONS {
            return Err(at.refuse(format!("is unknown: {PROTOCOL_OPTIONS} is known")));
        }
        let options: upstream::HttpProtocolOptions = any::typed(at, &options)?;
        open!(at, options => upstream::HttpProtocolOptions { upstream_protocol_options } unset {
            common_http_protocol_options, upstream_http_protocol_options, http_filters, header_validation_config, outlier_detection,
            request_mirror_policies, hash_policy, retry_policy,
        });
        use upstream::http_protocol_options::UpstreamProtocolOptions;
        let field = "use_downstream_protocol_config";
        let config = match upstream_protocol_options {
            Some(UpstreamProtocolOptions::UseDownstreamProtocolConfig(config)) => config,
            Some(UpstreamProtocolOptions::ExplicitHttpConfig(_)) => return Err(at.unread("explicit_http_config")),
            Some(UpstreamProtocolOptions::AutoConfig(_)) => return Err(at.unread("auto_config")),
            None => return Err(at.field(field).refuse("is missing")),
        };
        let at = &at.field(field);
        open!(at, config => upstream::http_protocol_options::UseDownstreamHttpConfig { http_protocol_options, http2_protocol_options }
            unset { http3_protocol_options });
        http1(&at.field("http_protocol_options"), at.needed("http_protocol_options", http_protocol_options)?)?;
        http2(&at.field("http2_protocol_options"), at.needed("http2_protocol_options", http2_protocol_options)?)?;
    }
    Ok(())
}

fn http1(at: &At<'_>, options: core::Http1ProtocolOptions) -> Result<(), Refusal> {
    open!(at, options => core::Http1ProtocolOptions {} unset {
        allow_absolute_url, accept_http_10, default_host_for_http_10, header_key_format, enable_trailers, allow_chunked_length,
        override_stream_error_on_invalid_http_message, send_fully_qualified_url, use_balsa_parser, allow_custom_methods,
        ignore_http_11_upgrade,
    });
    Ok(())
}

fn http2(at: &At<'_>, options: core::Http2ProtocolOptions) -> Result<(), Refusal> {
    open!(at, options => core::Http2ProtocolOptions {} unset {
        hpack_table_size, max_concurrent_streams, initial_stream_window_size, initial_connection_window_size, allow_connect,
        allow_metadata, max_outbound_frames, max_outbound_control_frames, max_consecutive_inbound_frames_with_empty_payload,
        max_inbound_priority_frames_per_stream, max_inbound_window_update_frames_per_data_frame_sent,
        stream_error_on_invalid_http_messaging, override_stream_error_on_invalid_http_message, custom_settings_parameters,
        connection_keepalive, use_oghttp2_codec, max_metadata_size, enable_huffman_encoding, max_header_field_size_kb, disallow_obs_text,
        stream_reset_burst, stream_reset_rate,
    });
    Ok(())
}

/// Either one socket for all endpoints, or TLS for those that are marked, and none for others.
fn encryption(
    at: &At<'_>,
    socket: Option<core::TransportSocket>,
    matches: Vec<pb::cluster::TransportSocketMatch>,
    known: &mut Known<'_>,
) -> Result<Encryption, Refusal> {
    let path = at.field("transport_socket_matches");
    if matches.is_empty() {
        let tls = socket.map(|socket| tls::client(&at.field("transport_socket"), socket, known)).transpose()?;
        return Ok(tls.map_or(Encryption::Plain, |tls| Encryption::Always(Arc::new(tls))));
    }
    at.has_to("transport_socket", socket.is_none(), "absent beside transport_socket_matches")?;
    let count = matches.len();
    let Ok([marked, rest]) = <[_; 2]>::try_from(matches) else {
        return Err(path.refuse(format!("has to be two, `mtls` and `plain`, not {count}")));
    };
    let at = &path.index(0);
    let tls = tls::client(&at.field("transport_socket"), matching(at, marked, "mtls", true)?, known)?;
    let at = &path.index(1);
    tls::plain(&at.field("transport_socket"), matching(at, rest, "plain", false)?)?;
    Ok(Encryption::Marked(Arc::new(tls)))
}

fn matching(at: &At<'_>, one: pb::cluster::TransportSocketMatch, legal: &str, is_marked: bool) -> Result<core::TransportSocket, Refusal> {
    let pb::cluster::TransportSocketMatch { name, r#match, transport_socket } = one;
    at.has_to("name", name == legal, legal)?;
    let said = endpoint::mtls(&at.field("match"), at.needed("match", r#match)?)?;
    at.has_to("match", said == is_marked, if is_marked { "{mtls: true}" } else { "{}" })?;
    at.needed("transport_socket", transport_socket)
}
