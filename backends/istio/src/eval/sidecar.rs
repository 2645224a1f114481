//! What a caller's sidecar does: the listener, then the virtual host.

use meshglot_translator::eval::{Request, Verdict};

use super::arrival::Delivery;
use super::message::{Message, Received};
use super::part::{Parts, ended};
use super::reading::Reading;
use super::route_match::Router;
use super::routing::{Chosen, choose};
use super::virtual_service::{VirtualService, Weighted};
use super::world::{Host, Speaks};

impl Reading {
    /// A call from a pod with a proxy.
    ///
    /// # Source
    /// Istio `pilot/pkg/networking/core/listener.go`: HTTP ports of all Services share one listener by number; a port
    /// for TCP, or without protocol, has one for the address of its Service.
    pub(super) fn by_sidecar(&self, request: &Request, delivery: &Delivery<'_>) -> Parts {
        let caller = &request.caller;
        let workload = caller.workload.as_ref().and_then(|key| self.world.workload(key));
        let labels = workload.map(|workload| &workload.pods.labels);
        let name = self.world.full_name(delivery.called);
        let touched = self.unmodelled.workload(&caller.namespace, labels, true).or_else(|| self.unmodelled.entry(&name, delivery.port));
        if touched.is_some() || workload.is_some_and(|workload| workload.bypassed || workload.gateway) {
            return ended(Verdict::Unknown, touched);
        }
        let router = Router { namespace: &caller.namespace, labels, gateway: "mesh", port: delivery.port };
        let port = delivery.called.port(delivery.port).map(|port| port.speaks);
        let shared = port.map_or_else(|| self.world.has_http_port(delivery.port), |speaks| speaks == Speaks::Http);
        match (port, delivery.received) {
            (Some(Speaks::Tcp), _) | (Some(Speaks::Detected), Received::Bytes) => {
                self.to_connections(&name, &router, &Delivery { as_bytes: true, ..*delivery })
            }
            (_, Received::Message(message)) if shared => self.to_host(message, &router, delivery),
            (Some(_), Received::Message(message)) => self.to_virtual_host(message, &name, Some(delivery.called), &router, delivery),
            (Some(_), Received::Unknown) => ended(Verdict::Unknown, None),
            (None, _) | (_, Received::Bytes | Received::Rejected) => ended(Verdict::Error, None),
        }
    }

    /// The Service of the host that was sent, among all of the port.
    fn to_host(&self, message: &Message<'_>, router: &Router<'_>, delivery: &Delivery<'_>) -> Parts {
        let sent = message.host();
        // A Service's address is a host, too, and addresses are not known here.
        let address = sent.parse::<std::net::IpAddr>().is_ok() || sent.starts_with('[');
        let entry = self.unmodelled.entry(&sent, router.port);
        if address || entry.is_some() {
            return ended(Verdict::Unknown, entry);
        }
        let has_port = |host: &&Host| host.port(router.port).is_some_and(|port| port.speaks != Speaks::Tcp);
        match self.world.called(&sent, router.namespace).filter(has_port) {
            None if !self.virtual_services.routes_host(&sent) => self.to_nobody(delivery),
            service => self.to_virtual_host(message, &sent, service, router, delivery),
        }
    }

    /// A host that nobody knows: on to the address that was called, in plain text, if the mesh lets it.
    fn to_nobody(&self, delivery: &Delivery<'_>) -> Parts {
        if self.config.allow_any { self.pass(delivery) } else { ended(Verdict::Error, None) }
    }

    /// The first VirtualService that has routes for this proxy and port counts alone; else the Service itself.
    ///
    /// # Source
    /// Istio `route.go`, `BuildSidecarVirtualHostWrapper`.
    fn to_virtual_host(
        &self,
        message: &Message<'_>,
        sent: &str,
        service: Option<&Host>,
        router: &Router<'_>,
        delivery: &Delivery<'_>,
    ) -> Parts {
        let name = service.map(|service| self.world.full_name(service));
        for one in self.virtual_services.of_host(name.as_deref(), sent, router.namespace) {
            // Hosts that no Service has are routed on port 80, or on the ports of Services beside them.
            let by_service = name.as_ref().is_some_and(|name| one.covers(name));
            if !by_service && (router.port != 80 || one.hosts.len() > 1) {
                return ended(Verdict::Unknown, Some(&one.title));
            }
            match choose(std::iter::once::<&VirtualService>(one), router, message) {
                Chosen::Empty => {}
                Chosen::NoRoute => return ended(Verdict::NoRoute, Some(&one.title)),
                Chosen::Unknown(title) => return ended(Verdict::Unknown, Some(&title)),
                Chosen::Route(taken) => return self.act(taken, message, delivery),
            }
        }
        match name {
            Some(host) => self.send(&Weighted { host, subset: None, port: Some(router.port), weight: 1 }, delivery),
            None => ended(Verdict::Unknown, None),
        }
    }
}
