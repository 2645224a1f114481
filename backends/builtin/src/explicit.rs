//! Doors for callers on hosts where nothing is captured: one listener per HTTP port on 127.0.0.1, routed by Host. A workload that shares
//! its machine with others always has them, at its own address.
//!
//! A name leads to the same routes as the address that is captured. Where connections of bytes go cannot be told by a
//! name, so that they have no door. Envoy takes no scopes that name route configurations of the control plane, so that the
//! routes of all Services of a port stand in one, which the workloads of a namespace share: short names are its own.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::sync::Arc;

use meshglot_translator::ir::{MeshSettings, ObjectKey, PodSet, Service, ServicePort};
use meshglot_translator::render::{Fragment, RenderedObject};
use meshglot_translator::resolve::View;
use serde_json::Value;

use crate::carries::{Carries, port_name};
use crate::constant::http_manager;
use crate::resource::{SHARED, listener, route_configuration};
use crate::{split, workload};

/// Services with a port that has a door, by its number.
type Doors = BTreeMap<u16, Vec<(Arc<Service>, ServicePort)>>;

/// The listeners `explicit/PORT` of a workload, and with an address of its own the route configurations that they read; none unless it
/// needs them or the Mesh asks for them.
pub(crate) fn listeners(name: &str, pods: &PodSet, mesh: &MeshSettings, view: &View<'_>) -> Vec<RenderedObject> {
    let own_address = workload::own_address(pods);
    if own_address.is_none() && !mesh.builtin_explicit {
        return Vec::new();
    }
    let namespace = &pods.key.namespace;
    // Where the application itself listens there is no place for a door.
    let own = |port: &u16| pods.ports.iter().any(|(_, number)| number == port);
    let doors = doors(&workload::services_of(mesh, view), view).into_iter().filter(|(port, _)| !own(port));
    let objects = doors.flat_map(|(port, services)| match own_address {
        None => vec![listener::explicit(name, Ipv4Addr::LOCALHOST, port, http_manager::outbound(&routes_name(namespace, port)))],
        Some(address) => {
            let routes = format!("explicit/{port}");
            let listener = listener::explicit(name, address, port, http_manager::outbound(&routes));
            vec![listener, configuration((name, &routes), (port, &services), (namespace, mesh), view)]
        }
    });
    objects.collect()
}

/// The route configurations `explicit/NAMESPACE/PORT` of a namespace's workloads.
pub(crate) fn render(namespace: &Arc<str>, view: &View<'_>) -> Fragment {
    let Some(mesh) = view.target_mesh(namespace).filter(|mesh| mesh.builtin_explicit) else { return Fragment::default() };
    let services = workload::services_of(&mesh, view);
    let objects = doors(&services, view)
        .into_iter()
        .map(|(port, services)| configuration((SHARED, &routes_name(namespace, port)), (port, &services), (namespace, &mesh), view));
    Fragment { objects: objects.collect(), ..Fragment::default() }
}

/// Who reads it, and its name; the Services of a port; and from where they are called.
fn configuration(
    (of, name): (&str, &str),
    (port, services): (u16, &[(Arc<Service>, ServicePort)]),
    (namespace, mesh): (&Arc<str>, &MeshSettings),
    view: &View<'_>,
) -> RenderedObject {
    let mut sources: Vec<ObjectKey> = Vec::new();
    let host = |(service, of_service): &(Arc<Service>, ServicePort)| {
        let (routes, from) = routes(service, of_service, mesh, view);
        sources.extend(from);
        let domains = hosts(service, port, mesh, service.key.namespace == *namespace);
        route_configuration::host(&port_name(&service.key, port), domains, routes)
    };
    let hosts: Vec<Value> = services.iter().map(host).collect();
    route_configuration::explicit(of, name, hosts).of(sources)
}

fn routes_name(namespace: &str, port: u16) -> String {
    format!("explicit/{namespace}/{port}")
}

fn doors(services: &[Arc<Service>], view: &View<'_>) -> Doors {
    let mut doors = Doors::new();
    for service in services {
        for port in service.ports.iter().filter(|port| Carries::of(service, port, view) == Carries::Http) {
            doors.entry(port.number).or_default().push((service.clone(), port.clone()));
        }
    }
    doors
}

/// Those of a captured call, and what they were made from.
fn routes(service: &Service, port: &ServicePort, mesh: &MeshSettings, view: &View<'_>) -> (Vec<Value>, Vec<ObjectKey>) {
    let all = view.routes(&service.key);
    let of_port = all.ports.iter().find(|routes| routes.port.number == port.number);
    // The unit of the Service tells the losses; here they would be told once per namespace.
    let said = split::said(service, of_port, Carries::Http, &mut view.report(mesh));
    let made = split::routes(service, port.number, &said, Carries::Http, view);
    (made.value, made.sources)
}

/// Every form of a Service's name, each alone and with the port.
fn hosts(service: &Service, port: u16, mesh: &MeshSettings, same_namespace: bool) -> Vec<String> {
    let (name, namespace, domain) = (&service.key.name, &service.key.namespace, &mesh.cluster_domain);
    let long = [format!("{name}.{namespace}"), format!("{name}.{namespace}.svc"), format!("{name}.{namespace}.svc.{domain}")];
    let short = same_namespace.then(|| name.to_string());
    let mut hosts: Vec<String> = short.into_iter().chain(long).flat_map(|host| [format!("{host}:{port}"), host]).collect();
    hosts.sort();
    hosts
}
