//! The caller's half: its proxy routes calls of a Service port to backends, and each backend's endpoints answer.
//!
//! Source: linkerd2-proxy `linkerd/app/outbound/src/{protocol,sidecar}.rs`, `linkerd/distribute/src/service`.

use std::sync::Arc;

use meshglot_translator::eval::{Decision, Fraction, Outcome, Verdict};
use meshglot_translator::ir::ServiceKey;

use super::Reading;
use super::annotation::Wait;
use super::filter::{Defect, Filter};
use super::inbound::Arrival;
use super::plan::{Plan, is_broken};
use super::precedence;
use super::route::{Backend, Rule};
use super::service::{ServiceEntry, ServicePortEntry};

/// How parts of the calls end, and the object that decided each.
#[derive(Debug, Default)]
pub(super) struct Parts(Vec<(Outcome, Fraction, Option<Arc<str>>)>);

impl Parts {
    fn end(&mut self, verdict: Verdict, share: Fraction, rule: Option<&Arc<str>>) {
        self.0.push((Outcome::Ended(verdict), share, rule.cloned()));
    }

    /// Named after the first object that decided as it ends as a whole.
    pub(super) fn decision(self) -> Decision {
        let decision = Decision::shared(self.0.iter().map(|(outcome, share, _)| (outcome.clone(), *share)));
        let decides = |outcome: &Outcome| match outcome {
            Outcome::Ended(verdict) => *verdict == decision.verdict,
            Outcome::Workload(_) | Outcome::Service(_) => decision.verdict == Verdict::Allow,
        };
        let rule = self.0.iter().filter(|(outcome, ..)| decides(outcome)).find_map(|(.., rule)| rule.clone());
        match rule {
            Some(rule) => decision.by(&*rule),
            None => decision,
        }
    }
}

/// Where a backend leads.
enum Reach<'a> {
    Endpoints(ServiceKey, &'a ServicePortEntry),
    /// Nobody is there now, so that others get its share.
    Nobody,
    /// It keeps its share, which ends so.
    Ended(Verdict),
}

impl Reading {
    /// One call from a proxy to a port of a Service.
    pub(super) fn routed(
        &self,
        key: &ServiceKey,
        service: &ServiceEntry,
        port: &ServicePortEntry,
        plan: &Plan,
        arrival: &Arrival<'_>,
    ) -> Parts {
        let mut parts = Parts::default();
        let own = |parts: &mut Parts| self.spread(key, port, Fraction::ONE, arrival, None, parts);
        match (plan, &arrival.call) {
            (Plan::Unread, _) => parts.end(Verdict::Unknown, Fraction::ONE, None),
            (Plan::Connections(None), _) => own(&mut parts),
            (Plan::Connections(Some(index)), _) => {
                let route = &self.routes[*index];
                match route.rules.first() {
                    Some(_) if is_broken(route) => parts.end(Verdict::Error, Fraction::ONE, Some(&route.label)),
                    Some(rule) => self.share_out(rule, Some(&route.label), key, port, arrival, &mut parts),
                    None => own(&mut parts),
                }
            }
            // Whether the bytes are TLS, and with which server name, is not told.
            (Plan::Tls, None) => parts.end(Verdict::Unknown, Fraction::ONE, None),
            (Plan::Tls, Some(_)) => parts.end(Verdict::Error, Fraction::ONE, None),
            (Plan::Requests { bytes: true, .. }, None) => own(&mut parts),
            (Plan::Requests { bytes: false, .. }, None) | (Plan::Requests { broken: true, .. }, Some(_)) => {
                parts.end(Verdict::Error, Fraction::ONE, None);
            }
            (Plan::Requests { routes, .. }, Some(_)) if routes.is_empty() => match in_time(Wait::Unset, service.wait) {
                Ok(()) => own(&mut parts),
                Err(verdict) => parts.end(verdict, Fraction::ONE, None),
            },
            (Plan::Requests { routes, .. }, Some(call)) => match precedence::best(&self.routes, routes, call) {
                Some((index, rule)) => {
                    let label = &self.routes[index].label;
                    match in_time(rule.wait, service.wait) {
                        Ok(()) => self.by_rule(rule, label, key, port, arrival, &mut parts),
                        Err(verdict) => parts.end(verdict, Fraction::ONE, Some(label)),
                    }
                }
                None => parts.end(Verdict::NoRoute, Fraction::ONE, None),
            },
        }
        parts
    }

    fn by_rule(&self, rule: &Rule, label: &Arc<str>, key: &ServiceKey, port: &ServicePortEntry, arrival: &Arrival<'_>, parts: &mut Parts) {
        match filtered(arrival, &rule.filters) {
            Ok(arrival) => self.share_out(rule, Some(label), key, port, arrival.as_ref().unwrap_or_else(|original| original), parts),
            Err(verdict) => parts.end(verdict, Fraction::ONE, Some(label)),
        }
    }

