//! A listener, and which of its chains a connection takes: Envoy narrows step by step and never goes back.
//!
//! Source: <https://www.envoyproxy.io/docs/envoy/v1.40.0/api-v3/config/listener/v3/listener_components.proto>

use std::collections::BTreeSet;
use std::net::IpAddr;

use serde_json::Value;

use super::chain::Chain;
use super::fields::{Fields, Read};
use super::matcher::Patterns;

/// Where calls to or of a workload arrive.
#[derive(Debug)]
pub(super) struct Listener {
    /// `None`: the inspector is not there.
    tls_inspector: Option<Ports>,
    http_inspector: Option<Ports>,
    chains: Vec<(Match, Chain)>,
    rest: Option<Chain>,
    /// Where nothing is redirected: the ports at which it listens itself.
    own: Option<BTreeSet<u16>>,
}

/// For which connections a chain is there.
#[derive(Debug)]
struct Match {
    port: Option<u16>,
    ranges: Vec<(IpAddr, u8)>,
    transport: String,
    protocols: Vec<String>,
}

/// Where a filter of a listener is switched off.
#[derive(Debug)]
enum Ports {
    Never,
    Range(u16, u32),
    Not(Box<Ports>),
    OneOf(Vec<Ports>),
}

/// A connection, as the first bytes and its addresses tell.
#[derive(Clone, Copy, Debug)]
pub(super) struct Dialled<'c> {
    /// The address that was called before it was redirected; `None`: the pod's own.
    pub(super) address: Option<IpAddr>,
    pub(super) port: u16,
    /// What TLS offers in ALPN; `None`: no TLS.
    pub(super) tls: Option<&'c [String]>,
    /// Whether it is plain HTTP/1.1.
    pub(super) http: bool,
}

/// The ports of all addresses.
fn own_ports(listener: &mut Fields<'_>) -> Read<BTreeSet<u16>> {
    let mut ports = BTreeSet::from([port(listener.take("address"))?]);
    for more in listener.list("additional_addresses")? {
        let mut more = Fields::of(more)?;
        ports.insert(port(more.take("address"))?);
        more.done()?;
    }
    Ok(ports)
}

/// The port of an `Address`.
fn port(address: &Value) -> Read<u16> {
    let port = address["socket_address"]["port_value"].as_u64().and_then(|port| u16::try_from(port).ok());
    port.ok_or_else(|| "a listener without a port is not modelled".to_owned())
}

impl Listener {
    /// Reads a `Listener`.
    pub(super) fn new(resource: &Value, patterns: &mut Patterns) -> Read<Self> {
        let mut fields = Fields::of(resource)?;
        fields.skip(&["name", "traffic_direction", "listener_filters_timeout", "continue_on_listener_filters_timeout"]);
        let (mut redirected, mut tls_inspector, mut http_inspector) = (false, None, None);
        for filter in fields.list("listener_filters")? {
            let mut filter = Fields::of(filter)?;
            filter.skip(&["name"]);
            let disabled = Ports::new(filter.take("filter_disabled"))?;
            let (message, config) = Fields::typed(filter.take("typed_config"))?;
            match message {
                "envoy.extensions.filters.listener.original_dst.v3.OriginalDst" => redirected = matches!(disabled, Ports::Never),
                "envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector" => tls_inspector = Some(disabled),
                "envoy.extensions.filters.listener.http_inspector.v3.HttpInspector" => http_inspector = Some(disabled),
                other => return Err(format!("listener filter {other} is not modelled")),
            }
            config.done()?;
            filter.done()?;
        }
        let own = if redirected {
            fields.skip(&["address"]);
            None
        } else {
            Some(own_ports(&mut fields)?)
        };
        let mut chains = Vec::new();
        for chain in fields.list("filter_chains")? {
            let mut chain = Fields::of(chain)?;
            chains.push((Match::new(chain.take("filter_chain_match"))?, Chain::new(chain, patterns)?));
        }
        let rest = match fields.take("default_filter_chain") {
            Value::Null => None,
            chain => Some(Chain::new(Fields::of(chain)?, patterns)?),
        };
        fields.done()?;
        Ok(Self { tls_inspector, http_inspector, chains, rest, own })
    }

    /// Whether connections to a port come to it.
    pub(super) fn hears(&self, port: u16) -> bool {
        self.own.as_ref().is_none_or(|own| own.contains(&port))
    }

