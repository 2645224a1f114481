//! Decides over all requests whether a mesh does with its rendered objects what the neutral policy says.
//!
//! Both sides are asked about one request at a time, and tell every comparison that they make with it, in order. Two
//! requests of which all those comparisons come out alike are decided alike, so the comparisons form a tree with one
//! decision at each leaf. The tree is walked: at every question the other answer is tried too, if the languages of
//! paths, methods and headers hold a request that gives it. `docs/proof.md` tells the domain.

mod callers;
mod compare;
mod concern;
mod reading;
mod sorts;
mod space;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::diagnostic::Code;
use crate::eval::asked::{Asked, listen};
use crate::eval::{Call, Callee, Caller, Decision, Evaluate, Neutral, Request, Verdict};
use crate::ir::{ObjectKey, PodSet, PortRoutes, Service, ServiceKey, ServicePort};
use crate::render::{Loss, Target};
use crate::resolve::{Model, View};

pub use compare::{Deviation, deviation};
pub use concern::Concern;
pub use reading::reading;
use space::{Answer, Space};

/// What is held against what.
#[derive(Clone, Copy)]
pub struct Question<'q> {
    /// The policy.
    pub model: &'q Model,
    /// The backend's name.
    pub backend: &'static str,
    /// Which namespaces it was rendered for.
    pub target: &'q Target,
    /// The mesh's reading of the objects.
    pub reader: &'q dyn Evaluate,
    /// Its reading of no objects at all: what it does where nothing is written.
    pub bare: &'q dyn Evaluate,
    /// What the rendering told to have lost.
    pub losses: &'q [&'q Loss],
    /// The most requests that are tried for one port of one Service.
    pub limit: usize,
}

/// How a Service's port was left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Doubt {
    /// More sorts of requests than the limit, or expressions that need too large an automaton.
    TooLarge,
    /// The decision depends on something that sorts do not cover.
    Uncovered(&'static str),
}

/// A request that the mesh decides otherwise, and no loss says so.
#[derive(Clone, Debug)]
pub struct Finding {
    /// How it differs.
    pub deviation: Deviation,
    /// The request.
    pub request: Request,
    /// By the policy.
    pub said: Decision,
    /// By the mesh.
    pub done: Decision,
}

/// What came out.
#[derive(Debug, Default)]
pub struct Report {
    /// Ports of Services that were looked at.
    pub ports: usize,
    /// Requests tried, one of each sort.
    pub requests: usize,
    /// Of these, decided otherwise as a loss of this code says.
    pub excused: BTreeMap<Code, usize>,
    /// One for each port of a Service and way to differ, worst first.
    pub findings: Vec<Finding>,
    /// Ports that could not be decided.
    pub doubts: Vec<(ServiceKey, u16, Doubt)>,
}

impl Report {
    /// Whether all requests are decided as written, or as a loss says.
    pub fn is_proved(&self) -> bool {
        self.findings.is_empty() && self.doubts.is_empty()
    }
}

/// Looks at every port of every Service of the backend.
pub fn verify(question: Question<'_>) -> Report {
    let neutral = Neutral::new(question.model);
    let view = View::for_target(question.model, question.backend, question.target);
    let mut report = Report::default();
    for service in neutral.inventory().services() {
        if view.target_mesh(&service.key.namespace).is_none() {
            continue;
        }
        let callers = callers::of(&neutral, &view, &service.key.namespace);
        let concern = Concern::of(service, &neutral, &view, question.losses);
        for port in &service.ports {
            report.ports += 1;
            let silent = is_silent(service, port, &neutral, &view);
            let http = speaks_http(service, port, &neutral, &view);
            let one = One { question, neutral: &neutral, silent, http, key: &service.key, port, callers: &callers, concern: &concern };
            if let Err(doubt) = one.look(&mut report) {
                report.doubts.push((service.key.clone(), port.number, doubt));
            }
        }
    }
    report.findings.sort_by_key(|finding| finding.deviation);
    report
}

/// Whether the policy says nothing about a port: no split of it, no workload behind it that is closed. Then the mesh
/// is held against itself without our objects.
fn is_silent(service: &Arc<Service>, port: &ServicePort, neutral: &Neutral<'_>, view: &View<'_>) -> bool {
    let routed = view.routes(&service.key).ports.iter().any(|routes| routes.port.number == port.number);
    let closed = |workload: &Arc<PodSet>| view.access(workload).is_some_and(|access| access.closed);
    !routed && !neutral.inventory().behind(service, port).iter().any(|callee| closed(&callee.workload))
}

