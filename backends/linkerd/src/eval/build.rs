//! Puts the reading together: Services with their routes and endpoints, and what the ports of workloads do.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use meshglot_translator::eval::Inventory;
use meshglot_translator::ir::{PodSet, Service};
use serde_json::Value;

use super::access::Authorization;
use super::annotation::{Ports, Wait};
use super::authentication::{Grant, Target};
use super::carriage::Carriage;
use super::defaults::Defaults;
use super::filter::Defect;
use super::inbound::{InboundPort, Routes};
use super::plan::{Attached, first_families};
use super::precedence;
use super::route::{Family, Parent, Route};
use super::server::{Protocol, Server, Servers};
use super::service::{Endpoint, ServiceEntry, ServicePortEntry};
use super::sort::Sorted;
use super::workload::{Annotations, Settings, probes};
use super::{CallerSettings, Reading};

/// The reading of these objects over this inventory.
pub(super) fn build(objects: &[Value], inventory: &Inventory, defaults: &Value) -> Reading {
    let Some(defaults) = Defaults::read(defaults) else { return Reading { unread: true, ..Reading::default() } };
    let mut sorted = Sorted::of(objects, &defaults.names);
    let routes = std::mem::take(&mut sorted.routes);
    let servers = Servers::of(std::mem::take(&mut sorted.servers));
    let attached_to_servers = on_servers(&routes, &servers);
    let grants = Grants::of(&sorted.grants);
    let granted = routes.iter().map(|route| granted_on(route, &grants)).collect();
    let mut namespaces: HashMap<Arc<str>, Annotations> = HashMap::new();
    let keys = inventory.services().iter().map(|service| &service.key.namespace);
    for name in keys.chain(inventory.workloads().iter().map(|pods| &pods.key.namespace)) {
        namespaces.entry(name.clone()).or_insert_with(|| {
            let mut annotations = inventory.namespace(name).map(|namespace| namespace.annotations.clone()).unwrap_or_default();
            annotations.extend(sorted.namespaces.get(name).into_iter().flatten().map(|(name, value)| (name.clone(), value.clone())));
            annotations
        });
    }
    let settings: Vec<Settings> =
        inventory.workloads().iter().map(|pods| Settings::of(pods, &namespaces[&pods.key.namespace], &defaults)).collect();
    let mut builder = Builder {
        inventory,
        settings: &settings,
        servers: &servers,
        on_servers: &attached_to_servers,
        grants: &grants,
        inbound: Vec::new(),
        known: HashMap::new(),
    };
    let attached = Attached::of(&routes);
    let mut services = HashMap::new();
    for service in inventory.services() {
        let entry = builder.service(service, &sorted, &namespaces[&service.key.namespace], &attached, &routes, &defaults.opaque);
        services.insert(service.key.clone(), entry);
    }
    let inbound = builder.inbound;
    let pairs = inventory.workloads().iter().zip(settings);
    let odd = pairs.filter(|(_, settings)| settings.ingress || settings.skip_outbound != Ports::default());
    let caller = |settings: Settings| CallerSettings { skip_outbound: settings.skip_outbound, ingress: settings.ingress };
    let callers = odd.map(|(pods, settings)| (pods.key.clone(), caller(settings))).collect();
    let names = defaults.names;
    Reading { names, unread: sorted.unread, unread_namespaces: sorted.unread_namespaces, services, callers, routes, granted, inbound }
}

/// The routes of each Server, by namespace and name.
type OnServers = HashMap<(Arc<str>, Arc<str>), Vec<usize>>;

/// Routes that are there for a Server; a GRPCRoute keeps HTTPRoutes with the same parent out.
fn on_servers(routes: &[Route], servers: &Servers) -> OnServers {
    let first = first_families(routes);
    let mut found = OnServers::new();
    for (index, route) in routes.iter().enumerate().filter(|(_, route)| route.inbound != Some(Defect::Ignored)) {
        for parent in route.parents.iter().filter(|parent| first[parent] == route.family) {
            if let Parent::Server { namespace, name } = parent
                && servers.exists(namespace, name)
            {
                found.entry((namespace.clone(), name.clone())).or_default().push(index);
            }
        }
    }
    for order in found.values_mut() {
        order.sort_by(|a, b| precedence::inbound(&routes[*a], &routes[*b]));
        order.dedup();
    }
    found
}

fn granted_on(route: &Route, grants: &Grants<'_>) -> Vec<Authorization> {
    let family = if route.family == Family::Grpc { "grpcroute" } else { "httproute" };
    let is = |grant: &&Grant| match &grant.target {
        Target::Route { group, kind, name: _ } => **group == *route.group && kind == family,
        Target::Server(_) | Target::Servers(_) | Target::Namespace => false,
    };
    grants.about(&route.namespace, &route.name).filter(is).map(|grant| grant.authorization.clone()).collect()
}

/// All grants, in order, by namespace and by the name of the one thing that they are about; those that are about
/// more than one have none.
struct Grants<'a> {
    all: &'a [Grant],
    named: HashMap<(&'a str, Option<&'a str>), Vec<usize>>,
}

