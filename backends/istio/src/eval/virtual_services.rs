//! All VirtualServices, found by host or Gateway, in the order in which istiod looks at them.

use std::collections::HashMap;

use super::strings::host_within;
use super::virtual_service::VirtualService;

/// All objects, the oldest first.
#[derive(Debug, Default)]
pub(super) struct VirtualServices {
    all: Vec<VirtualService>,
    /// Those for sidecars by a host without wildcard.
    by_host: HashMap<String, Vec<usize>>,
    /// Those for sidecars by a host with wildcard.
    wide: Vec<(String, usize)>,
    by_gateway: HashMap<String, Vec<usize>>,
}

impl VirtualServices {
    /// Orders and indexes the objects.
    pub(super) fn of(mut all: Vec<VirtualService>) -> Self {
        all.sort_by(|a, b| a.age.cmp(&b.age));
        let mut out = Self::default();
        for (at, one) in all.iter().enumerate() {
            for gateway in &one.gateways {
                out.by_gateway.entry(gateway.clone()).or_default().push(at);
            }
            for host in one.hosts.iter().filter(|_| one.gateways.iter().any(|gateway| gateway == "mesh")) {
                match host.starts_with('*') {
                    true => out.wide.push((host.clone(), at)),
                    false => out.by_host.entry(host.clone()).or_default().push(at),
                }
            }
        }
        out.all = all;
        out
    }

    /// All of them.
    pub(super) fn iter(&self) -> impl Iterator<Item = &VirtualService> {
        self.all.iter()
    }

    /// Whether a sidecar may route a host that no Service has.
    pub(super) fn routes_host(&self, host: &str) -> bool {
        self.by_host.contains_key(host) || self.wide.iter().any(|(wide, _)| host_within(host, wide))
    }

    /// Those of a Service by its full name, or of a host that was sent, for a sidecar of `reader`. A wildcard counts
    /// only where nobody names the host, and only the most specific one, of which the first.
    ///
    /// # Source
    /// Istio `sidecar.go`, `computeWildcardHostVirtualServiceIndex`; `route.go`, `separateVSHostsAndServices`.
    pub(super) fn of_host(&self, name: Option<&str>, sent: &str, reader: &str) -> Vec<&VirtualService> {
        let hosts = [name, (name != Some(sent)).then_some(sent)];
        let exact = hosts.into_iter().flatten().flat_map(|host| self.by_host.get(host).into_iter().flatten().copied());
        let found = self.seen(exact, reader);
        if !found.is_empty() {
            return found;
        }
        let host = name.unwrap_or(sent);
        let near = self.wide.iter().filter(|(wide, at)| host_within(host, wide) && self.rank(*at, reader).is_some());
        let longest = near.clone().map(|(wide, _)| wide.len()).max();
        let best = near.filter(|(wide, _)| Some(wide.len()) == longest).map(|(_, at)| *at);
        self.seen(best, reader).into_iter().take(1).collect()
    }

    /// All that cover a Service, exactly or by wildcard, for a sidecar of `reader`.
    pub(super) fn covering(&self, name: &str, reader: &str) -> Vec<&VirtualService> {
        let exact = self.by_host.get(name).into_iter().flatten().copied();
        let wide = self.wide.iter().filter(|(wide, _)| host_within(name, wide)).map(|(_, at)| *at);
        self.seen(exact.chain(wide), reader)
    }

    /// Those of a Gateway, for gateways in namespace `reader`.
    pub(super) fn of_gateway(&self, gateway: &str, reader: &str) -> Vec<&VirtualService> {
        self.seen(self.by_gateway.get(gateway).into_iter().flatten().copied(), reader)
    }

    fn rank(&self, at: usize, reader: &str) -> Option<u8> {
        self.all[at].export.rank(&self.all[at].namespace, reader)
    }

    fn seen(&self, found: impl Iterator<Item = usize>, reader: &str) -> Vec<&VirtualService> {
        let mut found: Vec<(u8, usize)> = found.filter_map(|at| Some((self.rank(at, reader)?, at))).collect();
        found.sort_unstable();
        found.dedup();
        found.into_iter().map(|(_, at)| &self.all[at]).collect()
    }
}
