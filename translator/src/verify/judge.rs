//! Holds one request against both sides.

use std::sync::Arc;

use super::Question;
use super::callers;
use super::compare::{Deviation, deviation};
use super::concern::Concern;
use super::protocol::speaks_http;
use crate::diagnostic::Code;
use crate::eval::{Call, Caller, Decision, Evaluate as _, Neutral, Request, Verdict};
use crate::ir::{ObjectKey, PodSet, Service, ServiceKey, ServicePort};
use crate::resolve::View;

/// Both sides of a question, ready to be asked.
pub struct Judge<'q> {
    question: Question<'q>,
    neutral: Neutral<'q>,
    view: View<'q>,
}

/// One port of one Service, and what is known about it.
pub struct Gate<'j> {
    judge: &'j Judge<'j>,
    service: Arc<Service>,
    port: ServicePort,
    concern: Arc<Concern<'j>>,
    /// The policy says nothing here: the mesh is held against itself without our objects.
    silent: bool,
    /// It speaks HTTP: bytes that are not are not promised to be let in.
    http: bool,
}

/// What came of one request.
#[derive(Debug)]
pub struct Judged {
    /// By the policy.
    pub said: Decision,
    /// By the mesh.
    pub done: Decision,
    /// How they differ.
    pub deviation: Option<Deviation>,
    /// The loss that says so.
    pub excuse: Option<Code>,
}

impl<'q> Judge<'q> {
    /// Reads the policy.
    pub fn new(question: Question<'q>) -> Self {
        let view = View::for_target(question.model, question.backend.name(), question.target);
        Self { question, neutral: Neutral::new(question.model), view }
    }

    /// Every port of every Service that the backend has, by name and number.
    pub fn gates(&self) -> impl Iterator<Item = Gate<'_>> {
        let ours = self.neutral.inventory().services().iter().filter(|service| self.view.target_mesh(&service.key.namespace).is_some());
        ours.flat_map(move |service| {
            let concern = Arc::new(Concern::of(service, &self.neutral, &self.view, self.question.losses));
            service.ports.iter().map(move |port| self.gate(service, port, concern.clone()))
        })
    }

    fn gate<'j>(&'j self, service: &Arc<Service>, port: &ServicePort, concern: Arc<Concern<'j>>) -> Gate<'j> {
        Gate {
            silent: self.is_silent(service, port),
            http: speaks_http(service, port, self.neutral.inventory(), &self.view),
            judge: self,
            service: service.clone(),
            port: port.clone(),
            concern,
        }
    }

    /// Everybody with a proxy who is known.
    pub(super) fn known_callers(&self) -> Vec<Caller> {
        callers::known(&self.neutral, &self.view)
    }

    /// Whether the policy says nothing about a port: no split of it, no workload behind it that is closed.
    fn is_silent(&self, service: &Service, port: &ServicePort) -> bool {
        let routed = self.view.routes(&service.key).ports.iter().any(|routes| routes.port.number == port.number);
        let closed = |workload: &Arc<PodSet>| self.view.access(workload).is_some_and(|access| access.closed);
        !routed && !self.neutral.inventory().behind(service, port).iter().any(|callee| closed(&callee.workload))
    }
}

impl Gate<'_> {
    /// The Service.
    pub fn service(&self) -> &ServiceKey {
        &self.service.key
    }

    /// Who of the known callers may call there, and somebody without a proxy.
    pub(super) fn callers(&self, known: &[Caller]) -> Vec<Caller> {
        callers::of(known, &self.judge.view, &self.service.key.namespace)
    }

    /// The port that is called.
    pub fn port(&self) -> u16 {
        self.port.number
    }

    /// Holds both sides against each other. `spelt`: the path is spelt otherwise than it is meant, so that losses about
    /// that count too.
    pub fn judge(&self, request: &Request, spelt: bool) -> Judged {
        let Judge { question, neutral, .. } = self.judge;
        // Some meshes are nothing without objects, and cannot be asked.
        let bare = self.silent.then(|| question.bare.evaluate(request)).filter(|bare| bare.verdict != Verdict::Unknown);
        let said = bare.unwrap_or_else(|| neutral.evaluate(request));
        let done = question.reader.evaluate(request);
        let promised = request.caller.meshed && !(request.call == Call::Tcp && self.http);
        let denied = |workload: &ObjectKey| neutral.denies(workload, request, question.backend.has_ports());
        let deviation = deviation(&said, &done, denied, promised);
        let excuse = deviation.and_then(|deviation| self.concern.excuse(deviation, spelt));
        Judged { said, done, deviation, excuse }
    }
}
