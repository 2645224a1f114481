//! Many equal calls, and which part of them each workload answers.

use std::collections::BTreeMap;

use meshglot_suite::{Answer, Mesh, bounds};

use super::line::{Line, by};

/// How improbable it is that a share which is right lies beyond one of its bounds. A run has fewer than a hundred of them: together they are
/// wrong by chance less than once in a million runs.
const TAIL: f64 = 1e-8;

/// From so many calls on two make them at once. Fewer are made one after the other: among instances a proxy takes the one that has less to do,
/// which is a matter of chance only while nobody else calls.
const MANY: usize = 10_000;

/// Equal calls, and who answers which part of them, by the name of the workload; of 1.
#[derive(Clone, Debug)]
pub(crate) struct Shares {
    pub(crate) line: Line,
    count: usize,
    parts: BTreeMap<String, f64>,
}

impl Shares {
    pub(crate) fn new(line: &str, count: usize, parts: &[(&str, f64)]) -> Self {
        let parts = parts.iter().map(|(name, part)| ((*name).to_owned(), *part)).collect();
        Self { line: Line::parse(line), count, parts }
    }

    /// Who answers otherwise than it should.
    pub(crate) fn wrong(&self, mesh: &Mesh) -> Vec<String> {
        let Line { from, to, port, call, text, .. } = &self.line;
        let caller = mesh.caller(from, to, *port);
        let answers: std::io::Result<Vec<Vec<Answer>>> = std::thread::scope(|scope| {
            let callers = if self.count < MANY { 1 } else { 2 };
            let parts = (0..callers).map(|part| self.count / callers + usize::from(part < self.count % callers));
            let caller = &caller;
            let calls: Vec<_> = parts.map(|count| scope.spawn(move || caller.calls(call, count))).collect();
            let panicked = || Err(std::io::Error::other("a caller panicked"));
            calls.into_iter().map(|call| call.join().unwrap_or_else(|_| panicked())).collect()
        });
        match answers {
            Ok(answers) => self.judge(&answers.concat()),
            Err(error) => vec![format!("{text}: {error}")],
        }
    }

    fn judge(&self, answers: &[Answer]) -> Vec<String> {
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for answer in answers {
            *counts.entry(by(answer)).or_default() += 1;
        }
        let mut wrong = Vec::new();
        for name in counts.keys().filter(|name| !self.parts.contains_key(*name)) {
            wrong.push(format!("{}: `{name}` answers, too: {counts:?}", self.line.text));
        }
        for (name, part) in &self.parts {
            let came = counts.get(name).copied().unwrap_or_default();
            let (least, most) = bounds(answers.len(), *part, TAIL);
            if !(least..=most).contains(&came) {
                wrong.push(format!("{}: `{name}` answers {came} of {}, not {least} to {most}", self.line.text, answers.len()));
            }
        }
        wrong
    }
}
