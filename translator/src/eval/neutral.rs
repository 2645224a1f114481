//! What the neutral policy says of a request: the meaning that every mesh is held against.

use std::sync::Arc;

use super::Evaluate;
use super::inventory::Inventory;
use super::matcher::Patterns;
use super::path::{Spelling, normalised};
use super::request::{Call, Decision, Fraction, Outcome, Request, Verdict};
use crate::ir::{
    AccessRule, AccountKey, HttpMatch, Identity, ObjectKey, PodSet, PortRoutes, Protocol, Rule, Service, ServicePort, WorkloadAccess,
    WorkloadRule,
};
use crate::resolve::{Model, View};

/// The neutral reading of a model.
pub struct Neutral<'m> {
    model: &'m Model,
    inventory: Inventory,
    patterns: Patterns,
}

/// A decision, and what of the policy made it.
#[derive(Debug)]
pub(crate) struct Ruling {
    /// The decision.
    pub(crate) decision: Decision,
    /// What let the first share in that is answered; `None`: nobody answers.
    pub(crate) admission: Option<Admission>,
    /// The match of a split that took the request.
    pub(crate) routed_by: Option<Arc<HttpMatch>>,
    /// Whether the split has other rules besides the one that took it.
    pub(crate) is_one_of_several: bool,
}

/// Why a workload lets a request in.
#[derive(Clone, Debug)]
pub(crate) enum Admission {
    /// It is open, or not known.
    Open,
    /// By a rule; the match that takes the request, or `None` where the rule takes whatever is said.
    Rule(Arc<AccessRule>, Option<Arc<HttpMatch>>),
}

/// One request, and by whom.
struct Ask<'a> {
    request: &'a Request,
    /// The SPIFFE ID of the caller, without `spiffe://`, where it is not the one of its account.
    id: Option<&'a str>,
    view: View<'a>,
}

