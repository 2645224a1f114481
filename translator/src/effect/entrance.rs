//! One port of a Service by the neutral policy: which workloads its calls arrive at, and whom they let in.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::allowance::Allowance;
use super::party::Party;
use super::pattern::Pattern;
use crate::eval::{Inventory, Neutral};
use crate::ir::{
    Destination, ObjectKey, PodSet, PortRoutes, Protocol, Rule, Service, ServiceKey, ServicePort, ServiceRoutes, WorkloadAccess,
    WorkloadRule,
};
use crate::resolve::{Model, View};

/// What the policy says about one port of a Service.
#[derive(Clone, Debug)]
pub struct Entrance {
    service: Arc<Service>,
    pub(super) port: ServicePort,
    routes: Arc<ServiceRoutes>,
    /// By rule of the port and its destinations; empty without a split.
    pub(super) routed: Vec<Vec<Vec<Arrival>>>,
    /// Where callers without a proxy arrive, and all others without a split.
    pub(super) plain: Vec<Arrival>,
}

/// The end of a way.
#[derive(Clone, Debug)]
pub(super) enum Arrival {
    /// Nobody: there is no such Service, or no such port.
    Nowhere,
    /// Endpoints of a Service of which no workload is known.
    Unknown(ServiceKey),
    /// A container port of a workload.
    Workload {
        workload: Arc<PodSet>,
        port: u16,
        /// `None`: it is open.
        closed: Option<Closed>,
    },
}

/// A workload that admits only what is listed.
#[derive(Clone, Debug)]
pub(super) struct Closed {
    pub(super) access: Arc<WorkloadAccess>,
    pub(super) trust_domain: Arc<str>,
}

/// Every port of every Service of a model.
pub struct Entrances<'m> {
    model: &'m Model,
    neutral: Neutral<'m>,
}

impl<'m> Entrances<'m> {
    /// Reads a model.
    pub fn of(model: &'m Model) -> Self {
        Self { model, neutral: Neutral::new(model) }
    }

    /// The same with its inventory, for whoever has that already.
    pub fn with(model: &'m Model, inventory: Inventory) -> Self {
        Self { model, neutral: Neutral::with(model, inventory) }
    }

    /// The neutral reading of the model.
    pub fn neutral(&self) -> &Neutral<'m> {
        &self.neutral
    }

    /// What runs where.
    pub fn inventory(&self) -> &Inventory {
        self.neutral.inventory()
    }

    /// The ports of a Service, by number.
    pub fn ports(&self, service: &Arc<Service>) -> Vec<Entrance> {
        let view = View::new(self.model);
        let routes = view.routes(&service.key);
        let mut ports: Vec<Entrance> = service.ports.iter().map(|port| entrance(service, port, &routes, self.inventory(), &view)).collect();
        ports.sort_by_key(|entrance| entrance.port.number);
        ports
    }

    /// One port; `None`: there is no such Service or port.
    pub fn port(&self, service: &ServiceKey, port: u16) -> Option<Entrance> {
        let service = self.inventory().service(service)?;
        let view = View::new(self.model);
        let routes = view.routes(&service.key);
        Some(entrance(service, service.port(port)?, &routes, self.inventory(), &view))
    }
}

fn entrance(service: &Arc<Service>, port: &ServicePort, routes: &Arc<ServiceRoutes>, inventory: &Inventory, view: &View<'_>) -> Entrance {
    let arrive = |to: Option<&Arc<Service>>, port: &ServicePort| arrivals(to, port, inventory, view);
    let of_port = routes.ports.iter().find(|routes| routes.port.number == port.number);
    let rules = of_port.into_iter().flat_map(|routes| &routes.rules);
    let destinations = |rule: &Rule| {
        let destination = |to: &Destination| {
            let at = to.object.as_ref().and_then(|service| service.port(to.port)).unwrap_or(port);
            arrive(to.object.as_ref(), at)
        };
        rule.destinations.iter().map(destination).collect()
    };
    let routed = rules.map(destinations).collect();
    Entrance { service: service.clone(), port: port.clone(), routes: routes.clone(), routed, plain: arrive(Some(service), port) }
}

fn arrivals(service: Option<&Arc<Service>>, port: &ServicePort, inventory: &Inventory, view: &View<'_>) -> Vec<Arrival> {
    let Some(service) = service else { return vec![Arrival::Nowhere] };
    let callees = inventory.behind(service, port);
    if callees.is_empty() {
        return vec![Arrival::Unknown(service.key.clone())];
    }
    let arrival = |(workload, port): (Arc<PodSet>, Option<u16>)| {
        let Some(port) = port else { return Arrival::Nowhere };
        let closed = view.access(&workload).filter(|access| access.closed).map(|access| {
            let trust_domain = view.mesh_of(&access.account.namespace).map(|mesh| mesh.trust_domain.clone()).unwrap_or_default();
            Closed { access, trust_domain }
        });
        Arrival::Workload { workload, port, closed }
    };
    callees.into_iter().map(|callee| arrival((callee.workload, callee.port))).collect()
}

