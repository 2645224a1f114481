//! Doors for callers on hosts where nothing is captured: one listener per HTTP port on 127.0.0.1, routed by Host.
//!
//! They have no logic of their own: every name leads to the RouteConfiguration that captured calls take. Where Services
//! of bytes go cannot be told by a name, so that they have no door.

use std::collections::BTreeMap;
use std::sync::Arc;

use meshglot_translator::ir::{MeshSettings, PodSet, Service};
use meshglot_translator::render::RenderedObject;
use meshglot_translator::resolve::View;

use crate::carries::{Carries, port_name};
use crate::constant::http_manager;
use crate::resource::listener;

/// The listeners `explicit/PORT` of a workload; none unless the Mesh asks for them.
pub(crate) fn listeners(
    workload: &str,
    pods: &PodSet,
    services: &[Arc<Service>],
    mesh: &MeshSettings,
    view: &View<'_>,
) -> Vec<RenderedObject> {
    if !mesh.builtin_explicit {
        return Vec::new();
    }
    // Of two Services by one name there is none: namespaces stand in the longer forms, and names are unique in them.
    let mut by_port: BTreeMap<u16, BTreeMap<String, String>> = BTreeMap::new();
    for service in services {
        for port in service.ports.iter().filter(|port| Carries::of(service, port, view) == Carries::Http) {
            let routes = port_name(&service.key, port.number);
            let hosts = hosts(service, port.number, mesh, *service.key.namespace == *pods.key.namespace);
            by_port.entry(port.number).or_default().extend(hosts.into_iter().map(|host| (host, routes.clone())));
        }
    }
    // Where the application itself listens there is no place for a door.
    let own = |port: &u16| pods.ports.iter().any(|(_, number)| number == port);
    let doors = by_port.into_iter().filter(|(port, _)| !own(port));
    doors.map(|(port, hosts)| listener::explicit(workload, port, http_manager::explicit(port, &hosts))).collect()
}

/// Every form of a Service's name, each alone and with the port.
fn hosts(service: &Service, port: u16, mesh: &MeshSettings, same_namespace: bool) -> Vec<String> {
    let (name, namespace, domain) = (&service.key.name, &service.key.namespace, &mesh.cluster_domain);
    let long = [format!("{name}.{namespace}"), format!("{name}.{namespace}.svc"), format!("{name}.{namespace}.svc.{domain}")];
    let short = same_namespace.then(|| name.to_string());
    short.into_iter().chain(long).flat_map(|host| [format!("{host}:{port}"), host]).collect()
}
