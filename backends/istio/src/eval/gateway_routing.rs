//! What a gateway's proxy does: servers of the port, virtual hosts of all Gateways together, the route.

use meshglot_translator::eval::Verdict;

use super::arrival::Delivery;
use super::authorization::Ruling;
use super::authorization_condition::Question;
use super::gateway::{Gateway, Server, fit};
use super::message::Received;
use super::object::selects;
use super::part::{Parts, ended};
use super::reading::Reading;
use super::route_match::Router;
use super::routing::{Chosen, choose};
use super::virtual_service::VirtualService;

/// Routes of one domain.
struct VirtualHost<'r> {
    fit: usize,
    /// Each with the Gateway that it was found by.
    routes: Vec<(&'r Gateway, &'r VirtualService)>,
    /// Answers 301 to HTTPS.
    redirects: bool,
}

impl Reading {
    /// A request arrives at a gateway.
    pub(super) fn at_gateway(&self, at: usize, port: u16, delivery: &Delivery<'_>) -> Parts {
        let (workload, guard) = (&self.world.workloads[at], &self.guards[at]);
        let pods = &workload.pods;
        // How sidecars connect to gateways was never seen.
        if delivery.identity.is_some() || workload.bypassed || guard.unmodelled.is_some() {
            return ended(Verdict::Unknown, guard.unmodelled.as_ref());
        }
        let mine = self.gateways.iter().filter(|gateway| selects(&gateway.selector, &pods.labels));
        let servers = mine.flat_map(|gateway| gateway.servers.iter().map(move |server| (gateway, server)));
        let listening: Vec<(&Gateway, &Server)> = servers.filter(|(_, server)| server.listens_on(port, workload)).collect();
        let Some((first, server)) = listening.first() else { return ended(Verdict::Error, None) };
        if let Some((gateway, _)) = listening.iter().find(|(gateway, server)| gateway.odd || !server.plain) {
            return ended(Verdict::Unknown, Some(&gateway.title));
        }
        let message = match delivery.received {
            Received::Message(message) => message,
            Received::Bytes | Received::Rejected => return ended(Verdict::Error, None),
            Received::Unknown => return ended(Verdict::Unknown, None),
        };
        // Authorization answers before any route, also before none.
        match guard.policies.rule(&Question { identity: None, port, message: Some(message) }) {
            Ruling::Denied(rule) => return ended(Verdict::Deny, Some(&rule)),
            Ruling::Unknown(rule) => return ended(Verdict::Unknown, Some(&rule)),
            Ruling::Allowed(_) => {}
        }
        let found = self.virtual_host(&listening, &message.host(), &pods.key.namespace);
        let Some((gateway, _)) = found.routes.first().filter(|_| !found.redirects) else {
            let verdict = if found.redirects { Verdict::Error } else { Verdict::NoRoute };
            return ended(verdict, Some(&first.title));
        };
        // Routes for one of several Gateways that share a domain would have to be told apart.
        let shared = found.routes.iter().any(|(other, _)| other.key != gateway.key);
        if let Some((_, one)) = found.routes.iter().find(|(_, one)| shared && one.names_gateways()) {
            return ended(Verdict::Unknown, Some(&one.title));
        }
        let router = Router { namespace: &pods.key.namespace, labels: Some(&pods.labels), gateway: &gateway.key, port: server.port };
        match choose(found.routes.iter().map(|(_, one)| *one), &router, message) {
            Chosen::Route(taken) => {
                let identity = self.identity(&pods.key.namespace, &pods.service_account);
                let onward = Delivery {
                    identity: Some(&identity),
                    namespace: &pods.key.namespace,
                    by_gateway: true,
                    port: server.port,
                    ..*delivery
                };
                self.act(taken, message, &onward)
            }
            Chosen::NoRoute | Chosen::Empty => ended(Verdict::NoRoute, Some(&first.title)),
            Chosen::Unknown(title) => ended(Verdict::Unknown, Some(&title)),
        }
    }

    /// The virtual host that fits best; without one it has no routes.
    ///
    /// # Source
    /// Istio `pilot/pkg/networking/core/gateway.go`, `buildGatewayHTTPRouteConfig`.
    fn virtual_host<'r>(&'r self, listening: &[(&'r Gateway, &'r Server)], host: &str, namespace: &str) -> VirtualHost<'r> {
        let mut best = VirtualHost { fit: 0, routes: Vec::new(), redirects: false };
        let mut offer = |domain: &str, one: Option<(&'r Gateway, &'r VirtualService)>, redirects: bool| {
            let Some(fit) = fit(host, domain).filter(|fit| *fit >= best.fit) else { return };
            if fit > best.fit {
                best = VirtualHost { fit, routes: Vec::new(), redirects: false };
            }
            best.routes.extend(one);
            best.redirects |= redirects;
        };
        for (gateway, server) in listening {
            for one in self.virtual_services.of_gateway(&gateway.key, namespace) {
                for domain in server.intersection(&one.hosts, &one.namespace) {
                    offer(domain, Some((gateway, one)), server.redirects);
                }
            }
            if server.redirects {
                server.hosts().for_each(|domain| offer(domain, None, true));
            }
        }
        best
    }
}
