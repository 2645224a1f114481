//! `Listener`: where the proxy listens, and what becomes of a connection.

use std::sync::Arc;
use std::time::Duration;

use envoy_types::pb::envoy::config::core::v3::TrafficDirection;
use envoy_types::pb::envoy::config::listener::v3 as pb;

use super::address;
use super::at::{At, open};
use super::chain;
use super::chains;
use super::inspect;
use super::known::{Known, named};
use super::refusal::Refusal;
use super::value;
use crate::table::{Direction, Listener};

/// Envoy's own where no time is written.
const PATIENCE: Duration = Duration::from_secs(15);

/// All of it.
pub(super) fn listener(at: &At<'_>, message: pb::Listener, known: &mut Known<'_>) -> Result<Listener, Refusal> {
    open!(at, message => pb::Listener {
        name, address, additional_addresses, filter_chains, default_filter_chain, listener_filters, listener_filters_timeout,
        continue_on_listener_filters_timeout, traffic_direction, listener_specifier,
    } unset {
        stat_prefix, stats_matcher, fcds_config, filter_chain_matcher, use_original_dst, per_connection_buffer_limit_bytes,
        per_connection_buffer_high_watermark_timeout, metadata, deprecated_v1, drain_type, transparent, freebind, socket_options,
        tcp_fast_open_queue_length, udp_listener_config, api_listener, connection_balance_config, reuse_port, enable_reuse_port,
        access_log, tcp_backlog_size, max_connections_to_accept_per_socket_event, bind_to_port, enable_mptcp, ignore_global_conn_limit,
        bypass_overload_manager, tcp_keepalive,
    });
    if let Some(pb::listener::ListenerSpecifier::InternalListener(_)) = listener_specifier {
        return Err(at.unread("internal_listener"));
    }
    let name = named(&at.field("name"), &name)?;
    let mut addresses = vec![address::socket(&at.field("address"), at.needed("address", address)?)?];
    let path = at.field("additional_addresses");
    for (index, additional) in additional_addresses.into_iter().enumerate() {
        let at = &path.index(index);
        open!(at, additional => pb::AdditionalAddress { address } unset { socket_options, tcp_keepalive });
        addresses.push(address::socket(&at.field("address"), at.needed("address", address)?)?);
    }
    let direction = match TrafficDirection::try_from(traffic_direction) {
        Ok(TrafficDirection::Inbound) => Direction::Inbound,
        Ok(TrafficDirection::Outbound) => Direction::Outbound,
        Ok(TrafficDirection::Unspecified) | Err(_) => {
            return Err(at.field("traffic_direction").refuse("has to be INBOUND or OUTBOUND"));
        }
    };
    let patience = listener_filters_timeout.map(|_| value::positive(at, "listener_filters_timeout", listener_filters_timeout.as_ref()));
    let inspection = inspect::inspection(&at.field("listener_filters"), listener_filters)?;
    let path = at.field("filter_chains");
    let chains = filter_chains.into_iter().enumerate();
    let chains = chains.map(|(index, chain)| chain::chain(&path.index(index), chain, direction, known).map(Arc::new));
    let chains = chains.collect::<Result<Vec<_>, _>>()?;
    let default_chain =
        default_filter_chain.map(|chain| chain::default(&at.field("default_filter_chain"), chain, direction, known).map(Arc::new));
    let listener = Listener {
        name,
        addresses,
        direction,
        original_destination: inspection.original_destination,
        sees_tls: inspection.tls,
        sees_http: inspection.http,
        patience: patience.transpose()?.unwrap_or(PATIENCE),
        goes_on: continue_on_listener_filters_timeout,
        chains,
        default_chain: default_chain.transpose()?,
    };
    chains::check(at, &listener, known)?;
    Ok(listener)
}