impl<'a> Grants<'a> {
    fn of(all: &'a [Grant]) -> Self {
        let mut named: HashMap<_, Vec<usize>> = HashMap::new();
        for (index, grant) in all.iter().enumerate() {
            let name = match &grant.target {
                Target::Server(name) | Target::Route { name, .. } => Some(&**name),
                Target::Servers(_) | Target::Namespace => None,
            };
            named.entry((&*grant.namespace, name)).or_default().push(index);
        }
        Self { all, named }
    }

    /// Those that may be about a thing of this name, in order.
    fn about(&self, namespace: &str, name: &str) -> impl Iterator<Item = &'a Grant> {
        let of = |name| self.named.get(&(namespace, name)).into_iter().flatten().copied();
        let mut found: Vec<usize> = of(Some(name)).chain(of(None)).collect();
        found.sort_unstable();
        found.into_iter().map(|index| &self.all[index])
    }
}

struct Builder<'a> {
    inventory: &'a Inventory,
    settings: &'a [Settings],
    servers: &'a Servers,
    on_servers: &'a OnServers,
    grants: &'a Grants<'a>,
    inbound: Vec<InboundPort>,
    /// Ports of workloads that are built.
    known: HashMap<(usize, u16), usize>,
}

impl Builder<'_> {
    fn service(
        &mut self,
        service: &Service,
        sorted: &Sorted,
        namespace: &Annotations,
        attached: &Attached,
        routes: &[Route],
        opaque: &Ports,
    ) -> ServiceEntry {
        let mut annotations = service.annotations.clone();
        annotations.extend(sorted.services.get(&service.key).into_iter().flatten().map(|(name, value)| (name.clone(), value.clone())));
        let selected = self.inventory.selected_by(service);
        let pods_known = !selected.is_empty();
        let mut ports = Vec::new();
        for port in &service.ports {
            let carriage = Carriage::of(port, service, &annotations, namespace, opaque);
            let (plan, consumers) = attached.plans(&service.key, port.number, carriage, routes);
            let mut endpoints = Vec::new();
            for index in &selected {
                // Pods without a container port of the name that is asked for are no endpoints.
                if let Some(target) = self.inventory.workloads()[*index].target(&port.target) {
                    endpoints.push(self.endpoint(*index, target, routes));
                }
            }
            ports.push(ServicePortEntry { number: port.number, plan, consumers, endpoints, pods_known });
        }
        let unread = service.external_name || sorted.unread_services.contains(&service.key);
        ServiceEntry {
            headless: service.headless,
            unread: unread || sorted.unread_namespaces.contains(&service.key.namespace),
            profiles: sorted.profiles.get(&service.key).cloned().unwrap_or_default(),
            wait: Wait::read(|name| annotations.get(name).map(String::as_str)).unwrap_or_default(),
            ports,
        }
    }

    fn endpoint(&mut self, index: usize, port: u16, routes: &[Route]) -> Endpoint {
        let (pods, settings) = (&self.inventory.workloads()[index], &self.settings[index]);
        let workload = pods.key.clone();
        if !settings.meshed || settings.skip_inbound.has(port) {
            return Endpoint { workload, inbound: None };
        }
        if let Some(known) = self.known.get(&(index, port)) {
            return Endpoint { workload, inbound: Some(*known) };
        }
        let built = match self.servers.of_port(pods, port) {
            Some(server) => self.of_server(server, pods, port, routes),
            None => InboundPort {
                protocol: settings.protocol(port),
                label: None,
                authorizations: settings.access(port).authorization(None).into_iter().collect(),
                routes: Routes::Default { probes: probes(pods, port) },
            },
        };
        self.inbound.push(built);
        let at = self.inbound.len() - 1;
        self.known.insert((index, port), at);
        Endpoint { workload, inbound: Some(at) }
    }

    fn of_server(&self, server: &Server, pods: &PodSet, port: u16, routes: &[Route]) -> InboundPort {
        let is = |grant: &&Grant| match &grant.target {
            Target::Servers(selector) => selector.picks(&server.labels),
            Target::Server(_) | Target::Namespace => true,
            Target::Route { .. } => false,
        };
        let grants = self.grants.about(&server.namespace, &server.name).filter(is);
        let mut authorizations: Vec<Authorization> = grants.map(|grant| grant.authorization.clone()).collect();
        authorizations.extend(server.access.authorization(Some(server.label.clone())));
        // gRPC ports read GRPCRoutes only, all others HTTPRoutes only.
        let family = if server.protocol == Protocol::Grpc { Family::Grpc } else { Family::Http };
        let all = self.on_servers.get(&(server.namespace.clone(), server.name.clone()));
        let own: BTreeSet<usize> = all.into_iter().flatten().copied().filter(|index| routes[*index].family == family).collect();
        let own_routes = if own.iter().any(|index| routes[*index].inbound == Some(Defect::Unread)) {
            Routes::Unread
        } else if own.is_empty() {
            Routes::Default { probes: probes(pods, port) }
        } else {
            Routes::Own(all.into_iter().flatten().copied().filter(|index| own.contains(index)).collect())
        };
        InboundPort { protocol: server.protocol, label: Some(server.label.clone()), authorizations, routes: own_routes }
    }
}
