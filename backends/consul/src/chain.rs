//! What Consul's discovery chain of one root can hold: which rules are said, and the one protocol of them all.
//!
//! The same answer serves the root, its destinations and its A/B services; only the root tells the losses.

use std::collections::BTreeSet;
use std::sync::Arc;

use meshglot_translator::diagnostic::Code;
use meshglot_translator::ir::{
    Destination, MeshSettings, ObjectKey, PortRoutes, Protocol, Rule, Service, ServiceKey, ServiceRoutes, TrafficSplit,
};
use meshglot_translator::parse::Origin;
use meshglot_translator::render::{Report, Verdict};
use meshglot_translator::resolve::View;

use crate::names;

/// What a root says to Consul.
#[derive(Debug)]
pub(crate) struct Chain<'r> {
    /// Of every service in it; never unknown.
    pub(crate) protocol: Protocol,
    /// In order, never empty. What no rule takes goes to the root, without saying so.
    pub(crate) rules: Vec<&'r Rule>,
}

impl<'r> Chain<'r> {
    /// The rule that takes every request that no match took.
    pub(crate) fn whole(&self) -> Option<&'r Rule> {
        self.rules.iter().copied().find(|rule| rule.matches.is_empty())
    }
}

/// The destinations that get traffic.
pub(crate) fn positive(rule: &Rule) -> impl Iterator<Item = &Destination> {
    rule.destinations.iter().filter(|to| to.weight > 0)
}

/// The chain of a root; `None` if nothing is left to say.
pub(crate) fn chain<'r>(routes: &'r ServiceRoutes, view: &View<'_>, mesh: &MeshSettings, report: &mut Report) -> Option<Chain<'r>> {
    let port = one_port(routes)?;
    let mut judge = Judge { routes, port, protocol: protocol(port), view, mesh, report };
    let written = || port.rules.iter().filter(|rule| !rule.is_rest);
    // What becomes of the split without matches decides on those that point back at the root.
    let whole = written().find(|rule| rule.matches.is_empty()).filter(|rule| judge.takes(rule, false));
    let mut rules: Vec<&Rule> =
        written().filter(|rule| !rule.matches.is_empty()).filter(|rule| judge.takes(rule, whole.is_some())).collect();
    rules.extend(whole);

    judge.other_ports();
    if nobody_declares(port) {
        for rule in &rules {
            let message = format!("port {} of `{}` declares no protocol: it is taken for HTTP", port.port.number, routes.root.name);
            judge.report.lose(Code::MG1325, Verdict::Narrowed, &rule.split.key, &rule.split.root_origin, message);
        }
    }
    rules.iter().for_each(|rule| judge.other_ports_of_destinations(rule));
    (!rules.is_empty()).then_some(Chain { protocol: judge.protocol, rules })
}

/// Consul knows one port of a service: the first that speaks HTTP, else the first that may, else the first.
fn one_port(routes: &ServiceRoutes) -> Option<&PortRoutes> {
    routes.ports.iter().min_by_key(|port| match port.protocol() {
        Protocol::Http | Protocol::Http2 | Protocol::Grpc => 0,
        Protocol::Unknown => 1,
        Protocol::Tcp => 2,
    })
}

fn declared(to: &Destination) -> Option<Protocol> {
    let port = to.object.as_ref()?.port(to.port)?;
    Some(port.protocol).filter(|protocol| *protocol != Protocol::Unknown)
}

/// What the whole chain speaks: as the root declares, else as all destinations that declare something do,
/// else HTTP.
fn protocol(port: &PortRoutes) -> Protocol {
    if port.port.protocol != Protocol::Unknown {
        return port.port.protocol;
    }
    let all: BTreeSet<Protocol> = port.rules.iter().flat_map(|rule| &rule.destinations).filter_map(declared).collect();
    match all.first() {
        Some(only) if all.len() == 1 && !(port.has_matches() && *only == Protocol::Tcp) => *only,
        _ => Protocol::Http,
    }
}

/// Whether nothing says that this is HTTP: no port of the chain, and no match that looks at requests.
fn nobody_declares(port: &PortRoutes) -> bool {
    port.protocol() == Protocol::Unknown && port.rules.iter().flat_map(|rule| &rule.destinations).all(|to| declared(to).is_none())
}

