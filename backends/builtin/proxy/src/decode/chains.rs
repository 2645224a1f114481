//! What chains have to be beside each other.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;

use super::at::At;
use super::known::Known;
use super::refusal::Refusal;
use crate::table::{Action, Chain, ClusterId, Direction, Listener, Ports, Prefix, Shares};

/// Combinations that chains of one listener may match, at most.
const COMBINATIONS: usize = 1 << 20;

/// Refuses a listener in which a connection could take a chain that nobody meant it to take.
pub(super) fn check(at: &At<'_>, listener: &Listener, known: &mut Known<'_>) -> Result<(), Refusal> {
    if listener.chains.is_empty() && listener.default_chain.is_none() {
        return Err(at.field("filter_chains").refuse("is empty, and there is no default_filter_chain"));
    }
    let path = at.field("filter_chains");
    differ(&path, listener)?;
    inspected(&path, listener)?;
    if listener.direction == Direction::Inbound {
        let [closed, passthrough] = ["closed", "passthrough"].map(|name| known.cluster(at, name));
        guarded(at, listener, closed?, passthrough?)?;
    }
    Ok(())
}

/// No two chains match the same connection equally well: which one is taken would depend on their order.
fn differ(at: &At<'_>, listener: &Listener) -> Result<(), Refusal> {
    let mut taken = HashMap::new();
    for (index, chain) in listener.chains.iter().enumerate() {
        let matches = &chain.matches;
        let at = &at.index(index);
        let addresses = or_any(matches.addresses.iter().map(beginning));
        let names = or_any(matches.server_names.iter());
        let protocols = or_any(matches.protocols.iter());
        let several = names.len().saturating_mul(protocols.len()).saturating_mul(addresses.len());
        if several.saturating_add(taken.len()) > COMBINATIONS {
            return Err(at.field("filter_chain_match").refuse(format!("makes more than {COMBINATIONS} combinations of what is matched")));
        }
        for (address, name, protocol) in product(&addresses, &names, &protocols) {
            let key = (matches.port, address, name, matches.is_tls, protocol);
            // One that says the same twice over takes nothing from another.
            if let Some(other) = taken.insert(key, index).filter(|other| *other != index) {
                let other = &listener.chains[other].name;
                return Err(at.field("filter_chain_match").refuse(format!("matches what {other} matches")));
            }
        }
    }
    Ok(())
}

fn product<A: Copy, B: Copy, C: Copy>(a: &[A], b: &[B], c: &[C]) -> impl Iterator<Item = (A, B, C)> {
    a.iter().flat_map(move |a| b.iter().flat_map(move |b| c.iter().map(move |c| (*a, *b, *c))))
}

/// Each of them, or `None` where there is none.
fn or_any<T>(of: impl Iterator<Item = T>) -> Vec<Option<T>> {
    let of: Vec<_> = of.map(Some).collect();
    if of.is_empty() { vec![None] } else { of }
}

/// A prefix without the bits that do not count.
fn beginning(prefix: &Prefix) -> (IpAddr, u8) {
    let length = u32::from(prefix.length);
    let address = match prefix.address {
        IpAddr::V4(ip) => IpAddr::V4((u32::from(ip) & u32::MAX.checked_shl(32 - length.min(32)).unwrap_or(0)).into()),
        IpAddr::V6(ip) => IpAddr::V6((u128::from(ip) & u128::MAX.checked_shl(128 - length.min(128)).unwrap_or(0)).into()),
    };
    (address, prefix.length)
}

/// A chain is chosen by what is looked for alone.
fn inspected(at: &At<'_>, listener: &Listener) -> Result<(), Refusal> {
    let sees = |ports: &Ports, port: Option<u16>| port.map_or_else(|| *ports != Ports::NONE, |port| ports.contains(port));
    for (index, chain) in listener.chains.iter().enumerate() {
        let (at, matches) = (&at.index(index), &chain.matches);
        let at = &at.field("filter_chain_match");
        let (tls, http) = (sees(&listener.sees_tls, matches.port), sees(&listener.sees_http, matches.port));
        at.has_to("transport_protocol", matches.is_tls.is_none() || tls, "absent: the tls_inspector does not look at the port")?;
        at.has_to("server_names", matches.server_names.is_empty() || tls, "absent: the tls_inspector does not look at the port")?;
        at.has_to("application_protocols", matches.protocols.is_empty() || tls || http, "absent: no inspector looks at the port")?;
    }
    Ok(())
}

/// Beside TLS there is a chain for what is no TLS. Without it plain text would fall through to the default chain.
fn guarded(root: &At<'_>, listener: &Listener, closed: ClusterId, passthrough: ClusterId) -> Result<(), Refusal> {
    let path = root.field("filter_chains");
    for (index, chain) in listener.chains.iter().enumerate().filter(|(_, chain)| chain.tls.is_some()) {
        let at = &path.index(index);
        // A chain that says nothing of TLS would take plain text too, and fail it in the handshake: nobody means that.
        at.field("filter_chain_match").has_to("transport_protocol", chain.matches.is_tls == Some(true), "tls")?;
        let is_rest = |other: &&Arc<Chain>| is_rest_of(other, chain.matches.port);
        let Some(rest) = listener.chains.iter().find(is_rest) else {
            return Err(at.refuse("ends TLS, and no chain takes what comes in plain on its port: it would take the default chain"));
        };
        let leads_past = listener.default_chain.as_ref().is_some_and(|default| leads_to(default, passthrough));
        if leads_to(rest, closed) && leads_past {
            return Err(root
                .field("default_filter_chain")
                .refuse(format!("lets everything pass, and {} is closed to what is plain", chain.name)));
        }
    }
    Ok(())
}

/// Whether a chain takes whatever comes in plain on a port.
fn is_rest_of(chain: &Chain, port: Option<u16>) -> bool {
    let matches = &chain.matches;
    let takes_all = matches.addresses.is_empty() && matches.server_names.is_empty() && matches.protocols.is_empty();
    matches.port == port && matches.is_tls != Some(true) && takes_all && chain.tls.is_none()
}

/// Whether some connection of a chain may go to a cluster.
fn leads_to(chain: &Chain, cluster: ClusterId) -> bool {
    match &chain.action {
        Action::Http(_) => false,
        Action::Tcp(proxy) => match &proxy.shares {
            Shares::One(one) => *one == cluster,
            Shares::Weighted { total: _, of } => of.iter().any(|share| share.cluster == cluster),
        },
    }
}
