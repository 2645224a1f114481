//! What the neutral policy says of a request: the meaning that every mesh is held against.

use std::sync::Arc;

use super::Evaluate;
use super::inventory::Inventory;
use super::matcher::Patterns;
use super::path::{Spelling, normalised};
use super::request::{Call, Decision, Fraction, Outcome, Request, Verdict};
use crate::ir::{AccountKey, Identity, ObjectKey, PodSet, PortRoutes, Protocol, Rule, Service, ServicePort, WorkloadAccess, WorkloadRule};
use crate::resolve::{Model, View};

/// The neutral reading of a model.
pub struct Neutral<'m> {
    model: &'m Model,
    inventory: Inventory,
    patterns: Patterns,
}

/// Where one share of the requests ends, and by which rule.
struct Part {
    outcome: Outcome,
    share: Fraction,
    rule: Option<String>,
    misses: Vec<String>,
}

/// Who calls, as one mesh names it.
struct CallerId<'t> {
    trust_domain: &'t str,
    /// `None` outside the mesh, where nobody has a certificate.
    id: Option<String>,
}

impl<'m> Neutral<'m> {
    /// Reads a model.
    pub fn new(model: &'m Model) -> Self {
        Self { model, inventory: Inventory::of(model), patterns: Patterns::default() }
    }

    /// The inventory of the model.
    pub fn inventory(&self) -> &Inventory {
        &self.inventory
    }

    /// Whether a workload denies this request, whichever way it got there: on the port that a Service of the called
    /// port's number leads to, or, without one, on some port. `by_port`: else on all of its ports, for a mesh that does
    /// not tell them apart.
    pub fn denies(&self, workload: &ObjectKey, request: &Request, by_port: bool) -> bool {
        let view = View::new(self.model);
        let Some(workload) = view.pods(workload) else { return false };
        let Some(access) = view.access(&workload).filter(|access| access.closed) else { return false };
        let through = view.services_selecting(&workload);
        let mut ports: Vec<u16> =
            through.iter().filter_map(|service| service.port(request.port)).filter_map(|port| workload.target(&port.target)).collect();
        if ports.is_empty() || !by_port {
            ports = access.ports.iter().map(|port| port.number).collect();
        }
        let admits = |port: u16| matches!(self.admit(&workload, port, request, &view).outcome, Outcome::Workload(_));
        if by_port { !ports.into_iter().all(admits) } else { !ports.into_iter().any(admits) }
    }

    fn decide(&self, request: &Request) -> Decision {
        let view = View::new(self.model);
        let Some(service) = view.service(&request.service) else { return Decision::ended(Verdict::Error) };
        let Some(port) = service.port(request.port) else { return Decision::ended(Verdict::Error) };
        if let Call::Http { target, .. } = &request.call
            && normalised(target) == Spelling::Ambiguous
        {
            return Decision::ended(Verdict::Error).by("ambiguous path");
        }
        let routes = view.routes(&request.service);
        let routes = routes.ports.iter().find(|routes| routes.port.number == request.port);
        // Callers outside the mesh see the plain Service (S3).
        let rule = routes.filter(|_| request.caller.meshed).and_then(|routes| self.rule(routes, request));
        let mut parts = Vec::new();
        match rule {
            None => self.arrive(Some(&service), port, Fraction::ONE, request, &view, &mut parts),
            Some(rule) => {
                let sum: u64 = rule.weights().iter().sum();
                for to in &rule.destinations {
                    let share = Fraction::of(to.weight, sum);
                    let port = to.object.as_ref().and_then(|service| service.port(to.port)).unwrap_or(port);
                    self.arrive(to.object.as_ref(), port, share, request, &view, &mut parts);
                }
            }
        }
        let first =
            |of: fn(&Part) -> &Option<String>| parts.iter().filter(|part| part.share != Fraction::ZERO).find_map(|part| of(part).clone());
        let rule_name = first(|part| &part.rule).or_else(|| rule.map(|rule| rule.split.key.to_string()));
        let misses = parts.iter().find(|part| !part.misses.is_empty()).map(|part| part.misses.clone()).unwrap_or_default();
        let decision = Decision::shared(parts.into_iter().map(|part| (part.outcome, part.share)));
        Decision { rule: rule_name, misses, ..decision }
    }

