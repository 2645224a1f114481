//! Gateway: which proxies listen on which port, and for which hosts.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use super::fields::Fields;
use super::object::{Age, Object};
use super::strings::host_within;
use super::world::Workload;

/// One object.
#[derive(Debug)]
pub(super) struct Gateway {
    pub(super) title: Arc<str>,
    /// `NAMESPACE/NAME`.
    pub(super) key: String,
    pub(super) age: Age,
    pub(super) selector: BTreeMap<String, String>,
    pub(super) servers: Vec<Server>,
    pub(super) odd: bool,
}

/// One port of it.
#[derive(Debug)]
pub(super) struct Server {
    pub(super) port: u16,
    /// HTTP without TLS.
    pub(super) plain: bool,
    /// Answers 301 instead of routing.
    pub(super) redirects: bool,
    /// Namespace of VirtualServices (`None`: any), and host.
    hosts: Vec<(Option<String>, String)>,
}

impl Gateway {
    /// Reads an object.
    pub(super) fn of(object: &Object<'_>) -> Self {
        let mut spec = Fields::of(object.spec);
        let namespace = object.namespace.clone();
        let mut odd = false;
        let server = |value: &Value| {
            let mut fields = Fields::of(Some(value));
            fields.ignore(&["name"]);
            let mut port = fields.inner("port");
            port.ignore(&["name", "targetPort"]);
            let protocol = port.text("protocol").unwrap_or_default().to_ascii_uppercase();
            let mut tls = fields.inner("tls");
            let redirects = tls.flag("httpsRedirect");
            let own = |name: &str| match name {
                "*" => None,
                "." => Some(namespace.to_string()),
                other => Some(other.to_owned()),
            };
            let host = |host: &str| match host.split_once('/') {
                Some((name, host)) => (own(name), host.to_ascii_lowercase()),
                None => (None, host.to_ascii_lowercase()),
            };
            let hosts = fields.texts("hosts").into_iter().map(host).collect();
            let plain = matches!(protocol.as_str(), "HTTP" | "HTTP2" | "GRPC" | "GRPC-WEB");
            let number = port.port("number").unwrap_or_default();
            // How TLS is ended does not matter to requests that come without.
            odd |= fields.is_odd() || port.is_odd() || (plain && tls.is_odd());
            Server { port: number, plain, redirects, hosts }
        };
        let servers = spec.list("servers").iter().map(server).collect();
        let selector = spec.labels("selector");
        let key = format!("{}/{}", object.namespace, object.name);
        let odd = odd || spec.is_odd();
        Self { title: object.title(), key, age: object.age(), selector, servers, odd }
    }
}

impl Server {
    /// The hosts that this server takes of those of a VirtualService in `namespace`.
    ///
    /// # Source
    /// Istio `pkg/config/host/names.go`, `NamesForNamespace` and `Intersection`.
    pub(super) fn intersection<'h>(&'h self, hosts: &'h [String], namespace: &str) -> Vec<&'h str> {
        let mine = self.hosts.iter().filter(|(name, _)| name.as_deref().is_none_or(|name| name == namespace));
        let pair = |(mine, theirs): (&'h String, &'h String)| match () {
            () if host_within(theirs, mine) => Some(theirs.as_str()),
            () if host_within(mine, theirs) => Some(mine.as_str()),
            () => None,
        };
        mine.flat_map(|(_, mine)| hosts.iter().map(move |theirs| (mine, theirs))).filter_map(pair).collect()
    }

    /// All its hosts, whoever routes them.
    pub(super) fn hosts(&self) -> impl Iterator<Item = &str> {
        self.hosts.iter().map(|(_, host)| host.as_str())
    }

    /// Whether a gateway's proxy listens for it on a container port: the port of a Service leads to its target, and a
    /// port that no Service has is taken as it stands.
    ///
    /// # Source
    /// Istio `pilot/pkg/model/gateway.go`, `resolvePorts`.
    pub(super) fn listens_on(&self, container_port: u16, workload: &Workload) -> bool {
        let target = workload.service_ports.iter().find(|(port, _)| *port == self.port).map(|(_, target)| *target);
        target.unwrap_or(self.port) == container_port
    }
}

/// How well a virtual host's domain fits a host: exactly, then by the longest wildcard.
///
/// # Source
/// Envoy `config_impl.cc`, `RouteMatcher::findVirtualHost`.
pub(super) fn fit(host: &str, domain: &str) -> Option<usize> {
    match domain {
        _ if host == domain => Some(usize::MAX),
        "*" => Some(0),
        _ if domain.starts_with("*.") && host_within(host, domain) => Some(domain.len()),
        _ => None,
    }
}