/// Whether the protocols that the rule's own Services declare let it be said. Unlike [`Judge::takes`] it looks
/// no further, so that two chains may ask it of each other.
fn fits(rule: &Rule, protocol: Protocol) -> bool {
    let agreed = rule.destinations.iter().filter_map(declared).all(|declared| declared == protocol);
    agreed && (protocol != Protocol::Tcp || is_redirect(rule))
}

/// Connections cannot be split, but all of them can be sent elsewhere.
fn is_redirect(rule: &Rule) -> bool {
    rule.matches.is_empty() && positive(rule).count() == 1
}

struct Judge<'a, 'r, 'm> {
    routes: &'r ServiceRoutes,
    port: &'r PortRoutes,
    protocol: Protocol,
    view: &'a View<'m>,
    mesh: &'a MeshSettings,
    report: &'a mut Report,
}

impl Judge<'_, '_, '_> {
    /// Whether Consul can say a rule; why not is told. `split_again`: the root has a splitter of its own.
    fn takes(&mut self, rule: &Rule, split_again: bool) -> bool {
        let refusal = self
            .name(rule)
            .or_else(|| self.connections(rule))
            .or_else(|| self.declarations(rule))
            .or_else(|| self.other_chains(rule))
            .or_else(|| self.nested(rule, split_again))
            .or_else(|| self.shares(rule));
        let Some((code, origin, message)) = refusal else { return true };
        self.report.lose(code, Verdict::Refused, &rule.split.key, &origin, message);
        false
    }

    fn name(&self, rule: &Rule) -> Option<(Code, Origin, String)> {
        let root = std::iter::once((&self.routes.root, &rule.split.root_origin));
        let destinations = rule.destinations.iter().map(|to| (&to.service, &to.service_origin));
        for (service, origin) in root.chain(destinations) {
            if let Some(other) = names::namesake(service, self.mesh, self.view) {
                let message = format!("`{service}` and `{other}` are one service `{}` to Consul", service.name);
                return Some((Code::MG1302, origin.clone(), message));
            }
        }
        if rule.matches.is_empty() || positive(rule).count() == 1 {
            return None;
        }
        let other = names::namesake_of_virtual(&rule.split.key, self.mesh, self.view)?;
        let message = format!("Service `{other}` has the name that the weighted destinations of this split need");
        Some((Code::MG1302, rule.split.backends_origin.clone(), message))
    }

    fn connections(&self, rule: &Rule) -> Option<(Code, Origin, String)> {
        if self.protocol != Protocol::Tcp || is_redirect(rule) {
            return None;
        }
        let (number, root) = (self.port.port.number, &self.routes.root.name);
        Some(match rule.split.matches.first() {
            Some((_, origin)) => {
                let message = format!("port {number} of `{root}` speaks TCP: its connections cannot be told apart by requests");
                (Code::MG1322, origin.clone(), message)
            }
            None => {
                let message = format!("port {number} of `{root}` speaks TCP: Consul splits requests, not connections");
                (Code::MG1322, rule.split.backends_origin.clone(), message)
            }
        })
    }

    fn declarations(&self, rule: &Rule) -> Option<(Code, Origin, String)> {
        let other = |to: &&Destination| declared(to).is_some_and(|declared| declared != self.protocol);
        let to = rule.destinations.iter().find(other)?;
        let message = format!(
            "port {} of `{}` speaks {}, that of `{}` {}: Consul needs one protocol for both",
            to.port,
            to.service.name,
            declared(to).unwrap_or(Protocol::Unknown),
            self.routes.root.name,
            self.protocol
        );
        Some((Code::MG1327, to.service_origin.clone(), message))
    }

    /// A Service has one protocol, whichever chain reaches it. Both chains are refused if they disagree.
    fn other_chains(&self, rule: &Rule) -> Option<(Code, Origin, String)> {
        let root = std::iter::once((&self.routes.root, self.routes.service.as_ref(), &rule.split.root_origin));
        let destinations = rule.destinations.iter().map(|to| (&to.service, to.object.as_ref(), &to.service_origin));
        root.chain(destinations).find_map(|(service, object, origin)| {
            let (other, wanted) = self.other_demand(service, object)?;
            let message =
                format!("a split of `{other}` makes `{}` speak {wanted}, this one makes it speak {}", service.name, self.protocol);
            Some((Code::MG1327, origin.clone(), message))
        })
    }

    /// Another root whose chain makes a Service speak something else.
    fn other_demand(&self, service: &ServiceKey, object: Option<&Arc<Service>>) -> Option<(Arc<str>, Protocol)> {
        // What is declared alike for every port is the demand of every chain that may be said.
        if object.is_some_and(|object| object.ports.iter().all(|port| port.protocol == self.protocol)) {
            return None;
        }
        let users = self.view.splits_using(service);
        let roots: BTreeSet<ServiceKey> = users.iter().map(|split| root_of(split)).chain([service.clone()]).collect();
        roots.into_iter().filter(|root| *root != self.routes.root).find_map(|root| {
            let routes = self.view.routes(&root);
            let port = one_port(&routes)?;
            let wanted = protocol(port);
            let reaches = |rule: &Rule| root == *service || rule.destinations.iter().any(|to| to.service == *service);
            let said = port.rules.iter().any(|rule| !rule.is_rest && fits(rule, wanted) && reaches(rule));
            (said && wanted != self.protocol).then(|| (root.name.clone(), wanted))
        })
    }

    /// S10: a split is not followed by another. Consul looks each destination up again, for splits without
    /// matches (a router counts only at the name that is dialled).
    fn nested(&self, rule: &Rule, split_again: bool) -> Option<(Code, Origin, String)> {
        let is_split = |to: &&Destination| {
            if to.service == self.routes.root {
                return split_again && !rule.matches.is_empty();
            }
            let routes = self.view.routes(&to.service);
            one_port(&routes).is_some_and(|port| port.rules.iter().any(|rule| !rule.is_rest && rule.matches.is_empty()))
        };
        let to = positive(rule).find(is_split)?;
        let message = format!("`{}` has a split of its own, which Consul would apply to this share too", to.service.name);
        Some((Code::MG1326, to.service_origin.clone(), message))
    }

    fn shares(&self, rule: &Rule) -> Option<(Code, Origin, String)> {
        let count = positive(rule).count();
        if count == 1 || crate::split::shares(rule).is_some() {
            return None;
        }
        let message = format!("{count} backends: Consul cannot say so many shares of 0.01 % or more");
        Some((Code::MG1328, rule.split.backends_origin.clone(), message))
    }

    fn other_ports(&mut self) {
        let own = self.port.port.number;
        let ports = self.routes.service.iter().flat_map(|service| &service.ports);
        let numbers: Vec<String> = ports.map(|port| port.number).filter(|number| *number != own).map(|number| number.to_string()).collect();
        if numbers.is_empty() {
            return;
        }
        let mut told: BTreeSet<&ObjectKey> = BTreeSet::new();
        for rule in self.routes.ports.iter().flat_map(|port| &port.rules).filter(|rule| !rule.is_rest) {
            if told.insert(&rule.split.key) {
                let message = format!(
                    "Consul knows one port of `{}`: calls to {} are split, or not, as those to {own} are",
                    self.routes.root.name,
                    numbers.join(", ")
                );
                self.report.lose(Code::MG1323, Verdict::Dropped, &rule.split.key, &rule.split.root_origin, message);
            }
        }
    }

    /// A destination speaks one protocol on all of its ports.
    fn other_ports_of_destinations(&mut self, rule: &Rule) {
        if self.protocol == Protocol::Tcp {
            return;
        }
        for to in rule.destinations.iter().filter(|to| to.service != self.routes.root) {
            let ports = to.object.iter().flat_map(|object| &object.ports);
            let others: Vec<String> =
                ports.filter(|port| port.number != to.port && !port.protocol.is_http()).map(|port| port.number.to_string()).collect();
            if !others.is_empty() {
                let message = format!(
                    "Consul knows one port of `{}`: it speaks {}, and calls to {} have to do so too",
                    to.service.name,
                    self.protocol,
                    others.join(", ")
                );
                self.report.lose(Code::MG1323, Verdict::Narrowed, &rule.split.key, &to.service_origin, message);
            }
        }
    }
}

/// The root that a split is filed under.
pub(crate) fn root_of(split: &TrafficSplit) -> ServiceKey {
    ServiceKey { namespace: split.key.namespace.clone(), name: split.root_name().clone() }
}