impl Entrance {
    /// The object of the Service.
    pub(super) fn object(&self) -> &Arc<Service> {
        &self.service
    }

    /// The Service.
    pub fn service(&self) -> &ServiceKey {
        &self.service.key
    }

    /// The Service's port.
    pub fn port(&self) -> &ServicePort {
        &self.port
    }

    /// The splits of the port.
    pub(super) fn routes(&self) -> Option<&PortRoutes> {
        self.routes.ports.iter().find(|routes| routes.port.number == self.port.number)
    }

    /// Whether it declares that it carries bytes.
    pub(super) fn is_tcp(&self) -> bool {
        self.port.protocol == Protocol::Tcp
    }

    /// Everywhere that calls may arrive, those of a split with a weight above 0.
    fn arrivals(&self, meshed: bool) -> Vec<&Arrival> {
        match self.routes().filter(|_| meshed) {
            None => self.plain.iter().collect(),
            Some(routes) => {
                let destinations = routes.rules.iter().zip(&self.routed).flat_map(|(rule, routed)| rule.destinations.iter().zip(routed));
                destinations.filter(|(to, _)| to.weight > 0).flat_map(|(_, arrivals)| arrivals).collect()
            }
        }
    }

    /// Whom the rules of the workloads behind it name.
    pub fn named(&self) -> BTreeSet<Party> {
        let closed = self.arrivals(true).into_iter().chain(&self.plain).filter_map(|arrival| match arrival {
            Arrival::Workload { closed, .. } => closed.as_ref(),
            Arrival::Nowhere | Arrival::Unknown(_) => None,
        });
        let sources = closed.flat_map(|closed| closed.access.rules.iter().map(move |rule| (rule, &*closed.trust_domain)));
        sources.flat_map(|(rule, domain)| rule.rule.sources.iter().map(move |(source, _)| Party::of(source, domain))).collect()
    }

    /// Whether some workload behind it admits only what is listed.
    pub fn is_closed(&self) -> bool {
        let closed = |arrival: &Arrival| matches!(arrival, Arrival::Workload { closed: Some(_), .. });
        self.arrivals(true).into_iter().chain(&self.plain).any(closed)
    }

    /// What a party may say there.
    pub fn allows(&self, party: &Party) -> Allowance {
        let meshed = *party != Party::NoProxy;
        let admitted = self.arrivals(meshed).into_iter().filter_map(|arrival| match arrival {
            // Nobody is there whom a policy could open or close.
            Arrival::Nowhere => None,
            Arrival::Unknown(_) | Arrival::Workload { closed: None, .. } => Some(BTreeSet::from([Pattern::everything(self.is_tcp())])),
            Arrival::Workload { port, closed: Some(closed), .. } => Some(closed.admits(party, *port, self.is_tcp())),
        });
        Allowance::of(&admitted.collect::<Vec<_>>())
    }

    /// The targets that let a party in; none where no rule is needed, or none does.
    pub fn admitted_by(&self, party: &Party) -> BTreeSet<ObjectKey> {
        let arrivals = self.arrivals(*party != Party::NoProxy).into_iter();
        let rules = arrivals.flat_map(|arrival| match arrival {
            Arrival::Workload { port, closed: Some(closed), .. } => closed.rules_naming(party, *port).collect(),
            Arrival::Workload { closed: None, .. } | Arrival::Nowhere | Arrival::Unknown(_) => Vec::new(),
        });
        rules.map(|rule| rule.rule.target.key.clone()).collect()
    }
}

impl Closed {
    /// What a container port speaks.
    pub(super) fn protocol(&self, port: u16) -> Protocol {
        self.access.ports.iter().find(|known| known.number == port).map_or(Protocol::Unknown, |known| known.protocol)
    }

    /// The rules that hold on a container port.
    pub(super) fn rules_on(&self, port: u16) -> Vec<&WorkloadRule> {
        self.access.rules.iter().filter(|rule| rule.every_port || rule.ports.contains(&port)).collect()
    }

    fn admits(&self, party: &Party, port: u16, tcp: bool) -> BTreeSet<Pattern> {
        let patterns = self.rules_naming(party, port).flat_map(|rule| match &rule.rule.matches {
            None => vec![Pattern::everything(tcp)],
            Some(matches) => matches.iter().map(|one| Pattern::of(one)).collect(),
        });
        patterns.collect()
    }

    /// The rules that let a party in on a container port: those about requests let nobody in where bytes are carried.
    fn rules_naming<'c>(&'c self, party: &'c Party, port: u16) -> impl Iterator<Item = &'c WorkloadRule> {
        let names = move |rule: &&WorkloadRule| rule.rule.sources.iter().any(|(source, _)| Party::of(source, &self.trust_domain) == *party);
        let speaks = move |rule: &&WorkloadRule| rule.rule.matches.is_none() || self.protocol(port) != Protocol::Tcp;
        self.rules_on(port).into_iter().filter(speaks).filter(names)
    }
}