    /// The first rule that takes the request.
    fn rule<'r>(&self, routes: &'r PortRoutes, request: &Request) -> Option<&'r Rule> {
        let http = matches!(request.call, Call::Http { .. }) && routes.protocol() != Protocol::Tcp;
        let takes =
            |rule: &&Rule| rule.matches.is_empty() || (http && rule.matches.iter().any(|one| self.patterns.miss(one, request).is_none()));
        routes.rules.iter().find(takes)
    }

    /// A share arrives at a Service: its workloads answer alike often, as far as they may.
    fn arrive(
        &self,
        service: Option<&Arc<Service>>,
        port: &ServicePort,
        share: Fraction,
        request: &Request,
        view: &View<'_>,
        parts: &mut Vec<Part>,
    ) {
        let end = |outcome: Outcome| Part { outcome, share, rule: None, misses: Vec::new() };
        let Some(service) = service else { return parts.push(end(Outcome::Ended(Verdict::Error))) };
        let callees = self.inventory.behind(service, port);
        if callees.is_empty() {
            return parts.push(end(Outcome::Service(service.key.clone())));
        }
        let each = share.times(Fraction::of(1, callees.len() as u64));
        for callee in &callees {
            let Some(number) = callee.port else {
                parts.push(Part { share: each, ..end(Outcome::Ended(Verdict::Error)) });
                continue;
            };
            parts.push(Part { share: each, ..self.admit(&callee.workload, number, request, view) });
        }
    }

    /// Whether a workload admits the request on a container port.
    fn admit(&self, workload: &Arc<PodSet>, port: u16, request: &Request, view: &View<'_>) -> Part {
        let part = |outcome: Outcome, rule: Option<String>, misses: Vec<String>| Part { outcome, share: Fraction::ONE, rule, misses };
        let answered = Outcome::Workload(workload.key.clone());
        let Some(access) = view.access(workload).filter(|access| access.closed) else { return part(answered, None, Vec::new()) };
        let trust_domain = view.mesh_of(&access.account.namespace).map(|mesh| mesh.trust_domain.clone()).unwrap_or_default();
        let caller = CallerId::of(request, &trust_domain);
        let mut misses = Vec::new();
        for rule in &access.rules {
            match self.refuses(&access, rule, port, request, &caller) {
                None => return part(answered, Some(rule_name(rule)), Vec::new()),
                Some(miss) => misses.push(miss),
            }
        }
        // The nearer a rule was to admitting the request, the more of it held.
        misses.sort_by_key(|(held, _)| std::cmp::Reverse(*held));
        part(Outcome::Ended(Verdict::Deny), None, misses.into_iter().map(|(_, text)| text).collect())
    }

    /// What keeps a rule from admitting the request, and how many of its conditions held before.
    fn refuses(
        &self,
        access: &WorkloadAccess,
        rule: &WorkloadRule,
        port: u16,
        request: &Request,
        caller: &CallerId<'_>,
    ) -> Option<(u8, String)> {
        let name = rule_name(rule);
        let by_source = rule.rule.sources.iter().any(|(source, _)| caller.is(source));
        let by_port = rule.every_port || rule.ports.contains(&port);
        let protocol = access.ports.iter().find(|known| known.number == port).map_or(Protocol::Unknown, |known| known.protocol);
        let missed = rule.rule.matches.as_ref().map(|matches| {
            let mut missed = None;
            if matches.is_empty() {
                return Some("it has no match".to_owned());
            }
            for one in matches {
                match self.patterns.miss(one, request) {
                    None if protocol != Protocol::Tcp => return None,
                    None => missed = Some("not an HTTP port".to_owned()),
                    Some(miss) => missed = missed.or(Some(format!("{}: {miss}", one.name))),
                }
            }
            missed
        });
        let held = u8::from(by_source) * 2 + u8::from(by_port);
        match (by_source, by_port, missed.flatten()) {
            (false, _, _) => Some((held, format!("{name} does not list the caller"))),
            (true, false, _) => Some((held, format!("{name} does not hold on port {port}"))),
            (true, true, Some(miss)) => Some((held, format!("{name} allows the caller, but {miss}"))),
            (true, true, None) => None,
        }
    }
}

impl<'t> CallerId<'t> {
    fn of(request: &Request, trust_domain: &'t str) -> Self {
        let caller = &request.caller;
        let account = || AccountKey { namespace: caller.namespace.clone(), name: caller.service_account.clone() };
        Self { trust_domain, id: caller.meshed.then(|| account().spiffe_id(trust_domain)) }
    }

    fn is(&self, source: &Identity) -> bool {
        self.id.as_ref().is_some_and(|id| source.spiffe_id(self.trust_domain) == *id)
    }
}

/// As the built-in mesh calls it too.
fn rule_name(rule: &WorkloadRule) -> String {
    format!("{}#{}", rule.rule.target.key, rule.rule.name)
}

impl Evaluate for Neutral<'_> {
    fn evaluate(&self, request: &Request) -> Decision {
        self.decide(request)
    }
}
