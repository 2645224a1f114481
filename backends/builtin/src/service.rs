//! What every caller of a Service reads: clusters, assignments and route configurations of its ports.
//!
//! They are rendered whether or not the Service has a known address. Manifests rarely have one, and without it no
//! caller has a chain that leads here; but the routes are what a reader of the output wants to see, and what the
//! chain will lead to as soon as the address comes from the cluster.

use std::collections::BTreeMap;

use meshglot_translator::ir::{MeshSettings, ObjectKey, Service, ServiceKey};
use meshglot_translator::render::{Fragment, Provenance, RenderedObject, Report};
use meshglot_translator::resolve::View;

use crate::carries::{CHOSEN, Carries, Side, port_name};
use crate::endpoint::{Addresses, Behind};
use crate::resource::assignment::assignment;
use crate::resource::cluster::{Peers, balanced, direct};
use crate::resource::route_configuration;
use crate::{split, trust_domain};

/// Everything of one Service; of one that does not exist yet, what its share needs.
pub(crate) fn render(key: &ServiceKey, view: &View<'_>) -> Fragment {
    let Some(mesh) = view.target_mesh(&key.namespace) else { return Fragment::default() };
    let mut report = view.report(&mesh);
    let objects = match view.service(key) {
        Some(service) => existing(&service, &mesh, view, &mut report),
        None => missing(key, &mesh, view),
    };
    Fragment { objects, sets: Vec::new(), losses: report.into_losses() }
}

fn existing(service: &Service, mesh: &MeshSettings, view: &View<'_>, report: &mut Report) -> Vec<RenderedObject> {
    let behind = Behind::of(service, mesh, view);
    let trust_domain = trust_domain::signed(mesh, view);
    let peers = Peers { sans: &behind.sans, trust_domain: &trust_domain };
    let routes = view.routes(&service.key);
    // Calls to a headless Service go to the pod that was called. A share of a split was called at the root's
    // address, so it needs a cluster that chooses.
    let is_chosen = service.headless && view.splits_using(&service.key).iter().any(|split| *split.root_name() != service.key.name);
    let mut objects = Vec::new();
    for port in &service.ports {
        let carries = Carries::of(service, port, view);
        let name = port_name(&service.key, port.number);
        let addresses = behind.addresses(port);
        for side in carries.sides() {
            let suffix = carries.suffix(*side);
            if service.headless {
                objects.push(direct(&format!("{name}{suffix}"), *side, behind.any_proxy().then_some(peers)));
            } else {
                objects.extend(with_assignment(&format!("{name}{suffix}"), *side, peers, &addresses));
            }
            if is_chosen {
                objects.extend(with_assignment(&format!("{name}{CHOSEN}{suffix}"), *side, peers, &addresses));
            }
        }
        let port_routes = routes.ports.iter().find(|routes| routes.port.number == port.number);
        let said = split::said(service, port_routes, carries, report);
        if carries.http() {
            let made = split::routes(service, port.number, &said, carries, view);
            objects.push(route_configuration::outbound(&name, made.value).of(made.sources).from(made.provenance));
        }
    }
    objects
}

fn with_assignment(name: &str, side: Side, peers: Peers<'_>, addresses: &Addresses) -> [RenderedObject; 2] {
    [balanced(name, side, peers), assignment(name, addresses)]
}

/// S5: a share above 0 of a Service that does not exist yet gets 503 by a cluster without addresses. One of
/// weight 0 needs no cluster, as routes are not checked for it.
fn missing(key: &ServiceKey, mesh: &MeshSettings, view: &View<'_>) -> Vec<RenderedObject> {
    let mut ports: BTreeMap<u16, (Carries, Vec<ObjectKey>, Vec<Provenance>)> = BTreeMap::new();
    for split in view.splits_using(key) {
        let root = ServiceKey { namespace: key.namespace.clone(), name: split.root_name().clone() };
        let routes = view.routes(&root);
        let Some(service) = &routes.service else { continue };
        for port in &routes.ports {
            let carries = Carries::of(service, &port.port, view);
            let rules = port.rules.iter().filter(|rule| rule.split.key == split.key);
            for to in rules.flat_map(|rule| &rule.destinations).filter(|to| to.service == *key && to.weight > 0) {
                let entry = ports.entry(to.port).or_insert_with(|| (carries, Vec::new(), Vec::new()));
                entry.0 = entry.0.and(carries);
                entry.1.push(split.key.clone());
                entry.2.push(Provenance { path: ".resource.name".to_owned(), origin: to.service_origin.clone() });
            }
        }
    }
    let trust_domain = trust_domain::signed(mesh, view);
    let peers = Peers { sans: &[], trust_domain: &trust_domain };
    let mut objects = Vec::new();
    for (port, (carries, sources, provenance)) in ports {
        for side in carries.sides() {
            let name = format!("{}{}", port_name(key, port), carries.suffix(*side));
            let [cluster, assignment] = with_assignment(&name, *side, peers, &Addresses::new());
            objects.push(cluster.of(sources.clone()).from(provenance.clone()));
            objects.push(assignment.of(sources.clone()));
        }
    }
    objects
}
