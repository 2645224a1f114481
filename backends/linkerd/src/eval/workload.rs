//! What annotations say about the pods of a workload; they were created after all other objects.
//!
//! Source: linkerd2 `pkg/inject/inject.go`, which copies what a Namespace says to pods that do not say it
//! themselves; `policy-controller/k8s/index/src/inbound/{index,workload}.rs`.

use std::collections::BTreeMap;
use std::sync::Arc;

use meshglot_translator::ir::{PodSet, PortTarget};

use super::access::DefaultAccess;
use super::annotation::Ports;
use super::defaults::Defaults;
use super::server::Protocol;

/// Annotations of a Namespace.
pub(super) type Annotations = BTreeMap<String, String>;

/// The annotation that lists opaque ports, of pods, Services and Namespaces.
pub(super) const OPAQUE_PORTS: &str = "config.linkerd.io/opaque-ports";

/// Settings of the pods' proxy.
#[derive(Debug)]
pub(super) struct Settings {
    /// Whether there is a proxy.
    pub meshed: bool,
    /// Ports that calls reach without the proxy.
    pub skip_inbound: Ports,
    /// Ports of others that are called without the proxy.
    pub skip_outbound: Ports,
    /// It routes by a header of the request, not by the address that is called.
    pub ingress: bool,
    access: DefaultAccess,
    opaque: Ports,
    require_identity: Ports,
}

impl Settings {
    pub(super) fn of(pods: &PodSet, namespace: &Annotations, defaults: &Defaults) -> Self {
        let says = |name: &str| pods.annotations.get(name).or_else(|| namespace.get(name)).map(String::as_str);
        let ports = |name: &str| says(name).map(Ports::read).unwrap_or_default();
        let inject = says("linkerd.io/inject");
        Self {
            // Who says nothing has a proxy: that a Namespace is injected is not told by every inventory.
            meshed: inject != Some("disabled"),
            skip_inbound: ports("config.linkerd.io/skip-inbound-ports"),
            skip_outbound: ports("config.linkerd.io/skip-outbound-ports"),
            ingress: inject == Some("ingress"),
            access: says("config.linkerd.io/default-inbound-policy").and_then(DefaultAccess::read).unwrap_or(defaults.access),
            // Of the installation's list, a pod gets the ports that it declares.
            opaque: says(OPAQUE_PORTS).map_or_else(|| declared(pods, &defaults.opaque), Ports::read),
            require_identity: ports("config.linkerd.io/proxy-require-identity-inbound-ports"),
        }
    }

    /// Who may call a port that no Server has.
    pub(super) fn access(&self, port: u16) -> DefaultAccess {
        if self.require_identity.has(port) { self.access.authenticated() } else { self.access }
    }

    /// What a port takes that no Server has.
    pub(super) fn protocol(&self, port: u16) -> Protocol {
        if self.opaque.has(port) { Protocol::Bytes } else { Protocol::Detect }
    }
}

/// The labels of the pods: the template's, and what the injector adds about their owner.
///
/// Source: linkerd2 `pkg/inject/inject.go`, `pkg/k8s/labels.go`.
pub(super) fn labels(pods: &PodSet) -> BTreeMap<String, String> {
    let mut labels = pods.labels.clone();
    let kind = pods.key.kind.name().to_lowercase();
    if kind != "pod" {
        labels.insert(format!("linkerd.io/proxy-{kind}"), pods.key.name.to_string());
    }
    labels.insert("linkerd.io/workload-ns".to_owned(), pods.key.namespace.to_string());
    labels
}

fn declared(pods: &PodSet, listed: &Ports) -> Ports {
    Ports::of(pods.ports.iter().map(|(_, number)| *number).filter(|number| listed.has(*number)))
}

/// The paths that the kubelet asks a port for, without query.
pub(super) fn probes(pods: &PodSet, port: u16) -> Vec<Arc<str>> {
    let number = |target: &PortTarget| match target {
        PortTarget::Number(number) => Some(*number),
        PortTarget::Name(name) => pods.ports.iter().find(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, number)| *number),
    };
    let asked = pods.probes.iter().filter(|(target, _)| number(target) == Some(port));
    asked.map(|(_, path)| path.split(['?', '#']).next().unwrap_or_default().into()).collect()
}