    /// The chain that a connection takes; `None`: the default one.
    pub(super) fn chain(&self, dialled: Dialled<'_>) -> Read<Option<&Chain>> {
        let runs = |filter: &Option<Ports>| filter.as_ref().is_some_and(|disabled| !disabled.hold(dialled.port));
        let (transport, protocols): (&str, &[String]) = match dialled.tls {
            Some(alpn) if runs(&self.tls_inspector) => ("tls", alpn),
            _ => ("raw_buffer", &[]),
        };
        let http = ["http/1.1".to_owned()];
        let found_http = dialled.http && dialled.tls.is_none() && runs(&self.http_inspector);
        let protocols = if found_http { &http[..] } else { protocols };

        let mut left: Vec<&(Match, Chain)> = self.chains.iter().collect();
        narrow(&mut left, |one| one.port == Some(dialled.port), |one| one.port.is_none());
        if dialled.address.is_none() && left.iter().any(|(one, _)| !one.ranges.is_empty()) {
            return Err("chains of a pod's own address are not modelled".to_owned());
        }
        let best = left.iter().filter_map(|(one, _)| one.nearness(dialled.address)).max();
        left.retain(|(one, _)| one.nearness(dialled.address).is_some_and(|near| Some(near) == best));
        narrow(&mut left, |one| one.transport == transport, |one| one.transport.is_empty());
        let offered = protocols.iter().find(|offer| left.iter().any(|(one, _)| one.protocols.contains(offer)));
        match offered {
            Some(offer) => left.retain(|(one, _)| one.protocols.contains(offer)),
            None => left.retain(|(one, _)| one.protocols.is_empty()),
        }
        match left.as_slice() {
            [] => Ok(None),
            [(_, chain)] => Ok(Some(chain)),
            [(_, one), (_, other), ..] => Err(format!("Envoy refuses equal chains: {} and {}", one.name, other.name)),
        }
    }

    /// The default chain; `None`: what no other takes is closed.
    pub(super) fn rest(&self) -> Option<&Chain> {
        self.rest.as_ref()
    }
}

/// Keeps the chains that say what is so; only if none does, those that say nothing.
fn narrow(left: &mut Vec<&(Match, Chain)>, says: impl Fn(&Match) -> bool, silent: impl Fn(&Match) -> bool) {
    let said = left.iter().any(|(one, _)| says(one));
    left.retain(|(one, _)| if said { says(one) } else { silent(one) });
}

impl Match {
    fn new(value: &Value) -> Read<Self> {
        let mut fields = Fields::of(value)?;
        let mut ranges = Vec::new();
        for range in fields.list("prefix_ranges")? {
            let mut range = Fields::of(range)?;
            let address = range.text("address_prefix")?.parse().map_err(|_| "a range without address".to_owned())?;
            let length = range.number("prefix_len")?.unwrap_or(0);
            ranges.push((address, u8::try_from(length).map_err(|_| format!("{length} bits of an address"))?));
            range.done()?;
        }
        let port = fields.port("destination_port")?;
        let transport = fields.text("transport_protocol")?.to_owned();
        let protocols = fields.texts("application_protocols")?.into_iter().map(str::to_owned).collect();
        let one = Self { port, ranges, transport, protocols };
        fields.done()?;
        Ok(one)
    }

    /// How near its ranges are to an address: the longest that holds it; 0 without ranges, `None` if none does.
    fn nearness(&self, address: Option<IpAddr>) -> Option<u16> {
        if self.ranges.is_empty() {
            return Some(0);
        }
        let address = address?;
        let holding = self.ranges.iter().filter(|(prefix, length)| is_in(address, *prefix, *length));
        holding.map(|(_, length)| u16::from(*length) + 1).max()
    }
}

fn is_in(address: IpAddr, prefix: IpAddr, length: u8) -> bool {
    let bits = |ip: IpAddr| match ip {
        IpAddr::V4(ip) => u128::from(u32::from(ip)) << 96,
        IpAddr::V6(ip) => u128::from(ip),
    };
    let differ = bits(address) ^ bits(prefix);
    address.is_ipv4() == prefix.is_ipv4() && differ.leading_zeros() >= u32::from(length)
}

impl Ports {
    /// Reads a `ListenerFilterChainMatchPredicate`.
    fn new(value: &Value) -> Read<Self> {
        if value.is_null() {
            return Ok(Self::Never);
        }
        let (kind, value) = Fields::of(value)?.one_of()?;
        match kind {
            "not_match" => Self::new(value).map(|one| Self::Not(Box::new(one))),
            "or_match" => {
                let mut fields = Fields::of(value)?;
                let rules = fields.list("rules")?.iter().map(Self::new).collect::<Read<_>>()?;
                fields.done()?;
                Ok(Self::OneOf(rules))
            }
            "destination_port_range" => {
                let mut fields = Fields::of(value)?;
                let start = fields.port("start")?.unwrap_or(0);
                let end = fields.number("end")?.unwrap_or(0);
                fields.done()?;
                Ok(Self::Range(start, u32::try_from(end).map_err(|_| format!("{end} is no port"))?))
            }
            _ => Err(format!("condition {kind} on a listener filter is not modelled")),
        }
    }

