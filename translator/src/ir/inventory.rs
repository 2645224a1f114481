//! What policy refers to: Services, their ports and endpoints, and the pods that run behind them.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use super::key::{ObjectKey, ServiceKey};
use crate::parse::Document;

/// A Kubernetes Service.
#[derive(Clone, Debug)]
pub struct Service {
    /// Namespace and name.
    pub key: ServiceKey,
    /// Where it is written.
    pub document: Arc<Document>,
    /// In the order written; names and numbers are unique per transport.
    pub ports: Vec<ServicePort>,
    /// Labels of the pods behind it; empty: it selects none.
    pub selector: BTreeMap<String, String>,
    /// IPv4 or IPv6 address, if one is assigned.
    pub cluster_ip: Option<String>,
    /// `clusterIP: None`: names resolve to pods.
    pub headless: bool,
    /// `type: ExternalName`: the name is an alias.
    pub external_name: bool,
    /// Of the Service itself.
    pub labels: BTreeMap<String, String>,
    /// Of the Service itself.
    pub annotations: BTreeMap<String, String>,
}

/// One port of a [`Service`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServicePort {
    /// Empty if the only port has none.
    pub name: Arc<str>,
    /// 1..65535; what callers dial.
    pub number: u16,
    /// Where it leads.
    pub target: PortTarget,
    /// `appProtocol` as written.
    pub app_protocol: Option<Arc<str>>,
    /// What it speaks, as far as declared.
    pub protocol: Protocol,
}

/// `targetPort`: the container's port.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PortTarget {
    /// By number.
    Number(u16),
    /// By the name of a container port.
    Name(Arc<str>),
}

/// What a port speaks: `appProtocol`, else the prefix of its name, else unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Protocol {
    /// HTTP/1.1, and HTTP/2 where both sides agree.
    Http,
    /// HTTP/2 without TLS.
    Http2,
    /// gRPC, which is HTTP/2.
    Grpc,
    /// Bytes, TLS of the application included.
    Tcp,
    /// Not declared.
    Unknown,
}

impl Protocol {
    /// Reads `appProtocol`, else what stands before the first `-` of the port's name.
    ///
    /// # Source
    /// Kubernetes API conventions for `appProtocol` (IANA names and `kubernetes.io/h2c`, `ws`, `wss`);
    /// Istio's and Consul's table of port name prefixes.
    pub fn of(app_protocol: Option<&str>, port_name: &str) -> Self {
        let word = app_protocol.unwrap_or_else(|| port_name.split('-').next().unwrap_or_default());
        match word.to_ascii_lowercase().as_str() {
            "http" | "kubernetes.io/ws" => Self::Http,
            "http2" | "h2c" | "kubernetes.io/h2c" => Self::Http2,
            "grpc" | "grpcweb" | "kubernetes.io/grpc" => Self::Grpc,
            "https" | "tls" | "tcp" | "mongo" | "mysql" | "redis" | "kubernetes.io/wss" | "linkerd.io/tcp" | "linkerd.io/opaque" => {
                Self::Tcp
            }
            _ => Self::Unknown,
        }
    }

    /// Whether requests are known to be HTTP.
    pub fn is_http(self) -> bool {
        matches!(self, Self::Http | Self::Http2 | Self::Grpc)
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Http => "http",
            Self::Http2 => "http2",
            Self::Grpc => "grpc",
            Self::Tcp => "tcp",
            Self::Unknown => "not declared",
        })
    }
}

impl Service {
    /// Whether a mesh can be called by it: it is more than another name of a host outside. Its address may not be known yet, as in
    /// manifests, where an API server gives it one.
    pub fn is_callable(&self) -> bool {
        !self.external_name
    }

    /// The port of this number.
    pub fn port(&self, number: u16) -> Option<&ServicePort> {
        self.ports.iter().find(|port| port.number == number)
    }
}