/// Where one share of the requests ends, and by which rule.
struct Part {
    outcome: Outcome,
    share: Fraction,
    admission: Option<Admission>,
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
        Self::with(model, Inventory::of(model))
    }

    /// The same with its inventory, for whoever has that already.
    pub fn with(model: &'m Model, inventory: Inventory) -> Self {
        Self { model, inventory, patterns: Patterns::default() }
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
        let ask = Ask { request, id: None, view };
        let admits = |port: u16| matches!(self.admit(&workload, port, &ask).outcome, Outcome::Workload(_));
        if by_port { !ports.into_iter().all(admits) } else { !ports.into_iter().any(admits) }
    }

    /// Decides, and tells what decided. `id`: the SPIFFE ID of the caller, without `spiffe://`, in place of that of its
    /// account.
    pub(crate) fn ruling(&self, request: &Request, id: Option<&str>) -> Ruling {
        let ask = Ask { request, id, view: View::new(self.model) };
        let ended = |decision: Decision| Ruling { decision, admission: None, routed_by: None, is_one_of_several: false };
        let Some(service) = ask.view.service(&request.service) else { return ended(Decision::ended(Verdict::Error)) };
        let Some(port) = service.port(request.port) else { return ended(Decision::ended(Verdict::Error)) };
        if let Call::Http { target, .. } = &request.call
            && normalised(target) == Spelling::Ambiguous
        {
            return ended(Decision::ended(Verdict::Error).by("ambiguous path"));
        }
        let routes = ask.view.routes(&request.service);
        let routes = routes.ports.iter().find(|routes| routes.port.number == request.port);
        // Callers outside the mesh see the plain Service (S3).
        let routes = routes.filter(|_| request.caller.meshed);
        let rule = routes.and_then(|routes| self.rule(routes, request));
        let mut parts = Vec::new();
        match rule {
            None => self.arrive(Some(&service), port, Fraction::ONE, &ask, &mut parts),
            Some((rule, _)) => {
                let sum: u64 = rule.weights().iter().sum();
                for to in &rule.destinations {
                    let share = Fraction::of(to.weight, sum);
                    let port = to.object.as_ref().and_then(|service| service.port(to.port)).unwrap_or(port);
                    self.arrive(to.object.as_ref(), port, share, &ask, &mut parts);
                }
            }
        }
        let admission = parts.iter().filter(|part| part.share != Fraction::ZERO).find_map(|part| part.admission.clone());
        let by_rule = parts.iter().filter(|part| part.share != Fraction::ZERO).find_map(Part::rule);
        let by = by_rule.or_else(|| rule.map(|(rule, _)| rule.split.key.to_string()));
        let misses = parts.iter().find(|part| !part.misses.is_empty()).map(|part| part.misses.clone()).unwrap_or_default();
        let decision = Decision::shared(parts.into_iter().map(|part| (part.outcome, part.share)));
        let decision = Decision { rule: by, misses, ..decision };
        let is_one_of_several = routes.is_some_and(|routes| routes.rules.len() > 1);
        Ruling { decision, admission, routed_by: rule.and_then(|(_, by)| by.cloned()), is_one_of_several }
    }

    /// The first rule that takes the request, and the match by which it does; `None`: it takes every request.
    fn rule<'r>(&self, routes: &'r PortRoutes, request: &Request) -> Option<(&'r Rule, Option<&'r Arc<HttpMatch>>)> {
        let http = matches!(request.call, Call::Http { .. }) && routes.protocol() != Protocol::Tcp;
        routes.rules.iter().find_map(|rule| {
            if rule.matches.is_empty() {
                return Some((rule, None));
            }
            let by = rule.matches.iter().filter(|_| http).find(|one| self.patterns.miss(one, request).is_none())?;
            Some((rule, Some(by)))
        })
    }

    /// A share arrives at a Service: its workloads answer alike often, as far as they may.
    fn arrive(&self, service: Option<&Arc<Service>>, port: &ServicePort, share: Fraction, ask: &Ask<'_>, parts: &mut Vec<Part>) {
        let end = |outcome: Outcome, admission: Option<Admission>| Part { outcome, share, admission, misses: Vec::new() };
        let Some(service) = service else { return parts.push(end(Outcome::Ended(Verdict::Error), None)) };
        let callees = self.inventory.behind(service, port);
        if callees.is_empty() {
            return parts.push(end(Outcome::Service(service.key.clone()), Some(Admission::Open)));
        }
        let each = share.times(Fraction::of(1, callees.len() as u64));
        for callee in &callees {
            let Some(number) = callee.port else {
                parts.push(Part { share: each, ..end(Outcome::Ended(Verdict::Error), None) });
                continue;
            };
            parts.push(Part { share: each, ..self.admit(&callee.workload, number, ask) });
        }
    }

    /// Whether a workload admits the request on a container port.
    fn admit(&self, workload: &Arc<PodSet>, port: u16, ask: &Ask<'_>) -> Part {
        let admitted = |by: Admission| Part {
            outcome: Outcome::Workload(workload.key.clone()),
            share: Fraction::ONE,
            admission: Some(by),
            misses: Vec::new(),
        };
        let Some(access) = ask.view.access(workload).filter(|access| access.closed) else { return admitted(Admission::Open) };
        let trust_domain = ask.view.mesh_of(&access.account.namespace).map(|mesh| mesh.trust_domain.clone()).unwrap_or_default();
        let caller = CallerId::of(ask, &trust_domain);
        let mut misses = Vec::new();
        for rule in &access.rules {
            match self.refuses(&access, rule, port, ask.request, &caller) {
                Ok(by) => return admitted(Admission::Rule(rule.rule.clone(), by)),
                Err(miss) => misses.push(miss),
            }
        }
        // The nearer a rule was to admitting the request, the more of it held.
        misses.sort_by_key(|(held, _)| std::cmp::Reverse(*held));
        let misses = misses.into_iter().map(|(_, text)| text).collect();
        Part { outcome: Outcome::Ended(Verdict::Deny), share: Fraction::ONE, admission: None, misses }
    }

    /// The match by which a rule admits the request; `None`: it takes whatever is said.
    ///
    /// # Errors
    /// What keeps it from that, and how many of its conditions held before.
    fn refuses(
        &self,
        access: &WorkloadAccess,
        rule: &WorkloadRule,
        port: u16,
        request: &Request,
        caller: &CallerId<'_>,
    ) -> Result<Option<Arc<HttpMatch>>, (u8, String)> {
        let name = rule_name(&rule.rule);
        let by_source = rule.rule.sources.iter().any(|(source, _)| caller.is(source));
        let by_port = rule.every_port || rule.ports.contains(&port);
        let protocol = access.ports.iter().find(|known| known.number == port).map_or(Protocol::Unknown, |known| known.protocol);
        let held = u8::from(by_source) * 2 + u8::from(by_port);
        match (by_source, by_port) {
            (false, _) => Err((held, format!("{name} does not list the caller"))),
            (true, false) => Err((held, format!("{name} does not hold on port {port}"))),
            // Only now, so that nobody asks about requests of those whom the rule does not name.
            (true, true) => self.takes(rule, protocol, request).map_err(|miss| (held, format!("{name} allows the caller, but {miss}"))),
        }
    }

    /// The match of a rule that takes a request; `None`: it takes whatever is said.
    ///
    /// # Errors
    /// Why none does.
    fn takes(&self, rule: &WorkloadRule, protocol: Protocol, request: &Request) -> Result<Option<Arc<HttpMatch>>, String> {
        let Some(matches) = &rule.rule.matches else { return Ok(None) };
        let mut missed = None;
        for one in matches {
            match self.patterns.miss(one, request) {
                None if protocol != Protocol::Tcp => return Ok(Some(one.clone())),
                None => missed = Some("not an HTTP port".to_owned()),
                Some(miss) => missed = missed.or(Some(format!("{}: {miss}", one.name))),
            }
        }
        Err(missed.unwrap_or_else(|| "it has no match".to_owned()))
    }
}

impl Part {
    /// The name of the rule that let it in.
    fn rule(&self) -> Option<String> {
        match &self.admission {
            Some(Admission::Rule(rule, _)) => Some(rule_name(rule)),
            Some(Admission::Open) | None => None,
        }
    }
}

impl<'t> CallerId<'t> {
    fn of(ask: &Ask<'_>, trust_domain: &'t str) -> Self {
        let caller = &ask.request.caller;
        let account = || AccountKey { namespace: caller.namespace.clone(), name: caller.service_account.clone() };
        let id = || ask.id.map_or_else(|| account().spiffe_id(trust_domain), |id| format!("spiffe://{id}"));
        Self { trust_domain, id: caller.meshed.then(id) }
    }

    fn is(&self, source: &Identity) -> bool {
        self.id.as_ref().is_some_and(|id| source.spiffe_id(self.trust_domain) == *id)
    }
}

/// As the built-in mesh calls it too.
fn rule_name(rule: &AccessRule) -> String {
    format!("{}#{}", rule.target.key, rule.name)
}

impl Evaluate for Neutral<'_> {
    fn evaluate(&self, request: &Request) -> Decision {
        self.ruling(request, None).decision
    }

    fn evaluate_as(&self, id: &str, request: &Request) -> Option<Decision> {
        Some(self.ruling(request, Some(id)).decision)
    }
}
