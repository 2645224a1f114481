//! How a caller's proxy carries the connections of a Service port.
//!
//! Source: linkerd2 `policy-controller/core/src/outbound.rs` `AppProtocol`,
//! `policy-controller/k8s/index/src/outbound/index.rs`, `pkg/inject/inject.go` `CreateOpaquePortsPatch`;
//! linkerd2-proxy `linkerd/app/outbound/src/{sidecar,opaq}.rs`.

use meshglot_translator::ir::{PortTarget, Service, ServicePort};

use super::annotation::Ports;
use super::workload::{Annotations, OPAQUE_PORTS};

/// What the proxy takes connections for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Carriage {
    Http1,
    Http2,
    Opaque,
    /// By their first bytes.
    Detect,
    /// `appProtocol` says HTTP and the list says opaque: policy and profile contradict each other, and the proxy has
    /// no routes of the kind that it looks for.
    Contradiction,
}

impl Carriage {
    /// `annotations` are those of the Service with what the objects add.
    pub(super) fn of(port: &ServicePort, service: &Service, annotations: &Annotations, namespace: &Annotations, installed: &Ports) -> Self {
        let opaque = is_listed(port, service, annotations, namespace, installed);
        match port.app_protocol.as_deref().map(str::to_ascii_lowercase).as_deref() {
            Some("http" | "kubernetes.io/h2c") if opaque => Self::Contradiction,
            Some("http") => Self::Http1,
            Some("kubernetes.io/h2c") => Self::Http2,
            // `linkerd.io/opaque`, `linkerd.io/tcp`, and every word that Linkerd does not know.
            Some(_) => Self::Opaque,
            None if opaque => Self::Opaque,
            None => Self::Detect,
        }
    }
}

/// The Service's list, else that of its Namespace, which the injector copies. Else the injector writes those ports
/// down that lead to a port of the installation's list; if there are none, the controller goes by the number.
fn is_listed(port: &ServicePort, service: &Service, annotations: &Annotations, namespace: &Annotations, installed: &Ports) -> bool {
    if let Some(list) = annotations.get(OPAQUE_PORTS).or_else(|| namespace.get(OPAQUE_PORTS)) {
        return Ports::read(list).has(port.number);
    }
    let leads = |port: &ServicePort| matches!(port.target, PortTarget::Number(target) if installed.has(target));
    if service.ports.iter().any(leads) { leads(port) } else { installed.has(port.number) }
}
