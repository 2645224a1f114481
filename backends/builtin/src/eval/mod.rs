//! What the proxies of the built-in mesh do with a call, read from the resources by Envoy's rules: never from our
//! rendering.
//!
//! A call passes the proxy of its caller, which chooses clusters, and then that of each workload behind them, which
//! lets it through or not. What is not modelled is unknown, never allowed.

mod chain;
mod cluster;
mod fields;
mod identity;
mod inbound;
mod listener;
mod manager;
mod matcher;
mod outbound;
mod path;
mod rbac;
mod resources;
mod route;
mod said;
mod tls;

use std::collections::BTreeMap;

use meshglot_translator::eval::{Decision, Evaluate, Fraction, Inventory, Outcome, Request, Verdict};
use meshglot_translator::ir::{ObjectKey, Service, ServicePort};
use serde_json::Value;

use cluster::{Assigned, Cluster, Kind};
use fields::Read;
use identity::Peer;
use inbound::{Answer, Arrival};
use outbound::{Left, Outgoing};
use resources::{Resources, known};
use said::Said;

/// The resources of a mesh, ready to be asked.
pub(crate) struct Reading {
    inventory: Inventory,
    resources: Resources,
    /// What workloads are called in the resources.
    names: BTreeMap<ObjectKey, String>,
}

impl Reading {
    /// `objects`: documents of the form `{workload, group, "@type", resource}`.
    pub(crate) fn new(objects: &[Value], inventory: Inventory) -> Self {
        let names = inbound::names(&inventory);
        Self { resources: Resources::new(objects), names, inventory }
    }

    fn read(&self, request: &Request) -> Read<Decision> {
        if let Some(why) = &self.resources.strange {
            return Err(why.clone());
        }
        let Some(service) = self.inventory.service(&request.service) else { return Ok(Decision::ended(Verdict::Error)) };
        let Some(port) = service.port(request.port) else { return Ok(Decision::ended(Verdict::Error)) };
        let said = Said::of(&request.call);
        let nobody = Peer::nobody();
        let plainly = Call { caller: &nobody, said: &said, cluster: None };
        if !request.caller.meshed {
            return Ok(decision(self.arrive(plainly, service, port, Fraction::ONE)?, None));
        }
        let caller = &request.caller;
        let own = caller.workload.as_ref().and_then(|key| self.names.get(key)).map(String::as_str);
        let address = service.cluster_ip.as_ref().and_then(|address| address.parse().ok());
        match (Outgoing { resources: &self.resources, own, address, request, said: &said }).leave()? {
            Left::Ended(verdict, rule) => Ok(Decision { rule, ..Decision::ended(verdict) }),
            Left::Passed => Ok(decision(self.arrive(plainly, service, port, Fraction::ONE)?, None)),
            Left::Sent { clusters, route } => {
                let caller = self.resources.domains.peer(&caller.namespace, &caller.service_account);
                let mut answers = Vec::new();
                for (name, share) in clusters {
                    answers.extend(self.sent(&name, share, Call { caller: &caller, said: &said, cluster: None })?);
                }
                Ok(decision(answers, route))
            }
        }
    }

    /// A share that a proxy sends to a cluster.
    fn sent(&self, name: &str, share: Fraction, call: Call<'_>) -> Read<Vec<Answer>> {
        let ended = |verdict| Ok(vec![Answer { share, ..Answer::ended(verdict, Some(name.to_owned())) }]);
        let Some(cluster) = self.resources.shared.clusters.get(name) else { return ended(Verdict::Error) };
        let cluster = known(cluster)?;
        if cluster.kind == Kind::Written(Vec::new()) {
            return ended(Verdict::Error);
        }
        let assigned: &[Assigned] = match self.resources.shared.assignments.get(name) {
            Some(assigned) => known(assigned)?,
            None => &[],
        };
        let (key, number) = outbound::service_of(name).ok_or_else(|| format!("nobody knows who answers for cluster {name}"))?;
        let service = self.inventory.service(&key);
        match service.and_then(|service| Some((service, service.port(number)?))) {
            Some((service, port)) => self.arrive(Call { cluster: Some((cluster, assigned)), ..call }, service, port, share),
            None if assigned.is_empty() => ended(Verdict::Error),
            None => Ok(vec![Answer { share, ..Answer::new(Outcome::Service(key), None) }]),
        }
    }

    /// A share arrives at a Service: its workloads answer alike often, as far as they may.
    fn arrive(&self, call: Call<'_>, service: &Service, port: &ServicePort, share: Fraction) -> Read<Vec<Answer>> {
        let callees = self.inventory.behind(service, port);
        if callees.is_empty() {
            return Ok(vec![Answer { share, ..Answer::new(Outcome::Service(service.key.clone()), None) }]);
        }
        let each = share.times(Fraction::of(1, callees.len() as u64));
        let mut answers = Vec::new();
        for callee in callees {
            let answer = match callee.port {
                Some(port) => self.at_workload(call, &callee.workload.key, &callee.workload.service_account, port)?,
                None => Answer::ended(Verdict::Error, None),
            };
            answers.push(Answer { share: each, ..answer });
        }
        Ok(answers)
    }

    fn at_workload(&self, call: Call<'_>, workload: &ObjectKey, account: &str, port: u16) -> Read<Answer> {
        let set = self.names.get(workload).and_then(|name| self.resources.of(name));
        let proxied = set.is_some_and(|set| set.listener("inbound").is_some());
        let tls = call.cluster.and_then(|(cluster, assigned)| cluster.socket(assigned, proxied).tls());
        // The caller wants to know whom it has reached.
        if proxied
            && let Some(tls) = tls
            && !tls.accepts(&self.resources.domains.peer(&workload.namespace, account))?
        {
            return Ok(Answer::ended(Verdict::Deny, None));
        }
        inbound::arrive(&self.resources, set, Arrival { workload, port, tls, caller: call.caller, said: call.said })
    }
}

/// What is the same for all workloads behind one cluster.
#[derive(Clone, Copy)]
struct Call<'a> {
    caller: &'a Peer,
    said: &'a Said<'a>,
    /// What it is sent through; `None`: straight, in plain.
    cluster: Option<(&'a Cluster, &'a [Assigned])>,
}

impl Evaluate for Reading {
    fn evaluate(&self, request: &Request) -> Decision {
        self.read(request).unwrap_or_else(|why| Decision::ended(Verdict::Unknown).by(why))
    }
}

/// One decision of its answers; the rule is that of the first that ends as the whole does, else the route's.
fn decision(answers: Vec<Answer>, route: Option<String>) -> Decision {
    let whole = Decision::shared(answers.iter().map(|answer| (answer.outcome.clone(), answer.share)));
    let ends_so = |answer: &&Answer| match answer.outcome {
        Outcome::Ended(verdict) => verdict == whole.verdict,
        Outcome::Workload(_) | Outcome::Service(_) => whole.verdict == Verdict::Allow,
    };
    let rule = answers.iter().filter(ends_so).find_map(|answer| answer.rule.clone());
    Decision { rule: rule.or(route), ..whole }
}
