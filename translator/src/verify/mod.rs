//! Decides over all requests whether a mesh does with its rendered objects what the neutral policy says.
//!
//! Both sides are asked about one request at a time, and tell every comparison that they make with it, in order. Two
//! requests of which all those comparisons come out alike are decided alike, so the comparisons form a tree with one
//! decision at each leaf. The tree is walked: at every question the other answer is tried too, if the languages of
//! paths, methods and headers hold a request that gives it. `docs/proof.md` tells the domain.

mod callers;
mod compare;
mod concern;
mod judge;
mod reading;
mod sorts;
mod space;

use std::collections::BTreeMap;
use std::fmt;

use crate::diagnostic::Code;
use crate::eval::asked::{Asked, listen};
use crate::eval::{Call, Caller, Decision, Evaluate, Request};
use crate::ir::ServiceKey;
use crate::render::{Backend, Loss, Target};
use crate::resolve::Model;

pub use compare::Deviation;
pub use judge::{Gate, Judge, Judged};
pub use reading::reading;
use space::{Answer, Space, answer};

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

/// How a Service's port was left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Doubt {
    /// More sorts of requests than the limit, which it tells.
    TooManyRequests(usize),
    /// Expressions need too large an automaton.
    TooLarge,
    /// The decision depends on something that sorts do not cover.
    Uncovered(&'static str),
}

impl fmt::Display for Doubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooManyRequests(limit) => write!(f, "too large: more than {limit} sorts of requests"),
            Self::TooLarge => f.write_str("too large: an expression needs more than 1 MiB, or all together more than 50,000 states"),
            Self::Uncovered(what) => write!(f, "the mesh looks at {what}, which is not decided over all requests"),
        }
    }
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

/// What a call without repeated headers answers to what was asked. Calls that answer alike must be decided alike, which
/// is what [`verify`] rests on.
///
/// # Errors
/// An automaton is too large, or something was asked that sorts do not cover.
pub fn answers(asked: &[Asked], call: &Call) -> Result<Vec<bool>, Doubt> {
    asked.iter().map(|one| answer(one, call)).collect()
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

fn look(gate: &Gate<'_>, callers: &[Caller], limit: usize, report: &mut Report) -> Result<(), Doubt> {
    let mut space = Space::new()?;
    let mut found = Found { limit, ..Found::default() };
    for caller in callers {
        found.attempt(gate, caller, Call::Tcp);
        found.explore(gate, caller, &mut space)?;
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
    /// Walks the tree of questions and answers: every call that is tried is turned round at each question that it was
    /// the first to be asked, as far as there is a call that answers so.
    fn explore(&mut self, gate: &Gate<'_>, caller: &Caller, space: &mut Space) -> Result<(), Doubt> {
        let mut open: Vec<Vec<Answer>> = vec![Vec::new()];
        while let Some(way) = open.pop() {
            let Some(call) = space.call(&way) else { continue };
            let questions = space.learn(self.attempt(gate, caller, call.clone()))?;
            let taken = questions.iter().map(|question| Ok((*question, space.answer(*question, &call)?)));
            let taken: Vec<Answer> = taken.collect::<Result<_, Doubt>>()?;
            debug_assert!(taken.starts_with(&way), "the same answers lead to the same questions");
            for at in way.len()..taken.len() {
                let (question, answer) = taken[at];
                open.push(taken[..at].iter().copied().chain([(question, !answer)]).collect());
            }
            for call in space.repeated(&call) {
                self.attempt(gate, caller, call);
            }
            if self.requests > self.limit {
                return Err(Doubt::TooManyRequests(self.limit));
            }
        }
        Ok(())
    }

    /// Tries one request; returns what was asked about it.
    fn attempt(&mut self, gate: &Gate<'_>, caller: &Caller, call: Call) -> Vec<Asked> {
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
        asked
    }

    fn tell(self, report: &mut Report) {
        report.requests += self.requests;
        for (code, times) in self.excused {
            *report.excused.entry(code).or_default() += times;
        }
        report.findings.extend(self.findings.into_values());
    }
}
