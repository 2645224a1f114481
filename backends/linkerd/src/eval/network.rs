//! Source networks. A caller is a pod, of which only the pod network is known.

use std::net::IpAddr;

use serde_json::Value;

use super::object::{items, text};

/// Where pods have their addresses.
const PODS: (IpAddr, u8) = (IpAddr::V4(std::net::Ipv4Addr::new(10, 244, 0, 0)), 16);

/// How a network lies to that of the pods.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Relation {
    Covers,
    Apart,
    Part,
}

/// Whether pods are in one of the networks: `Ok(None)` if some are and some may not be.
///
/// # Errors
/// A network or exception is not one; Linkerd ignores the object.
///
/// Source: linkerd2 `policy-controller/core/src/network_match.rs`.
pub(super) fn hold_pods(networks: &[Value]) -> Result<Option<bool>, ()> {
    let mut all = Some(false);
    for network in networks {
        let net = relation(text(network, "cidr").ok_or(())?)?;
        let except = items(network, "except").iter().map(|e| relation(e.as_str().ok_or(())?)).collect::<Result<Vec<_>, ()>>()?;
        let held = if net == Relation::Apart || except.contains(&Relation::Covers) {
            Some(false)
        } else if net == Relation::Covers && except.iter().all(|e| *e == Relation::Apart) {
            Some(true)
        } else {
            None
        };
        all = match (all, held) {
            (Some(true), _) | (_, Some(true)) => Some(true),
            (None, _) | (_, None) => None,
            _ => Some(false),
        };
    }
    Ok(all)
}

fn relation(cidr: &str) -> Result<Relation, ()> {
    let (address, length) = match cidr.split_once('/') {
        Some((address, length)) => (address.parse::<IpAddr>().map_err(drop)?, Some(length.parse::<u8>().map_err(drop)?)),
        None => (cidr.parse::<IpAddr>().map_err(drop)?, None),
    };
    let width = if address.is_ipv4() { 32 } else { 128 };
    let length = length.unwrap_or(width);
    if length > width {
        return Err(());
    }
    let (IpAddr::V4(a), IpAddr::V4(b)) = (address, PODS.0) else { return Ok(Relation::Apart) };
    let common = length.min(PODS.1);
    let mask = u32::MAX.checked_shl(32 - u32::from(common)).unwrap_or(0);
    Ok(match (a.to_bits() ^ b.to_bits()) & mask {
        0 if length <= PODS.1 => Relation::Covers,
        0 => Relation::Part,
        _ => Relation::Apart,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use test_case::test_case;

    #[test_case(json!([{"cidr": "0.0.0.0/0"}]), Ok(Some(true)) ; "everything")]
    #[test_case(json!([{"cidr": "::/0"}]), Ok(Some(false)) ; "only IPv6")]
    #[test_case(json!([{"cidr": "10.244.0.0/16"}]), Ok(Some(true)) ; "the pods")]
    #[test_case(json!([{"cidr": "192.168.0.0/16"}]), Ok(Some(false)) ; "elsewhere")]
    #[test_case(json!([{"cidr": "10.244.7.0/24"}]), Ok(None) ; "some pods")]
    #[test_case(json!([{"cidr": "10.244.7.9"}]), Ok(None) ; "one address")]
    #[test_case(json!([{"cidr": "10.0.0.0/8", "except": ["10.244.0.0/15"]}]), Ok(Some(false)) ; "all excepted")]
    #[test_case(json!([{"cidr": "10.0.0.0/8", "except": ["10.96.0.0/16"]}]), Ok(Some(true)) ; "others excepted")]
    #[test_case(json!([{"cidr": "10.0.0.0/8", "except": ["10.244.1.0/24"]}]), Ok(None) ; "some excepted")]
    #[test_case(json!([{"cidr": "10.244.1.0/24"}, {"cidr": "10.0.0.0/8"}]), Ok(Some(true)) ; "one is enough")]
    #[test_case(json!([]), Ok(Some(false)) ; "none")]
    #[test_case(json!([{"cidr": "10.0.0.0/33"}]), Err(()) ; "not a network")]
    fn pods(networks: Value, want: Result<Option<bool>, ()>) {
        assert_eq!(hold_pods(networks.as_array().map_or(&[], Vec::as_slice)), want);
    }
}
