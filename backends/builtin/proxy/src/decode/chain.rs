//! `FilterChain`: when it is chosen, and what a connection is given to.

use std::fmt::{self, Write};
use std::sync::Arc;

use envoy_types::pb::envoy::config::listener::v3 as pb;
use envoy_types::pb::google::protobuf::Any;
use sha2::{Digest, Sha256};

use super::address;
use super::any;
use super::at::{At, open};
use super::known::{Known, named};
use super::manager;
use super::overrides::{ALLOW, DENY};
use super::rbac;
use super::refusal::Refusal;
use super::tcp;
use super::tls;
use super::value;
use crate::table::{Action, Chain, ChainMatch, Direction, NetworkRules, Prefix};

const MANAGER: &str = "envoy.filters.network.http_connection_manager";
const TCP: &str = "envoy.filters.network.tcp_proxy";

/// A chain that connections are chosen for.
pub(super) fn chain(at: &At<'_>, message: pb::FilterChain, direction: Direction, known: &mut Known<'_>) -> Result<Chain, Refusal> {
    open!(at, message => pb::FilterChain { filter_chain_match, filters, transport_socket, name }
        unset { use_proxy_proto, metadata, transport_socket_connect_timeout });
    let name = named(&at.field("name"), &name)?;
    let matches = filter_chain_match.map(|said| matches(&at.field("filter_chain_match"), said)).transpose()?.unwrap_or_default();
    let tls = transport_socket.map(|socket| tls::server(&at.field("transport_socket"), socket, known)).transpose()?.map(Arc::new);
    if tls.is_some() {
        at.has_to("transport_socket", direction == Direction::Inbound, "absent: calls of the workload itself come in plain")?;
    }
    let action = action(&at.field("filters"), filters, direction, known)?;
    let mut chain = Chain { name, digest: [0; 32], matches, tls, action };
    chain.digest = digest(&chain);
    Ok(chain)
}

/// The chain of connections that no other is chosen for.
pub(super) fn default(at: &At<'_>, message: pb::FilterChain, direction: Direction, known: &mut Known<'_>) -> Result<Chain, Refusal> {
    at.has_to("filter_chain_match", message.filter_chain_match.is_none(), "absent: it is taken where nothing else matches")?;
    at.has_to("transport_socket", message.transport_socket.is_none(), "absent")?;
    chain(at, message, direction, known)
}

/// Over what was read and not over its bytes, in which maps have no order.
fn digest(chain: &Chain) -> [u8; 32] {
    struct Bytes(Sha256);
    impl Write for Bytes {
        fn write_str(&mut self, text: &str) -> fmt::Result {
            self.0.update(text);
            Ok(())
        }
    }
    let mut bytes = Bytes(Sha256::new());
    // It takes all that it is given.
    let _ = write!(bytes, "{chain:?}");
    bytes.0.finalize().into()
}

fn matches(at: &At<'_>, message: pb::FilterChainMatch) -> Result<ChainMatch, Refusal> {
    open!(at, message => pb::FilterChainMatch { destination_port, prefix_ranges, server_names, transport_protocol, application_protocols }
        unset { address_suffix, suffix_len, direct_source_prefix_ranges, source_type, source_prefix_ranges, source_ports });
    let path = at.field("prefix_ranges");
    let addresses = prefix_ranges.into_iter().enumerate().map(|(index, range)| address::prefix(&path.index(index), range));
    let path = at.field("server_names");
    let names = server_names.into_iter().enumerate().map(|(index, name)| server_name(&path.index(index), &name));
    let path = at.field("application_protocols");
    let protocols = application_protocols.into_iter().enumerate();
    let protocols = protocols.map(|(index, protocol)| named(&path.index(index), &protocol).map(|protocol| protocol.as_ref().into()));
    Ok(ChainMatch {
        port: destination_port.map(|port| value::port(&at.field("destination_port"), port.value)).transpose()?,
        addresses: addresses.collect::<Result<Vec<Prefix>, _>>()?,
        server_names: names.collect::<Result<_, _>>()?,
        is_tls: match transport_protocol.as_str() {
            "" => None,
            "tls" => Some(true),
            "raw_buffer" => Some(false),
            _ => return Err(at.field("transport_protocol").refuse("is neither tls nor raw_buffer")),
        },
        protocols: protocols.collect::<Result<_, _>>()?,
    })
}

/// A name, or `*.` and a name; as clients say it, in lower case.
fn server_name(at: &At<'_>, name: &str) -> Result<Box<str>, Refusal> {
    let bare = name.strip_prefix("*.").unwrap_or(name);
    let is_name = !bare.is_empty() && name.len() <= 253 && bare.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte));
    if is_name {
        Ok(name.to_ascii_lowercase().into())
    } else {
        Err(at.refuse(format!("is {name:?}: a name, or `*.` and a name, is known")))
    }
}

/// Access filters, and what lies behind them.
fn action(at: &At<'_>, mut filters: Vec<pb::Filter>, direction: Direction, known: &mut Known<'_>) -> Result<Action, Refusal> {
    let last = filters.pop().ok_or_else(|| at.refuse("is empty"))?;
    let behind = filters.len();
    let mut guards = [DENY, ALLOW].into_iter();
    let mut access = NetworkRules::new();
    for (index, filter) in filters.into_iter().enumerate() {
        let at = &at.index(index);
        let pb::Filter { name, config_type } = filter;
        if !guards.any(|guard| guard == name) {
            return Err(unknown(at, &name));
        }
        let config = config(at, config_type)?;
        let at = &at.field("typed_config");
        access.push(rbac::of_connections(at, any::typed(at, &config)?, known)?);
    }
    let at = &at.index(behind);
    let pb::Filter { name, config_type } = last;
    match name.as_str() {
        TCP => {
            let config = config(at, config_type)?;
            let at = &at.field("typed_config");
            tcp::proxy(at, any::typed(at, &config)?, access, known).map(|proxy| Action::Tcp(Arc::new(proxy)))
        }
        // Rules of connections would be asked by nobody before it.
        MANAGER if behind == 0 => {
            let config = config(at, config_type)?;
            let at = &at.field("typed_config");
            let manager = manager::manager(at, any::typed(at, &config)?, known)?;
            at.has_to("http_filters", manager.filters.direction() == direction, "those of the listener's traffic_direction")?;
            Ok(Action::Http(Arc::new(manager)))
        }
        _ => Err(unknown(at, &name)),
    }
}

fn unknown(at: &At<'_>, name: &str) -> Refusal {
    let known = format!("{DENY} and {ALLOW}, then {TCP}; or {MANAGER} alone");
    at.field("name").refuse(format!("is {name}, which is unknown here: filters are {known}"))
}

fn config(at: &At<'_>, config: Option<pb::filter::ConfigType>) -> Result<Any, Refusal> {
    match config {
        Some(pb::filter::ConfigType::TypedConfig(config)) => Ok(config),
        Some(pb::filter::ConfigType::ConfigDiscovery(_)) => Err(at.unread("config_discovery")),
        None => Err(at.field("typed_config").refuse("is missing")),
    }
}
