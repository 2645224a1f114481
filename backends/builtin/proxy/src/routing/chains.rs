//! Which chain a connection is given to: Envoy's order, in which what is said of it is narrowed step by step.
//!
//! Source: Envoy 1.40 `source/common/listener_manager/filter_chain_manager_impl.cc`.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use crate::table::{Chain, ChainMatch, Prefix};

/// What is known of a connection before it is given to anybody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Facts {
    /// What was called.
    pub(crate) called: SocketAddr,
    /// Whether it begins with TLS.
    pub(crate) is_tls: bool,
    /// Whom it wants, in TLS.
    pub(crate) server_name: Option<Box<str>>,
    /// What it offers in TLS, or what it looks like in plain.
    pub(crate) protocols: Vec<Box<str>>,
}

/// Chains by port and address.
#[derive(Debug, Default)]
pub(super) struct ChainIndex {
    by_port: HashMap<Option<u16>, Addresses>,
}

#[derive(Debug, Default)]
struct Addresses {
    /// Whole addresses.
    exact: HashMap<IpAddr, Vec<usize>>,
    /// The longest first.
    prefixes: Vec<(Prefix, Vec<usize>)>,
    any: Vec<usize>,
}

impl ChainIndex {
    pub(super) fn new(chains: &[Arc<Chain>]) -> Self {
        let mut index = Self::default();
        for (at, chain) in chains.iter().enumerate() {
            index.by_port.entry(chain.matches.port).or_default().insert(&chain.matches, at);
        }
        index.by_port.values_mut().for_each(|addresses| addresses.prefixes.sort_by_key(|(prefix, _)| std::cmp::Reverse(prefix.length)));
        index
    }

    /// The place of the chain.
    pub(super) fn find(&self, chains: &[Arc<Chain>], facts: &Facts) -> Option<usize> {
        let mut left = self.of(facts.called)?.to_vec();
        let of = |at: usize| &chains[at].matches;
        narrow(&mut left, |at| by_name(of(at), facts.server_name.as_deref()));
        narrow(&mut left, |at| by_flag(of(at).is_tls, facts.is_tls));
        narrow(&mut left, |at| by_protocol(of(at), &facts.protocols));
        left.first().copied()
    }

    /// Whether chains of an address differ by what a connection begins with.
    pub(super) fn asks(&self, chains: &[Arc<Chain>], called: SocketAddr) -> bool {
        self.of(called).is_some_and(|left| {
            left.iter().any(|at| {
                let ChainMatch { port: _, addresses: _, server_names, is_tls, protocols } = &chains[*at].matches;
                !server_names.is_empty() || is_tls.is_some() || !protocols.is_empty()
            })
        })
    }

    fn of(&self, called: SocketAddr) -> Option<&[usize]> {
        let addresses = self.by_port.get(&Some(called.port())).or_else(|| self.by_port.get(&None))?;
        addresses.find(called.ip().to_canonical())
    }
}

impl Addresses {
    fn insert(&mut self, matches: &ChainMatch, at: usize) {
        if matches.addresses.is_empty() {
            self.any.push(at);
        }
        for prefix in &matches.addresses {
            if u32::from(prefix.length) >= (if prefix.address.is_ipv4() { 32 } else { 128 }) {
                self.exact.entry(prefix.address).or_default().push(at);
            } else if let Some((_, list)) = self.prefixes.iter_mut().find(|(known, _)| known == prefix) {
                list.push(at);
            } else {
                self.prefixes.push((*prefix, vec![at]));
            }
        }
    }

    fn find(&self, address: IpAddr) -> Option<&[usize]> {
        let exact = self.exact.get(&address);
        let list = exact.or_else(|| self.prefixes.iter().find(|(prefix, _)| prefix.contains(address)).map(|(_, list)| list));
        list.or(Some(&self.any)).filter(|list| !list.is_empty()).map(Vec::as_slice)
    }
}

/// Keeps those that fit best; the higher the rank the better, none: it does not fit.
fn narrow(left: &mut Vec<usize>, rank: impl Fn(usize) -> Option<usize>) {
    let best = left.iter().filter_map(|at| rank(*at)).max();
    left.retain(|at| best.is_some() && rank(*at) == best);
}

fn by_flag(wanted: Option<bool>, is: bool) -> Option<usize> {
    match wanted {
        Some(wanted) => (wanted == is).then_some(1),
        None => Some(0),
    }
}

