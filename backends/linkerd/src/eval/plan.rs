//! What a caller's proxy knows of a Service port: which routes it has, and what they are asked about.
//!
//! Source: linkerd2 `policy-controller/grpc/src/outbound.rs` `to_proto`, `policy-controller/k8s/status/src/index.rs`
//! `parent_has_conflicting_routes`.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use meshglot_translator::ir::ServiceKey;

use super::carriage::Carriage;
use super::filter::Defect;
use super::precedence;
use super::route::{Family, Parent, Route};

/// How calls of a port are routed; routes are named by index, in their order.
#[derive(Clone, Debug)]
pub(super) enum Plan {
    /// Each request by the routes; without any, to the Service's own endpoints. Ports with GRPCRoutes or declared
    /// as h2c reset HTTP/1: a call is taken to speak the version that its port takes.
    Requests {
        routes: Vec<usize>,
        /// Whether bytes that are not HTTP go to the Service's own endpoints.
        bytes: bool,
        /// A rule has several backends, all of weight 0: the proxy cannot make a router of it.
        broken: bool,
    },
    /// Each connection, whatever it says, by one TCPRoute, or to the Service's own endpoints.
    Connections(Option<usize>),
    /// Each connection by the server name of its TLS.
    Tls,
    /// Something of it is not known.
    Unread,
}

/// The routes by the Service that they are attached to, as far as the controller accepts them.
#[derive(Debug)]
pub(super) struct Attached(HashMap<ServiceKey, Vec<(usize, Option<u16>)>>);

impl Attached {
    /// Routes that are there; of those with the very same parent only the first family is accepted, also where it is
    /// dead or left out.
    pub(super) fn of(routes: &[Route]) -> Self {
        let first = first_families(routes);
        let mut attached: HashMap<ServiceKey, Vec<(usize, Option<u16>)>> = HashMap::new();
        for (index, route) in routes.iter().enumerate().filter(|(_, route)| route.outbound != Some(Defect::Ignored)) {
            for parent in route.parents.iter().filter(|parent| first[parent] == route.family) {
                if let Parent::Service { namespace, name, port } = parent {
                    let key = ServiceKey { namespace: namespace.clone(), name: name.clone() };
                    attached.entry(key).or_default().push((index, *port));
                }
            }
        }
        Self(attached)
    }

    /// The plan of a port for callers of its own and of most namespaces, then those for namespaces with routes of
    /// their own, which are merged with the Service's.
    pub(super) fn plans(&self, service: &ServiceKey, port: u16, carriage: Carriage, routes: &[Route]) -> (Plan, Vec<(Arc<str>, Plan)>) {
        let entries = self.0.get(service).map_or(&[][..], Vec::as_slice);
        let here = |(index, of_port): &(usize, Option<u16>)| of_port.is_none_or(|of_port| of_port == port).then_some(*index);
        let all: BTreeSet<usize> = entries.iter().filter_map(here).collect();
        let seen_from = |namespace: &Arc<str>| {
            let visible = all.iter().copied().filter(|index| [namespace, &service.namespace].contains(&&routes[*index].namespace));
            plan(carriage, visible.collect(), routes)
        };
        let consumers: BTreeSet<&Arc<str>> =
            all.iter().map(|index| &routes[*index].namespace).filter(|ns| **ns != service.namespace).collect();
        (seen_from(&service.namespace), consumers.into_iter().map(|namespace| (namespace.clone(), seen_from(namespace))).collect())
    }
}

/// The first family that names each parent.
pub(super) fn first_families(routes: &[Route]) -> HashMap<&Parent, Family> {
    let mut first: HashMap<&Parent, Family> = HashMap::new();
    for route in routes {
        for parent in &route.parents {
            let family = first.entry(parent).or_insert(route.family);
            *family = route.family.min(*family);
        }
    }
    first
}

fn plan(carriage: Carriage, mut visible: Vec<usize>, routes: &[Route]) -> Plan {
    if carriage == Carriage::Contradiction || visible.iter().any(|index| routes[*index].outbound == Some(Defect::Unread)) {
        return Plan::Unread;
    }
    visible.sort_by(|a, b| precedence::outbound(&routes[*a], &routes[*b]));
    let of = |family: Family| -> Vec<usize> { visible.iter().copied().filter(|index| routes[*index].family == family).collect() };
    let requests = |of: Vec<usize>, bytes: bool| {
        let broken = of.iter().any(|index| is_broken(&routes[*index]));
        Plan::Requests { routes: of, bytes, broken }
    };
    let (grpc, http, tls, tcp) = (of(Family::Grpc), of(Family::Http), of(Family::Tls), of(Family::Tcp));
    match carriage {
        Carriage::Http1 => requests(http, false),
        Carriage::Http2 if grpc.is_empty() => requests(http, false),
        Carriage::Http2 => requests(grpc, false),
        Carriage::Opaque => Plan::Connections(tcp.first().copied()),
        Carriage::Detect if !grpc.is_empty() => requests(grpc, false),
        Carriage::Detect if http.is_empty() && !tls.is_empty() => Plan::Tls,
        Carriage::Detect if http.is_empty() && !tcp.is_empty() => Plan::Connections(tcp.first().copied()),
        Carriage::Detect => requests(http, true),
        Carriage::Contradiction => Plan::Unread,
    }
}

/// Whether the proxy cannot share calls out by this route.
///
/// Source: linkerd2-proxy `linkerd/distribute/src/params.rs` `random_available`.
pub(super) fn is_broken(route: &Route) -> bool {
    route.rules.iter().any(|rule| rule.backends.len() > 1 && rule.backends.iter().all(|backend| backend.weight == 0))
}
