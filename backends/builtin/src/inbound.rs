//! Calls to a workload: one or more chains per port, on from there to the application.
//!
//! Access is open and mutual TLS permissive: callers of the mesh come with TLS and its ALPN, all others without.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use meshglot_translator::ir::{MeshSettings, PodSet, Service};
use meshglot_translator::render::RenderedObject;
use meshglot_translator::resolve::View;
use serde_json::{Value, json};

use crate::carries::{Carries, Side};
use crate::constant::{http_manager, tcp_proxy, tls};
use crate::message::message;
use crate::resource::{cluster, listener, route_configuration};

/// The listener `inbound`, with clusters and route configurations of its ports.
pub(crate) fn render(
    workload: &str,
    pods: &PodSet,
    services: &[Arc<Service>],
    mesh: &MeshSettings,
    view: &View<'_>,
) -> Vec<RenderedObject> {
    let ports = ports(pods, services, view);
    let automatic: BTreeSet<u16> = ports.iter().filter(|(_, carries)| **carries == Carries::Automatic).map(|(port, _)| *port).collect();
    let chains = ports.iter().flat_map(|(port, carries)| chains(*port, *carries)).collect();
    let mut objects = vec![listener::inbound(workload, mesh.builtin_ports.0, chains, &automatic)];
    for (port, carries) in ports {
        objects.push(cluster::application(workload, port, carries.http()));
        if carries.http() {
            objects.push(route_configuration::inbound(workload, port));
        }
    }
    objects
}

/// What each port carries, as the Services that lead to it say; automatic if none does or if they differ.
///
/// A port that a Service leads to counts as declared even if no container names it: callers come to it with TLS,
/// which the application itself would not understand.
fn ports(pods: &PodSet, services: &[Arc<Service>], view: &View<'_>) -> BTreeMap<u16, Carries> {
    let mut ports: BTreeMap<u16, Option<Carries>> = pods.ports.iter().map(|(_, number)| (*number, None)).collect();
    for service in services.iter().filter(|service| pods.is_selected_by(service)) {
        for port in &service.ports {
            let Some(target) = pods.target(&port.target) else { continue };
            let carries = Carries::of(service, port, view);
            let known = ports.entry(target).or_default();
            *known = Some(known.map_or(carries, |known| known.and(carries)));
        }
    }
    ports.into_iter().map(|(port, carries)| (port, carries.unwrap_or(Carries::Automatic))).collect()
}

/// The chains of one port. Each call must find one of them: what finds none falls through to the default chain
/// and gets past whatever is decided here.
fn chains(port: u16, carries: Carries) -> Vec<Value> {
    let cluster = format!("inbound/{port}");
    let chain = |name: &str, side: Side, mut matching: Value, identified: bool| {
        let filter = match side {
            Side::Http => http_manager::inbound(&cluster, identified),
            Side::Tcp => tcp_proxy::inbound(&cluster),
        };
        let suffix = if carries == Carries::Automatic && side == Side::Tcp { "-tcp" } else { "" };
        matching["destination_port"] = port.into();
        message! { "name": format!("{port}/{name}{suffix}"), "filter_chain_match": matching, "filters": vec![filter] }
    };
    let mut chains = Vec::new();
    for side in carries.sides() {
        let alpn = match side {
            Side::Http => tls::ALPN_HTTP,
            Side::Tcp => tls::ALPN_TCP,
        };
        let mut mtls = chain("mtls", *side, json!({ "transport_protocol": "tls", "application_protocols": [alpn] }), true);
        mtls["transport_socket"] = tls::downstream();
        chains.push(mtls);
    }
    for side in carries.sides() {
        let looked_at = carries == Carries::Automatic && *side == Side::Http;
        let matching = if looked_at { json!({ "application_protocols": listener::HTTP_WORDS }) } else { json!({}) };
        chains.push(chain("plain", *side, matching, false));
    }
    // TLS of the application itself is bytes to us. Envoy does not go back: with TLS it looks among the chains for
    // TLS alone, so that those without would not take it.
    let side = if carries == Carries::Http { Side::Http } else { Side::Tcp };
    chains.push(chain("tls", side, json!({ "transport_protocol": "tls" }), false));
    chains
}
