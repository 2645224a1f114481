//! Decides over all requests whether a mesh does with its rendered objects what the neutral policy says.
//!
//! Both sides are asked about one request of each sort ([`sorts`](crate::sorts)).

pub(crate) mod callers;
pub(crate) mod compare;
mod concern;
mod judge;
pub(crate) mod protocol;
mod reading;

use std::collections::BTreeMap;

use crate::diagnostic::Code;
use crate::eval::asked::{Asked, listen};
use crate::eval::{Call, Caller, Decision, Evaluate, Neutral, Request};
use crate::ir::ServiceKey;
use crate::render::{Backend, Loss, Target};
use crate::resolve::{Model, View};
use crate::sorts::{Space, walk};

pub use crate::sorts::{Doubt, answers};
pub use compare::Deviation;
use concern::Concern;
pub use judge::{Gate, Judge, Judged};
pub use reading::reading;

/// What is held against what.
#[derive(Clone, Copy)]
pub struct Question<'q> {
    /// The policy.
    pub model: &'q Model,
    /// The mesh.
    pub backend: &'q dyn Backend,
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

    /// `proved`, `refuted` or `undecided`.
    pub fn result(&self) -> &'static str {
        match (self.findings.is_empty(), self.doubts.is_empty()) {
            (true, true) => "proved",
            (false, _) => "refuted",
            (true, false) => "undecided",
        }
    }
}

/// Looks at every port of every Service of the backend.
pub fn verify(question: Question<'_>) -> Report {
    let judge = Judge::new(question);
    let known = judge.known_callers();
    let mut report = Report::default();
    for gate in judge.gates() {
        report.ports += 1;
        if let Err(doubt) = look(&gate, &gate.callers(&known), question.limit, &mut report) {
            report.doubts.push((gate.service().clone(), gate.port(), doubt));
        }
    }
    report.findings.sort_by_key(|finding| finding.deviation);
    report
}

/// The losses that have to do with calls of a Service: those of its splits, of the Services and workloads behind it and
/// the rules for them, and of the Mesh.
pub fn losses_on_the_way<'l>(
    model: &Model,
    neutral: &Neutral<'_>,
    backend: &'static str,
    target: &Target,
    service: &ServiceKey,
    losses: &'l [&'l Loss],
) -> Vec<&'l Loss> {
    let view = View::for_target(model, backend, target);
    let Some(service) = neutral.inventory().service(service) else { return Vec::new() };
    Concern::of(service, neutral, &view, losses).all().to_vec()
}

fn look(gate: &Gate<'_>, callers: &[Caller], limit: usize, report: &mut Report) -> Result<(), Doubt> {
    let mut space = Space::new()?;
    let mut found = Found { limit, ..Found::default() };
    for caller in callers {
        let mut attempt = |call: Call| found.attempt(gate, caller, call);
        attempt(Call::Tcp)?;
        walk(&mut space, attempt)?;
    }
    found.tell(report);
    Ok(())
}

/// What was found for one port.
#[derive(Default)]
struct Found {
    limit: usize,
    requests: usize,
    excused: BTreeMap<Code, usize>,
    findings: BTreeMap<Deviation, Finding>,
}

impl Found {
    /// Tries one request; returns what was asked about it.
    fn attempt(&mut self, gate: &Gate<'_>, caller: &Caller, call: Call) -> Result<Vec<Asked>, Doubt> {
        let request = Request { caller: caller.clone(), service: gate.service().clone(), port: gate.port(), call };
        let (Judged { said, done, deviation, excuse }, asked) = listen(|| gate.judge(&request, false));
        self.requests += 1;
        match (deviation, excuse) {
            (None, _) => {}
            (Some(_), Some(code)) => *self.excused.entry(code).or_default() += 1,
            (Some(deviation), None) => {
                self.findings.entry(deviation).or_insert(Finding { deviation, request, said, done });
            }
        }
        if self.requests > self.limit { Err(Doubt::TooManyRequests(self.limit)) } else { Ok(asked) }
    }

    fn tell(self, report: &mut Report) {
        report.requests += self.requests;
        for (code, times) in self.excused {
            *report.excused.entry(code).or_default() += times;
        }
        report.findings.extend(self.findings.into_values());
    }
}
