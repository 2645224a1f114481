//! Policy, calls, and what comes of them: by the scenario, by the evaluator of the policy, by that of the rendered resources,
//! and by the data plane. All four have to agree.

use std::collections::BTreeMap;
use std::sync::Mutex;

use libtest_mimic::Failed;
use meshglot_suite::{Answer, Call, Mesh};
use meshglot_translator::eval::{Decision, Evaluate, Inventory, Neutral, Request, Verdict};
use meshglot_translator::plan::RequestLine;

use super::WORKLOADS;
use super::line::{Expected, Line};

/// Deviations of a share that is drawn at random: one run in a million fails by chance.
const SIGMAS: f64 = 4.9;

/// One scenario.
#[derive(Clone, Debug)]
pub(crate) struct Scenario {
    pub(crate) name: String,
    policy: String,
    lines: Vec<Line>,
    shares: Option<Shares>,
}

/// Many equal calls, and who answers which part of them.
#[derive(Clone, Debug)]
struct Shares {
    line: Line,
    count: usize,
    /// By name of the workload, of 1.
    parts: BTreeMap<String, f64>,
}

impl Scenario {
    /// `lines`: one call each.
    pub(crate) fn new(name: &str, policy: &str, lines: &[&str]) -> Self {
        Self { name: name.to_owned(), policy: policy.to_owned(), lines: lines.iter().map(|line| Line::parse(line)).collect(), shares: None }
    }

    /// And this call so often.
    pub(crate) fn shared(self, line: &str, count: usize, parts: &[(&str, f64)]) -> Self {
        let parts = parts.iter().map(|(name, part)| ((*name).to_owned(), *part)).collect();
        Self { shares: Some(Shares { line: Line::parse(line), count, parts }), ..self }
    }

    pub(crate) fn play(&self, mesh: &Mutex<Option<Mesh>>) -> Result<(), Failed> {
        // A scenario that failed leaves a mesh that serves the next one as well.
        let mut mesh = mesh.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let mesh = started(&mut mesh)?;
        mesh.apply(&self.policy).map_err(|error| format!("policy: {error}"))?;
        let mut wrong = Vec::new();
        for line in &self.lines {
            wrong.extend(judged(mesh, line));
            let answer = made(mesh, line);
            if !answer.as_ref().is_ok_and(|answer| line.expected.fits(answer)) {
                wrong.push(format!("{}: {answer:?}", line.text));
            }
        }
        if let Some(shares) = &self.shares {
            wrong.extend(judged(mesh, &shares.line));
            wrong.extend(shares.wrong(mesh));
        }
        if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n").into()) }
    }
}

/// The mesh, which the first scenario starts.
pub(crate) fn started(mesh: &mut Option<Mesh>) -> Result<&mut Mesh, Failed> {
    if mesh.is_none() {
        *mesh = Some(Mesh::start(&WORKLOADS).map_err(|error| format!("the mesh does not start: {error}"))?);
    }
    mesh.as_mut().ok_or_else(|| "no mesh".into())
}

fn made(mesh: &Mesh, line: &Line) -> std::io::Result<Answer> {
    let call = if line.instance { Mesh::call_instance } else { Mesh::call };
    call(mesh, &line.from, &line.to, line.port, &line.call)
}

/// What the evaluators say otherwise than the scenario.
fn judged(mesh: &Mesh, line: &Line) -> Vec<String> {
    // They are asked for calls to Services.
    if line.instance {
        return Vec::new();
    }
    let plan = mesh.plan();
    let neutral = Neutral::new(&plan.model);
    let request = match request(line, neutral.inventory()) {
        Ok(request) => request,
        Err(why) => return vec![format!("{}: {why}", line.text)],
    };
    let (backend, engine) = &plan.engines[0];
    let rendered = engine.rendered();
    let reading = plan.reading(*backend, &rendered);
    let mut wrong = Vec::new();
    if let Some(code) = &line.loss {
        let is_told = rendered.losses.iter().any(|loss| loss.code.info().name == code);
        if !is_told {
            wrong.push(format!("{}: {code} is not told", line.text));
        }
    }
    let asked = [("the policy", neutral.evaluate(&request), line.loss.is_none()), ("the resources", reading.evaluate(&request), true)];
    for (who, decision, same) in asked {
        if agrees(&line.expected, &decision) != same {
            wrong.push(format!("{}: by {who} {:?} {:?}", line.text, decision.verdict, decision.shares));
        }
    }
    wrong
}

fn agrees(expected: &Expected, decision: &Decision) -> bool {
    let Expected::Served(_, who) = expected else {
        return match decision.verdict {
            Verdict::Allow => expected.is_allowed(),
            Verdict::Deny => matches!(expected, Expected::Refused(403) | Expected::Closed),
            _ => matches!(expected, Expected::Refused(400 | 404 | 503) | Expected::Closed),
        };
    };
    let mut names: Vec<String> = decision.shares.keys().map(|who| who.short()).collect();
    names.sort();
    let mut who: Vec<String> = who.iter().map(|name| format!("deployment/{name}")).collect();
    who.sort();
    decision.verdict == Verdict::Allow && names == who
}

fn request(line: &Line, known: &Inventory) -> Result<Request, String> {
    let source = if line.from == "legacy" { "plain/shop".to_owned() } else { format!("sa/shop/{}", line.from) };
    let (method, url, headers) = match &line.call {
        Call::Http { method, target, headers } => (
            method.as_str(),
            format!("http://{}.shop:{}{target}", line.to, line.port),
            headers.iter().map(|(name, value)| format!("{name}: {value}")).collect(),
        ),
        Call::Tcp | Call::Listen => ("TCP", format!("tcp://{}.shop:{}", line.to, line.port), Vec::new()),
    };
    let asked = RequestLine { source: &source, method, url: &url, headers: &headers, namespace: "shop" };
    asked.request(known).map_err(|error| error.message)
}

impl Shares {
    fn wrong(&self, mesh: &Mesh) -> Vec<String> {
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        let Line { from, to, port, call, text, .. } = &self.line;
        let answers = match mesh.calls(from, to, *port, call, self.count) {
            Ok(answers) => answers,
            Err(error) => return vec![format!("{text}: {error}")],
        };
        for answer in answers {
            match answer {
                Answer::Http { served_by, .. } => *counts.entry(served_by).or_default() += 1,
                other => return vec![format!("{text}: {other:?}")],
            }
        }
        let mut wrong = Vec::new();
        for name in counts.keys().filter(|name| !self.parts.contains_key(*name)) {
            wrong.push(format!("{}: `{name}` answers, too: {counts:?}", self.line.text));
        }
        let all = self.count as f64;
        for (name, part) in &self.parts {
            let came = counts.get(name).copied().unwrap_or_default() as f64;
            let deviation = (all * part * (1.0 - part)).sqrt().max(0.5);
            if (came - all * part).abs() > SIGMAS * deviation {
                wrong.push(format!("{}: `{name}` answers {came} of {all}, not {part}", self.line.text));
            }
        }
        wrong
    }
}
