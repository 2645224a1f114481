//! Calls to a workload: one or more chains per port, on from there to the application.
//!
//! Mutual TLS is permissive: callers of the mesh come with TLS and its ALPN, all others without, and so without an
//! identity that an access rule could name.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use meshglot_translator::ir::{MeshSettings, PodSet, Service, ServicePort};
use meshglot_translator::render::{Provenance, RenderedObject};
use meshglot_translator::resolve::View;
use serde_json::{Value, json};

use crate::access::{Access, Mode};
use crate::carries::{Carries, Side};
use crate::constant::{http_manager, rbac, tcp_proxy, tls};
use crate::message::message;
use crate::resource::listener::Entrance;
use crate::resource::{cluster, listener, route_configuration};
use crate::workload::own_address;

/// The listener `inbound`, with clusters and route configurations of its ports.
pub(crate) fn render(workload: &str, pods: &Arc<PodSet>, mesh: &MeshSettings, view: &View<'_>) -> Vec<RenderedObject> {
    let access = Access::of(pods, mesh, view);
    let ports = decided(pods, &access, view);
    // Whatever the rules are: another list would replace the listener, and cut the connections of all of its ports.
    let declared = ports_of(pods, view, |_, port| Carries::declared(port));
    let automatic: BTreeSet<u16> =
        declared.into_iter().filter(|(_, carries)| *carries == Carries::Automatic).map(|(port, _)| port).collect();
    let mut chains = Vec::new();
    let mut provenance = Vec::new();
    for (port, carries) in &ports {
        Chains { port: *port, carries: *carries, access: &access, chains: &mut chains, provenance: &mut provenance }.write();
    }
    let rest = match access.mode() {
        Mode::Open | Mode::Audit => tcp_proxy::inbound("passthrough"),
        Mode::Closed => tcp_proxy::inbound("closed"),
    };
    let entrance = match own_address(pods) {
        None => Entrance::Captured(mesh.builtin_ports.0, mesh.name.clone()),
        Some(own) => Entrance::Own(own, ports.keys().copied().collect()),
    };
    let mut objects = Vec::new();
    if !matches!(&entrance, Entrance::Own(_, ports) if ports.is_empty()) {
        let listener = listener::inbound(workload, &entrance, chains, &automatic, vec![rest]);
        objects.push(listener.of(access.sources()).from(provenance));
    }
    for (port, carries) in ports {
        objects.push(cluster::application(workload, port, carries.http()));
        if carries.http() {
            let (overrides, provenance) = access.overrides(port);
            let routes = route_configuration::inbound(workload, port, overrides);
            objects.push(routes.of(access.sources()).from(provenance));
        }
    }
    objects
}

/// What each port carries; one of which nobody says it carries requests where an access rule looks at them.
fn decided(pods: &PodSet, access: &Access, view: &View<'_>) -> BTreeMap<u16, Carries> {
    let decided = |(port, carries)| match carries {
        Carries::Automatic if access.needs_http(port) => (port, Carries::Http),
        carries => (port, carries),
    };
    ports_of(pods, view, |service, port| Carries::of(service, port, view)).into_iter().map(decided).collect()
}

/// What each port carries, as the Services that lead to it say; automatic if none does or if they differ.
///
/// A port that a Service leads to counts as declared even if no container names it: callers come to it with TLS,
/// which the application itself would not understand.
fn ports_of(pods: &PodSet, view: &View<'_>, carries: impl Fn(&Service, &ServicePort) -> Carries) -> BTreeMap<u16, Carries> {
    let mut ports: BTreeMap<u16, Option<Carries>> = pods.ports.iter().map(|(_, number)| (*number, None)).collect();
    for service in view.services_selecting(pods) {
        for port in &service.ports {
            let Some(target) = pods.target(&port.target) else { continue };
            let carries = carries(&service, port);
            let known = ports.entry(target).or_default();
            *known = Some(known.map_or(carries, |known| known.and(carries)));
        }
    }
    ports.into_iter().map(|(port, carries)| (port, carries.unwrap_or(Carries::Automatic))).collect()
}

