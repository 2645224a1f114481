//! Addresses and what they begin with.

use std::net::{IpAddr, SocketAddr};

use envoy_types::pb::envoy::config::core::v3 as core;

use super::at::{At, open};
use super::refusal::Refusal;
use super::value;
use crate::table::Prefix;

/// An `Address`: an IP address and a port.
pub(super) fn socket(at: &At<'_>, address: core::Address) -> Result<SocketAddr, Refusal> {
    let core::Address { address } = address;
    let socket = match address {
        Some(core::address::Address::SocketAddress(socket)) => socket,
        Some(core::address::Address::Pipe(_)) => return Err(at.unread("pipe")),
        Some(core::address::Address::EnvoyInternalAddress(_)) => return Err(at.unread("envoy_internal_address")),
        None => return Err(at.field("socket_address").refuse("is missing")),
    };
    let at = &at.field("socket_address");
    open!(at, socket => core::SocketAddress { address, port_specifier }
        unset { protocol, resolver_name, ipv4_compat, network_namespace_filepath });
    let port = match port_specifier {
        Some(core::socket_address::PortSpecifier::PortValue(port)) => value::port(&at.field("port_value"), port)?,
        Some(core::socket_address::PortSpecifier::NamedPort(_)) => return Err(at.unread("named_port")),
        None => return Err(at.field("port_value").refuse("is missing")),
    };
    Ok(SocketAddr::new(ip(&at.field("address"), &address)?, port))
}

/// A `CidrRange`.
pub(super) fn prefix(at: &At<'_>, range: core::CidrRange) -> Result<Prefix, Refusal> {
    let core::CidrRange { address_prefix, prefix_len } = range;
    let address = ip(&at.field("address_prefix"), &address_prefix)?;
    if matches!(address, IpAddr::V6(ip) if ip.to_ipv4_mapped().is_some()) {
        // Callers are compared by the address that they have, which is of IPv4.
        return Err(at.field("address_prefix").refuse("is an address of IPv4 within IPv6: it is written as one of IPv4"));
    }
    let bits = if address.is_ipv4() { 32 } else { 128 };
    let length = value::number(at, "prefix_len", prefix_len)?;
    at.has_to("prefix_len", length <= bits, format_args!("at most {bits}"))?;
    Ok(Prefix { address, length: length as u8 })
}

fn ip(at: &At<'_>, text: &str) -> Result<IpAddr, Refusal> {
    text.parse().map_err(|_| at.refuse(format!("is {text:?}, which is no IP address")))
}