/// Pods that share one template: a Deployment, StatefulSet, DaemonSet, ReplicaSet, Job, CronJob, or one
/// Pod without owner; or one instance outside Kubernetes, a Workload.
#[derive(Clone, Debug)]
pub struct PodSet {
    /// The object that owns the template.
    pub key: ObjectKey,
    /// Where it is written.
    pub document: Arc<Document>,
    /// Labels of the pods.
    pub labels: BTreeMap<String, String>,
    /// Annotations of the pods.
    pub annotations: BTreeMap<String, String>,
    /// `spec.selector.matchLabels` of the owner; the labels of the pods where it has none.
    pub selector: BTreeMap<String, String>,
    /// `default` if not written.
    pub service_account: Arc<str>,
    /// Container ports: name (may be empty) and number, TCP only, sorted by number.
    pub ports: Vec<(Arc<str>, u16)>,
    /// Paths that the kubelet asks for by HTTP, with the container port, sorted.
    pub probes: Vec<(PortTarget, Arc<str>)>,
    /// Where a Workload answers: an IP address or a host name. Pods are found by endpoint slices.
    pub address: Option<Arc<str>>,
}

impl PodSet {
    /// Whether a Service's selector picks these pods; an empty selector picks none.
    pub fn is_selected_by(&self, service: &Service) -> bool {
        self.key.namespace == service.key.namespace
            && !service.selector.is_empty()
            && service.selector.iter().all(|(name, value)| self.labels.get(name) == Some(value))
    }

    /// The container port a Service port leads to here.
    pub fn target(&self, target: &PortTarget) -> Option<u16> {
        match target {
            PortTarget::Number(number) => Some(*number),
            PortTarget::Name(name) => self.ports.iter().find(|(port, _)| port == name).map(|(_, number)| *number),
        }
    }
}

/// Addresses behind a Service.
#[derive(Clone, Debug)]
pub struct EndpointSlice {
    /// Namespace and name of the slice.
    pub key: ObjectKey,
    /// The Service that it belongs to, from its label.
    pub service: ServiceKey,
    /// In the order written.
    pub endpoints: Vec<Endpoint>,
    /// Port name (may be empty) and number.
    pub ports: Vec<(Arc<str>, u16)>,
}

/// One ready or not yet ready address.
#[derive(Clone, Debug)]
pub struct Endpoint {
    /// IP addresses of one instance.
    pub addresses: Vec<Arc<str>>,
    /// Absent counts as ready, as Kubernetes says.
    pub ready: bool,
    /// The pod, where told.
    pub pod: Option<Arc<str>>,
    /// Its zone, where told.
    pub zone: Option<Arc<str>>,
}

/// A Namespace, for the labels that a Mesh selects by.
#[derive(Clone, Debug)]
pub struct Namespace {
    /// Its name.
    pub name: Arc<str>,
    /// With `kubernetes.io/metadata.name`, which the API server always adds.
    pub labels: BTreeMap<String, String>,
    /// Of the Namespace itself.
    pub annotations: BTreeMap<String, String>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use test_case::test_case;

    #[test_case(None, "http", Protocol::Http ; "name")]
    #[test_case(None, "http-web", Protocol::Http ; "name prefix")]
    #[test_case(None, "httpx", Protocol::Unknown ; "a prefix ends at a dash")]
    #[test_case(None, "", Protocol::Unknown ; "unnamed")]
    #[test_case(Some("kubernetes.io/h2c"), "tcp", Protocol::Http2 ; "appProtocol wins")]
    #[test_case(Some("example.com/x"), "http", Protocol::Unknown ; "an unknown word is not the name")]
    #[test_case(None, "grpc-api", Protocol::Grpc ; "grpc")]
    #[test_case(Some("HTTP"), "", Protocol::Http ; "any case")]
    fn protocol(app_protocol: Option<&str>, name: &str, want: Protocol) {
        assert_eq!(Protocol::of(app_protocol, name), want);
    }
}
