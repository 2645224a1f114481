//! `ClusterLoadAssignment`: endpoints by locality.

use std::sync::Arc;

use envoy_types::pb::envoy::config::core::v3 as core;
use envoy_types::pb::envoy::config::endpoint::v3 as pb;
use envoy_types::pb::google::protobuf::{self, value::Kind};

use super::address;
use super::at::{At, open};
use super::known::named;
use super::refusal::Refusal;
use super::sorted::sorted;
use crate::table::{Assignment, Endpoint, Locality};

/// What Envoy's `overprovisioning_factor` is where none is written.
const OVERPROVISIONING: u32 = 140;
/// What an endpoint says to `transport_socket_matches`.
const SOCKET_MATCH: &str = "envoy.transport_socket_match";

/// The assignment and the cluster that it is for.
pub(super) fn assignment(at: &At<'_>, message: pb::ClusterLoadAssignment) -> Result<(Arc<str>, Assignment), Refusal> {
    open!(at, message => pb::ClusterLoadAssignment { cluster_name, endpoints, policy } unset { named_endpoints });
    let name = named(&at.field("cluster_name"), &cluster_name)?;
    if let Some(policy) = policy {
        let at = &at.field("policy");
        open!(at, policy => pb::cluster_load_assignment::Policy { overprovisioning_factor }
            unset { drop_overloads, endpoint_stale_after, weighted_priority_health });
        let factor = overprovisioning_factor.map_or(OVERPROVISIONING, |factor| factor.value);
        at.has_to("overprovisioning_factor", factor == OVERPROVISIONING, OVERPROVISIONING)?;
    }
    let path = at.field("endpoints");
    let localities = endpoints.into_iter().enumerate().map(|(index, locality)| self::locality(&path.index(index), locality));
    Ok((name, Assignment { localities: localities.collect::<Result<_, _>>()? }))
}

fn locality(at: &At<'_>, message: pb::LocalityLbEndpoints) -> Result<Locality, Refusal> {
    open!(at, message => pb::LocalityLbEndpoints { locality, lb_endpoints, priority, lb_config }
        unset { metadata, load_balancing_weight, proximity });
    // Where they are decides on nothing that is not said by priority. Envoy reads their weight only where the cluster says so.
    if let Some(core::Locality { region: _, zone: _, sub_zone: _ }) = locality {}
    match lb_config {
        None => {}
        Some(pb::locality_lb_endpoints::LbConfig::LoadBalancerEndpoints(_)) => return Err(at.unread("load_balancer_endpoints")),
        Some(pb::locality_lb_endpoints::LbConfig::LedsClusterLocalityConfig(_)) => return Err(at.unread("leds_cluster_locality_config")),
    }
    at.has_to("priority", priority <= 128, "at most 128")?;
    let path = at.field("lb_endpoints");
    let endpoints = lb_endpoints.into_iter().enumerate().map(|(index, endpoint)| self::endpoint(&path.index(index), endpoint));
    Ok(Locality { priority, endpoints: endpoints.collect::<Result<_, _>>()? })
}

fn endpoint(at: &At<'_>, message: pb::LbEndpoint) -> Result<Endpoint, Refusal> {
    let pb::LbEndpoint { health_status, metadata, load_balancing_weight, host_identifier } = message;
    let endpoint = match host_identifier {
        Some(pb::lb_endpoint::HostIdentifier::Endpoint(endpoint)) => endpoint,
        Some(pb::lb_endpoint::HostIdentifier::EndpointName(_)) => return Err(at.unread("endpoint_name")),
        None => return Err(at.field("endpoint").refuse("is missing")),
    };
    let is_healthy = match core::HealthStatus::try_from(health_status) {
        Ok(core::HealthStatus::Unknown | core::HealthStatus::Healthy) => true,
        Ok(core::HealthStatus::Unhealthy | core::HealthStatus::Draining | core::HealthStatus::Timeout) => false,
        Ok(core::HealthStatus::Degraded) => return Err(at.field("health_status").refuse("is DEGRADED, which this proxy does not know")),
        Err(_) => return Err(at.field("health_status").refuse("is unknown")),
    };
    let weight = load_balancing_weight.map_or(1, |weight| weight.value);
    at.has_to("load_balancing_weight", weight != 0, "at least 1")?;
    let is_meshed = metadata.map(|metadata| self::is_meshed(&at.field("metadata"), metadata)).transpose()?.unwrap_or(false);
    let at = &at.field("endpoint");
    open!(at, endpoint => pb::Endpoint { address } unset { health_check_config, hostname, additional_addresses, observability_name });
    let address = address::socket(&at.field("address"), at.needed("address", address)?)?;
    Ok(Endpoint { address, is_meshed, is_healthy, weight })
}

/// Whether it says `mtls: true`; nothing else may be said.
fn is_meshed(at: &At<'_>, metadata: core::Metadata) -> Result<bool, Refusal> {
    open!(at, metadata => core::Metadata { filter_metadata } unset { typed_filter_metadata });
    let path = at.field("filter_metadata");
    let mut is_meshed = false;
    for (key, said) in sorted(filter_metadata) {
        let at = &path.key(&key);
        if key != SOCKET_MATCH {
            return Err(at.refuse(format!("is read by nobody: {SOCKET_MATCH} alone is known")));
        }
        is_meshed = mtls(at, said)?;
    }
    Ok(is_meshed)
}

/// Whether a `Struct` is `{mtls: true}` or empty.
pub(super) fn mtls(at: &At<'_>, said: protobuf::Struct) -> Result<bool, Refusal> {
    let protobuf::Struct { fields } = said;
    let is_empty = fields.is_empty();
    for (key, protobuf::Value { kind }) in sorted(fields) {
        at.has_to(&key, key == "mtls" && kind == Some(Kind::BoolValue(true)), "`mtls`, and true")?;
    }
    Ok(!is_empty)
}