fn by_protocol(matches: &ChainMatch, protocols: &[Box<str>]) -> Option<usize> {
    if matches.protocols.is_empty() {
        return Some(0);
    }
    matches.protocols.iter().any(|protocol| protocols.contains(protocol)).then_some(1)
}

/// A whole name is better than one that only ends alike, and of these the longest.
fn by_name(matches: &ChainMatch, name: Option<&str>) -> Option<usize> {
    if matches.server_names.is_empty() {
        return Some(0);
    }
    let name = name?;
    let rank = |wanted: &str| match wanted.strip_prefix('*') {
        Some(end) => name.ends_with(end).then_some(end.len()),
        None => (wanted == name).then_some(usize::MAX),
    };
    matches.server_names.iter().filter_map(|wanted| rank(wanted)).max()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::{Action, Shares, TcpProxy};
    use test_case::test_case;

    fn chain(matches: ChainMatch) -> Arc<Chain> {
        let shares = Shares::One(crate::table::ClusterId(0));
        let proxy =
            TcpProxy { stat_prefix: "inbound".into(), access: Vec::new(), shares, idle_timeout: None, hash_source: false, log: None };
        Arc::new(Chain { name: "".into(), digest: [0; 32], matches, tls: None, action: Action::Tcp(Arc::new(proxy)) })
    }

    fn port(port: u16) -> ChainMatch {
        ChainMatch { port: Some(port), ..ChainMatch::default() }
    }

    fn chains() -> Vec<Arc<Chain>> {
        let address = |text: &str, length| vec![Prefix { address: text.parse().expect("an address"), length }];
        let matches = [
            ChainMatch { is_tls: Some(true), protocols: vec!["meshglot".into()], ..port(80) },
            ChainMatch { is_tls: Some(true), ..port(80) },
            port(80),
            ChainMatch { addresses: address("10.96.0.1", 32), ..port(90) },
            ChainMatch { addresses: address("10.96.0.0", 16), ..port(90) },
            ChainMatch { protocols: vec!["http/1.1".into(), "h2c".into()], addresses: address("10.96.0.1", 32), ..port(91) },
            ChainMatch { addresses: address("10.96.0.1", 32), ..port(91) },
            ChainMatch { is_tls: Some(true), server_names: vec!["*.example".into()], ..ChainMatch::default() },
            ChainMatch { is_tls: Some(true), server_names: vec!["a.example".into()], ..ChainMatch::default() },
        ];
        matches.into_iter().map(chain).collect()
    }

    #[test_case("10.0.0.1:80", true, &["meshglot"], None, Some(0) ; "our own")]
    #[test_case("10.0.0.1:80", true, &["h2"], None, Some(1) ; "somebody else in TLS")]
    #[test_case("10.0.0.1:80", false, &[], None, Some(2) ; "in plain")]
    #[test_case("10.96.0.1:90", false, &[], None, Some(3) ; "the whole address")]
    #[test_case("10.96.0.2:90", false, &[], None, Some(4) ; "a prefix of it")]
    #[test_case("10.97.0.1:90", false, &[], None, None ; "another address")]
    #[test_case("10.96.0.1:91", false, &["h2c"], None, Some(5) ; "what it looks like")]
    #[test_case("10.96.0.1:91", false, &[], None, Some(6) ; "it looks like nothing")]
    #[test_case("192.0.2.1:443", true, &[], Some("b.example"), Some(7) ; "the end of a name")]
    #[test_case("192.0.2.1:443", true, &[], Some("a.example"), Some(8) ; "the whole name")]
    #[test_case("192.0.2.1:443", true, &[], Some("example"), None ; "another name")]
    #[test_case("192.0.2.1:443", false, &[], None, None ; "no name")]
    fn chosen(called: &str, is_tls: bool, protocols: &[&str], server_name: Option<&str>, want: Option<usize>) {
        let chains = chains();
        let protocols = protocols.iter().map(|protocol| (*protocol).into()).collect();
        let facts = Facts { called: called.parse().expect("an address"), is_tls, server_name: server_name.map(Into::into), protocols };
        assert_eq!(ChainIndex::new(&chains).find(&chains, &facts), want);
    }

    #[test]
    fn bytes_are_waited_for_where_they_matter() {
        let chains = chains();
        let asks = |called: &str| ChainIndex::new(&chains).asks(&chains, called.parse().expect("an address"));
        assert!(asks("10.0.0.1:80") && asks("10.96.0.1:91"));
        assert!(!asks("10.96.0.1:90") && !asks("10.97.0.1:90"));
    }
}
