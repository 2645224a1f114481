//! Servers, and which of them has a port of a pod.
//!
//! Source: linkerd2 `policy-controller/k8s/index/src/inbound/{index,server}.rs`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use meshglot_translator::eval::ByLabel;
use meshglot_translator::ir::PodSet;

use super::access::DefaultAccess;
use super::object::{Age, Object, text};
use super::selector::Selector;
use super::workload;

/// What a port takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Protocol {
    Detect,
    Http1,
    Http2,
    Grpc,
    /// Bytes, TLS of the application included.
    Bytes,
}

#[derive(Debug)]
pub(super) struct Server {
    pub namespace: Arc<str>,
    pub name: Arc<str>,
    pub label: Arc<str>,
    pub labels: BTreeMap<String, String>,
    pub protocol: Protocol,
    pub access: DefaultAccess,
    age: Age,
    pods: Selector,
    port: Port,
}

#[derive(Debug)]
enum Port {
    Number(u16),
    Name(String),
}

impl Server {
    /// `Ok(None)` for one that has no pods: it selects ExternalWorkloads, or its `proxyProtocol` is none, so that
    /// Linkerd cannot read it.
    ///
    /// # Errors
    /// It is not one that an API server stores.
    pub(super) fn read(object: &Object<'_>) -> Result<Option<Self>, ()> {
        let spec = object.spec();
        let protocol = match text(spec, "proxyProtocol").unwrap_or("unknown") {
            "unknown" => Protocol::Detect,
            "HTTP/1" => Protocol::Http1,
            "HTTP/2" => Protocol::Http2,
            "gRPC" => Protocol::Grpc,
            "opaque" | "TLS" => Protocol::Bytes,
            _ => return Ok(None),
        };
        let Some(pods) = spec.get("podSelector").filter(|pods| pods.is_object()) else {
            return if spec.get("externalWorkloadSelector").is_some() { Ok(None) } else { Err(()) };
        };
        let port = match (super::object::port(spec, "port"), text(spec, "port")) {
            (Some(number), _) => Port::Number(number),
            (None, Some(name)) => Port::Name(name.to_owned()),
            (None, None) => return Err(()),
        };
        Ok(Some(Self {
            namespace: object.namespace.into(),
            name: object.name.into(),
            label: object.label(),
            labels: object.labels().map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
            protocol,
            // Left out, the CRD fills in `deny`; Linkerd drops a word that it does not know, with the same effect.
            access: text(spec, "accessPolicy").and_then(DefaultAccess::read).unwrap_or(DefaultAccess::Deny),
            age: object.age(),
            pods: Selector::read(pods),
            port,
        }))
    }

    /// Whether it has this port of these pods; the number need not be declared by them.
    fn has(&self, pods: &PodSet, labels: &BTreeMap<String, String>, port: u16) -> bool {
        let named = |name: &str| pods.ports.iter().any(|(own, number)| &**own == name && *number == port);
        let has_port = match &self.port {
            Port::Number(number) => *number == port,
            Port::Name(name) => named(name),
        };
        has_port && *self.namespace == *pods.key.namespace && self.pods.picks(labels)
    }
}

/// All Servers by namespace.
#[derive(Debug, Default)]
pub(super) struct Servers(BTreeMap<Arc<str>, InNamespace>);

/// Oldest first, then by name: the first that has a port keeps it.
#[derive(Debug, Default)]
struct InNamespace {
    servers: ByLabel<Server>,
    names: BTreeSet<Arc<str>>,
}

impl Servers {
    pub(super) fn of(mut servers: Vec<Server>) -> Self {
        servers.sort_by(|a, b| a.age.compare(&b.age).then_with(|| a.name.cmp(&b.name)));
        let mut by_namespace: BTreeMap<Arc<str>, InNamespace> = BTreeMap::new();
        for server in servers {
            let here = by_namespace.entry(server.namespace.clone()).or_default();
            here.names.insert(server.name.clone());
            let label = server.pods.needs().cloned();
            here.servers.push(label.as_ref().map(|(name, value)| (name, value)), server);
        }
        Self(by_namespace)
    }

    pub(super) fn exists(&self, namespace: &str, name: &str) -> bool {
        self.0.get(namespace).is_some_and(|here| here.names.contains(name))
    }

    pub(super) fn of_port(&self, pods: &PodSet, port: u16) -> Option<&Server> {
        let labels = workload::labels(pods);
        self.0.get(&pods.key.namespace)?.servers.near(&labels).find(|server| server.has(pods, &labels, port))
    }
}