    fn hold(&self, port: u16) -> bool {
        match self {
            Self::Never => false,
            Self::Range(start, end) => (u32::from(*start)..*end).contains(&u32::from(port)),
            Self::Not(one) => !one.hold(port),
            Self::OneOf(rules) => rules.iter().any(|one| one.hold(port)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use test_case::test_case;

    fn listener() -> Value {
        let typed = |message: &str| json!({ "typed_config": { "@type": format!("type.googleapis.com/{message}") } });
        let mut http = typed("envoy.extensions.filters.listener.http_inspector.v3.HttpInspector");
        http["filter_disabled"] = json!({ "not_match": { "destination_port_range": { "start": 80, "end": 81 } } });
        let chain = |name: &str, matching: Value| json!({ "name": name, "filter_chain_match": matching });
        json!({
            "listener_filters": [typed("envoy.extensions.filters.listener.original_dst.v3.OriginalDst"),
                typed("envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector"), http],
            "filter_chains": [
                chain("mtls", json!({ "destination_port": 80, "transport_protocol": "tls", "application_protocols": ["meshglot"] })),
                chain("http", json!({ "destination_port": 80, "application_protocols": ["http/1.1"] })),
                chain("bytes", json!({ "destination_port": 80 })),
                chain("other", json!({ "destination_port": 90, "application_protocols": ["http/1.1"] })),
                chain("one", json!({ "destination_port": 70, "prefix_ranges": [{ "address_prefix": "10.0.0.1", "prefix_len": 32 }] })),
                chain("net", json!({ "destination_port": 70, "prefix_ranges": [{ "address_prefix": "10.0.0.0", "prefix_len": 8 }] })),
            ],
        })
    }

    #[test]
    fn one_that_nothing_is_redirected_to_hears_its_own_ports() {
        let address = |port: u16| json!({ "socket_address": { "address": "127.0.10.1", "port_value": port } });
        let mut resource = listener();
        resource["listener_filters"].as_array_mut().expect("filters").remove(0);
        assert!(Listener::new(&resource, &mut Patterns::default()).is_err(), "it has no address");
        resource["address"] = address(80);
        resource["additional_addresses"] = json!([{ "address": address(90) }]);
        let own = Listener::new(&resource, &mut Patterns::default()).expect("it is read");
        assert_eq!([70, 80, 90].map(|port| own.hears(port)), [false, true, true]);
    }

    #[test_case(80, Some("meshglot"), false, Some("mtls") ; "mesh")]
    #[test_case(80, Some("h2"), false, None ; "no way back from TLS")]
    #[test_case(80, None, true, Some("http") ; "inspected")]
    #[test_case(80, None, false, Some("bytes") ; "not HTTP")]
    #[test_case(90, None, true, None ; "the inspector is off")]
    #[test_case(70, None, false, Some("one") ; "nearest range")]
    #[test_case(60, None, false, None ; "undeclared port")]
    fn chains(port: u16, alpn: Option<&str>, http: bool, want: Option<&str>) {
        let alpn = alpn.map(|word| vec![word.to_owned()]);
        let listener = Listener::new(&listener(), &mut Patterns::default()).expect("a listener");
        let dialled = Dialled { address: "10.0.0.1".parse().ok(), port, tls: alpn.as_deref(), http };
        assert_eq!(listener.chain(dialled).expect("one chain").map(|chain| chain.name.as_str()), want);
    }

    #[test]
    fn a_range_elsewhere() {
        let listener = Listener::new(&listener(), &mut Patterns::default()).expect("a listener");
        let dialled = |address: &str| Dialled { address: address.parse().ok(), port: 70, tls: None, http: false };
        let name = |address: &str| listener.chain(dialled(address)).ok().flatten().map(|chain| chain.name.clone());
        assert_eq!((name("10.9.9.9"), name("11.0.0.1")), (Some("net".to_owned()), None));
    }

    #[test]
    fn what_is_not_modelled() {
        let mut other = listener();
        other["listener_filters"][1]["typed_config"]["@type"] = json!("type.googleapis.com/envoy.other");
        assert!(Listener::new(&other, &mut Patterns::default()).is_err());
        let mut matching = listener();
        matching["filter_chains"][0]["filter_chain_match"]["server_names"] = json!(["x"]);
        assert!(Listener::new(&matching, &mut Patterns::default()).is_err());
    }
}
