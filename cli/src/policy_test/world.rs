//! Everything that a suite is held against: the policy, and each mesh by its own reading of what it would get.

use meshglot_translator::diagnostic::{Code, Diagnostic};
use meshglot_translator::eval::{Decision, Evaluate, Fraction, Neutral, Outcome, Request};
use meshglot_translator::ir::{PodSet, ServiceKey};
use meshglot_translator::parse::Origin;
use meshglot_translator::plan::RequestLine;
use meshglot_translator::render::Loss;
use std::sync::Arc;

use super::suite::{Destination, Share};
use crate::exit::{Exit, Failure};
use crate::plan::Plan;

/// The policy, read and rendered.
pub(super) struct World<'p> {
    pub(super) plan: &'p Plan,
    pub(super) neutral: Neutral<'p>,
    pub(super) meshes: Vec<Mesh<'p>>,
    namespace: String,
}

/// One mesh.
pub(super) struct Mesh<'p> {
    pub(super) name: &'static str,
    /// Codes by which nothing is written for it.
    pub(super) withheld: Vec<&'static str>,
    pub(super) losses: Vec<&'p Loss>,
    reader: Box<dyn Evaluate>,
}

impl Mesh<'_> {
    /// What it does with a request.
    pub(super) fn decide(&self, request: &Request) -> Decision {
        self.reader.evaluate(request)
    }
}

impl<'p> World<'p> {
    /// Reads what each mesh of a plan would get.
    pub(super) fn of(plan: &'p Plan, namespace: &str) -> Self {
        let meshes = plan.engines.iter().map(|(backend, engine)| {
            let rendered = engine.rendered();
            let (withheld, reader) = (plan.withheld(&rendered), plan.reading(*backend, &rendered));
            Mesh { name: backend.name(), withheld, losses: rendered.losses, reader }
        });
        let meshes = meshes.collect();
        Self { plan, neutral: Neutral::new(&plan.model), meshes, namespace: namespace.to_owned() }
    }

    /// A request; names that are unknown are mistakes of the test.
    pub(super) fn request(&self, from: &(String, Origin), to: &Destination, headers: &[String]) -> Result<Request, Box<Diagnostic>> {
        let Destination { method, url, origin } = to;
        let line = RequestLine { source: &from.0, method, url, headers, namespace: &self.namespace };
        let request = line.request(self.neutral.inventory()).map_err(|error| {
            let is_caller = error.message.contains(&format!("`{}`", from.0));
            Box::new(mistake(error.into(), if is_caller { &from.1 } else { origin }))
        })?;
        let service = self.neutral.inventory().service(&request.service);
        let ports: Vec<u16> = service.iter().flat_map(|service| &service.ports).map(|port| port.number).collect();
        if ports.contains(&request.port) {
            return Ok(request);
        }
        let ports: Vec<String> = ports.iter().map(u16::to_string).collect();
        let message = format!("Service `{}` has no port {}", request.service.name, request.port);
        Err(Box::new(Diagnostic::at_origin(Code::MG0101, origin.clone(), message).help(format!("it has {}", ports.join(", ")))))
    }

    /// Those who may answer under the name of a share.
    pub(super) fn who(&self, share: &Share, namespace: &Arc<str>) -> Result<Vec<Outcome>, Box<Diagnostic>> {
        let (kind, name) = share.who.split_once('/').unwrap_or(("", &share.who));
        let inventory = self.neutral.inventory();
        let here = || inventory.workloads().iter().filter(|workload| workload.key.namespace == *namespace);
        let is_kind = |workload: &PodSet| {
            let word = workload.key.kind.name();
            kind.is_empty() || word.eq_ignore_ascii_case(kind) || (kind == "deploy" && word == "Deployment")
        };
        let workload = |workload: &Arc<PodSet>| Outcome::Workload(workload.key.clone());
        let workloads: Vec<Outcome> = here().filter(|one| &*one.key.name == name && is_kind(one)).map(workload).collect();
        let key = ServiceKey { namespace: namespace.clone(), name: name.into() };
        let service = inventory.service(&key).filter(|_| matches!(kind, "" | "svc"));
        let behind = service.map(|service| here().filter(|workload| workload.is_selected_by(service)).map(workload).collect::<Vec<_>>());
        let at = |code: Code, message: String| Diagnostic::at_origin(code, share.origin.clone(), message);
        match (workloads.is_empty(), behind) {
            (true, None) => {
                let names: Vec<&str> = here().map(|workload| &*workload.key.name).collect();
                let message = format!("nobody in namespace `{namespace}` is called `{}`", share.who);
                Err(Box::new(at(Code::MG0101, message).did_you_mean(name, names)))
            }
            (false, Some(behind)) if !behind.iter().all(|one| workloads.contains(one)) || behind.is_empty() => {
                let message = format!("`{name}` is a workload, and a Service of other workloads");
                Err(Box::new(at(Code::MG0010, message).help(format!("write `deploy/{name}` or `svc/{name}`"))))
            }
            (_, Some(behind)) => Ok(behind.into_iter().chain([Outcome::Service(key)]).collect()),
            (false, None) => Ok(workloads),
        }
    }
}

/// What some get of a request.
pub(super) fn share_of(decision: &Decision, who: &[Outcome]) -> Fraction {
    who.iter().filter_map(|one| decision.shares.get(one)).fold(Fraction::ZERO, |sum, share| sum.plus(*share))
}

/// A failure that a test is to blame for.
pub(super) fn mistake(failure: Failure, at: &Origin) -> Diagnostic {
    let (code, message, help) = match failure {
        Failure::Told { exit: Exit::Usage, message, help } => (Code::MG0010, message, help),
        Failure::Told { message, help, .. } => (Code::MG0101, message, help),
        Failure::Stream(error) => (Code::MG0001, error.to_string(), None),
    };
    let diagnostic = Diagnostic::at_origin(code, at.clone(), message);
    match help {
        Some(help) => diagnostic.help(help),
        None => diagnostic,
    }
}