/// Writes the chains of one port. Each call must find one of them: what finds none falls through to the default
/// chain and gets past whatever is decided here.
struct Chains<'a> {
    port: u16,
    carries: Carries,
    access: &'a Access,
    chains: &'a mut Vec<Value>,
    provenance: &'a mut Vec<Provenance>,
}

impl Chains<'_> {
    fn write(mut self) {
        for side in self.carries.sides() {
            self.mutual(*side);
        }
        for side in self.carries.sides() {
            let looked_at = self.carries == Carries::Automatic && *side == Side::Http;
            let matching = if looked_at { json!({ "application_protocols": listener::HTTP_WORDS }) } else { json!({}) };
            let closed = *side == Side::Tcp && self.access.mode() == Mode::Closed;
            self.unidentified(if closed { "closed" } else { "plain" }, *side, matching);
        }
        // TLS of the application itself is bytes to us. Envoy does not go back: with TLS it looks among the chains
        // for TLS alone, so that those without would not take it.
        let side = if self.carries == Carries::Http { Side::Http } else { Side::Tcp };
        self.unidentified("tls", side, json!({ "transport_protocol": "tls" }));
    }

    /// Callers of the mesh.
    fn mutual(&mut self, side: Side) {
        let (alpn, filters, validation) = match side {
            Side::Http => (tls::ALPN_HTTP, vec![http_manager::inbound(&self.cluster(), true)], json!({})),
            Side::Tcp => {
                let (filters, validation) = self.identified_connections();
                (tls::ALPN_TCP, filters, validation)
            }
        };
        let matching = json!({ "transport_protocol": "tls", "application_protocols": [alpn] });
        self.push("mtls", side, matching, filters, Some(tls::downstream(validation)));
    }

    /// Connections of callers of the mesh, and who of them may come so far: a rule alone would wait for their first
    /// byte, and a server that speaks first would have spoken.
    fn identified_connections(&mut self) -> (Vec<Value>, Value) {
        let application = tcp_proxy::inbound(&self.cluster());
        if self.access.mode() == Mode::Open {
            return (vec![application], json!({}));
        }
        let allowed = self.access.connections(self.port);
        let closed = self.access.mode() == Mode::Closed;
        let rules = if closed { "rules" } else { "shadow_rules" };
        let at = format!(".resource.filter_chains[{}].filters[0].typed_config.{rules}.policies", self.chains.len());
        let here = allowed.provenance.into_iter().map(|field| Provenance { path: format!("{at}{}", field.path), ..field });
        self.provenance.extend(here);
        if !closed {
            return (vec![rbac::audited_connections(allowed.policies), application], json!({}));
        }
        let validation = tls::one_of(&allowed.sans, self.access.trust_domain());
        (vec![rbac::connections(allowed.policies), application], validation)
    }

    /// Everybody else: no rule names them. Requests of theirs are answered by the filters that all requests pass.
    fn unidentified(&mut self, name: &str, side: Side, matching: Value) {
        let filters = match (side, self.access.mode()) {
            (Side::Http, _) => vec![http_manager::inbound(&self.cluster(), false)],
            (Side::Tcp, Mode::Open) => vec![tcp_proxy::inbound(&self.cluster())],
            (Side::Tcp, Mode::Audit) => {
                let allowed = self.access.connections(self.port);
                vec![rbac::audited_connections(allowed.policies), tcp_proxy::inbound(&self.cluster())]
            }
            (Side::Tcp, Mode::Closed) => vec![rbac::no_connections(), tcp_proxy::inbound("closed")],
        };
        self.push(name, side, matching, filters, None);
    }

    fn push(&mut self, name: &str, side: Side, mut matching: Value, filters: Vec<Value>, socket: Option<Value>) {
        let Self { port, carries, .. } = self;
        let suffix = if *carries == Carries::Automatic && side == Side::Tcp { "-tcp" } else { "" };
        matching["destination_port"] = (*port).into();
        let mut chain = message! { "name": format!("{port}/{name}{suffix}"), "filter_chain_match": matching, "filters": filters };
        if let Some(socket) = socket {
            chain["transport_socket"] = socket;
        }
        self.chains.push(chain);
    }

    fn cluster(&self) -> String {
        format!("inbound/{}", self.port)
    }
}