/// Whether a port speaks HTTP: as it declares, or because a rule looks at its requests.
fn speaks_http(service: &Arc<Service>, port: &ServicePort, neutral: &Neutral<'_>, view: &View<'_>) -> bool {
    let by_split = |routes: &PortRoutes| routes.port.number == port.number && routes.protocol().is_http();
    // What gets requests by a match speaks HTTP too.
    let roots = view
        .splits_using(&service.key)
        .into_iter()
        .map(|split| ServiceKey { namespace: split.key.namespace.clone(), name: split.root_name().clone() });
    let mut roots = roots.chain([service.key.clone()]);
    let by_rule = |callee: Callee| {
        let access = view.access(&callee.workload);
        access.is_some_and(|access| access.ports.iter().any(|known| Some(known.number) == callee.port && known.protocol.is_http()))
    };
    port.protocol.is_http()
        || roots.any(|root| view.routes(&root).ports.iter().any(by_split))
        || neutral.inventory().behind(service, port).into_iter().any(by_rule)
}

/// One port of one Service.
struct One<'o> {
    question: Question<'o>,
    neutral: &'o Neutral<'o>,
    /// The policy says nothing here.
    silent: bool,
    /// Bytes that are not HTTP are not promised to be let in.
    http: bool,
    key: &'o ServiceKey,
    port: &'o ServicePort,
    callers: &'o [Caller],
    concern: &'o Concern<'o>,
}

impl One<'_> {
    fn look(&self, report: &mut Report) -> Result<(), Doubt> {
        let mut space = Space::new()?;
        let mut found = Found::default();
        for caller in self.callers {
            self.attempt(caller, &Call::Tcp, &mut found);
            self.explore(caller, &mut space, &mut found)?;
        }
        found.tell(report);
        Ok(())
    }

    /// Walks the tree of questions and answers: every call that is tried is turned round at each question that it was
    /// the first to be asked, as far as there is a call that answers so.
    fn explore(&self, caller: &Caller, space: &mut Space, found: &mut Found) -> Result<(), Doubt> {
        let mut open: Vec<Vec<Answer>> = vec![Vec::new()];
        while let Some(way) = open.pop() {
            let Some(call) = space.call(&way) else { continue };
            let questions = space.learn(self.attempt(caller, &call, found))?;
            let taken = questions.iter().map(|question| Ok((*question, space.answer(*question, &call)?)));
            let taken: Vec<Answer> = taken.collect::<Result<_, Doubt>>()?;
            debug_assert!(taken.starts_with(&way), "the same answers lead to the same questions");
            for at in way.len()..taken.len() {
                let (question, answer) = taken[at];
                open.push(taken[..at].iter().copied().chain([(question, !answer)]).collect());
            }
            for call in space.repeated(&call) {
                self.attempt(caller, &call, found);
            }
            if found.requests > self.question.limit {
                return Err(Doubt::TooLarge);
            }
        }
        Ok(())
    }

    /// What should become of a request.
    fn says(&self, request: &Request) -> Decision {
        // Some meshes are nothing without objects, and cannot be asked.
        let bare = self.silent.then(|| self.question.bare.evaluate(request)).filter(|bare| bare.verdict != Verdict::Unknown);
        bare.unwrap_or_else(|| self.neutral.evaluate(request))
    }

    /// Tries one request; returns what was asked about it.
    fn attempt(&self, caller: &Caller, call: &Call, found: &mut Found) -> Vec<Asked> {
        let request = Request { caller: caller.clone(), service: self.key.clone(), port: self.port.number, call: call.clone() };
        let promised = caller.meshed && !(*call == Call::Tcp && self.http);
        let ((said, done, deviation), asked) = listen(|| {
            let (said, done) = (self.says(&request), self.question.reader.evaluate(&request));
            let denied = |workload: &ObjectKey| self.neutral.denies(workload, &request);
            let deviation = deviation(&said, &done, denied, promised);
            (said, done, deviation)
        });
        found.requests += 1;
        let Some(deviation) = deviation else { return asked };
        match self.concern.excuse(deviation, &said, &done) {
            Some(code) => *found.excused.entry(code).or_default() += 1,
            None => {
                found.findings.entry(deviation).or_insert(Finding { deviation, request, said, done });
            }
        }
        asked
    }
}

/// What was found for one port.
#[derive(Default)]
struct Found {
    requests: usize,
    excused: BTreeMap<Code, usize>,
    findings: BTreeMap<Deviation, Finding>,
}

impl Found {
    fn tell(self, report: &mut Report) {
        report.requests += self.requests;
        for (code, times) in self.excused {
            *report.excused.entry(code).or_default() += times;
        }
        report.findings.extend(self.findings.into_values());
    }
}