    /// By weight among the backends that have endpoints; a single one gets everything, whatever its weight.
    fn share_out(
        &self,
        rule: &Rule,
        label: Option<&Arc<str>>,
        key: &ServiceKey,
        port: &ServicePortEntry,
        arrival: &Arrival<'_>,
        parts: &mut Parts,
    ) {
        if rule.backends.is_empty() {
            return self.spread(key, port, Fraction::ONE, arrival, label, parts);
        }
        let single = rule.backends.len() == 1;
        let weighted = |backend: &Backend| if single { 1 } else { backend.weight };
        let reached = rule.backends.iter().map(|backend| (backend, weighted(backend), self.reach(backend, key)));
        let available: Vec<_> = reached.filter(|(_, weight, reach)| *weight > 0 && !matches!(reach, Reach::Nobody)).collect();
        let total = available.iter().map(|(_, weight, _)| weight).sum();
        if total == 0 {
            return parts.end(Verdict::Error, Fraction::ONE, label);
        }
        for (backend, weight, reach) in available {
            let share = Fraction::of(weight, total);
            match (reach, &backend.filters) {
                (Reach::Ended(verdict), _) => parts.end(verdict, share, label),
                (_, Err(Defect::Ignored)) => parts.end(Verdict::Error, share, label),
                (_, Err(Defect::Unread)) => parts.end(Verdict::Unknown, share, label),
                (Reach::Endpoints(key, port), Ok(filters)) => match filtered(arrival, filters) {
                    Ok(arrival) => self.spread(&key, port, share, arrival.as_ref().unwrap_or_else(|original| original), label, parts),
                    Err(verdict) => parts.end(verdict, share, label),
                },
                (Reach::Nobody, Ok(_)) => {}
            }
        }
    }

    /// A backend without namespace is in the parent's. One that does not exist, or has no such port, keeps its share.
    fn reach(&self, backend: &Backend, parent: &ServiceKey) -> Reach<'_> {
        let namespace = backend.namespace.as_ref().unwrap_or(&parent.namespace);
        let key = ServiceKey { namespace: namespace.clone(), name: backend.name.clone() };
        let (Some(number), Some(service)) = (backend.port, self.services.get(&key)) else { return Reach::Ended(Verdict::Error) };
        match service.port(number) {
            _ if service.unread => Reach::Ended(Verdict::Unknown),
            None => Reach::Ended(Verdict::Error),
            Some(port) if port.endpoints.is_empty() && port.pods_known => Reach::Nobody,
            Some(port) => Reach::Endpoints(key, port),
        }
    }

    /// Among all workloads behind a Service port alike; how many pods each has is not known. A backend's own routes
    /// are not followed.
    pub(super) fn spread(
        &self,
        key: &ServiceKey,
        port: &ServicePortEntry,
        share: Fraction,
        arrival: &Arrival<'_>,
        route: Option<&Arc<str>>,
        parts: &mut Parts,
    ) {
        if port.endpoints.is_empty() {
            let outcome = if port.pods_known { Outcome::Ended(Verdict::Error) } else { Outcome::Service(key.clone()) };
            return parts.0.push((outcome, share, route.cloned()));
        }
        let each = share.times(Fraction::of(1, port.endpoints.len() as u64));
        for endpoint in &port.endpoints {
            let ending = endpoint.inbound.map(|index| self.inbound[index].take(arrival, &self.routes, &self.granted));
            let (result, rule) = ending.unwrap_or((Ok(()), None));
            let outcome = match result {
                Ok(()) => Outcome::Workload(endpoint.workload.clone()),
                Err(verdict) => Outcome::Ended(verdict),
            };
            parts.0.push((outcome, each, rule.or(route).cloned()));
        }
    }
}

/// Those of the Service count where the route has none.
fn in_time(route: Wait, service: Wait) -> Result<(), Verdict> {
    match if route == Wait::Unset { service } else { route } {
        Wait::Unset | Wait::Some => Ok(()),
        Wait::Never => Err(Verdict::Error),
        Wait::Unread => Err(Verdict::Unknown),
    }
}

/// The call after filters, or as it was: `Ok(Err(_))` where none changes it.
fn filtered<'a, 'r>(arrival: &'a Arrival<'r>, filters: &[Filter]) -> Result<Result<Arrival<'r>, &'a Arrival<'r>>, Verdict> {
    let mut changed: Option<Arrival<'r>> = None;
    for filter in filters {
        let Some(call) = &arrival.call else { break };
        match filter {
            Filter::Nothing => {}
            Filter::Redirect(redirect) => return Err(if redirect.leaves(call) { Verdict::Error } else { Verdict::Unknown }),
            Filter::Headers(change) => {
                if let Some(call) = &mut changed.get_or_insert_with(|| arrival.clone()).call {
                    call.change(change);
                }
            }
        }
    }
    Ok(changed.ok_or(arrival))
}
