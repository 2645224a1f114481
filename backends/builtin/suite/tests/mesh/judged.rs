//! What the evaluators say of a call: that of the policy, and that of the rendered resources.

use meshglot_suite::{Call, Mesh, Place, Workload};
use meshglot_translator::eval::{Decision, Evaluate, Inventory, Neutral, Request, Verdict};
use meshglot_translator::plan::RequestLine;

use super::WORKLOADS;
use super::line::{Expected, Line};

/// Both of them, for one policy.
pub(crate) struct Judge<'m> {
    neutral: Neutral<'m>,
    reading: Box<dyn Evaluate>,
    /// Names of the losses that are told.
    losses: Vec<&'static str>,
}

impl<'m> Judge<'m> {
    pub(crate) fn new(mesh: &'m Mesh) -> Self {
        let plan = mesh.plan();
        let (backend, engine) = &plan.engines[0];
        let rendered = engine.rendered();
        let losses = rendered.losses.iter().map(|loss| loss.code.info().name).collect();
        Self { neutral: Neutral::new(&plan.model), reading: plan.reading(*backend, &rendered), losses }
    }

    /// What they say otherwise than the scenario.
    pub(crate) fn wrong(&self, line: &Line) -> Vec<String> {
        // A port that nobody declares is none of theirs.
        let Some(asked) = Asked::of(line) else { return Vec::new() };
        let request = match asked.request(line, self.neutral.inventory()) {
            Ok(request) => request,
            Err(why) => return vec![format!("{}: {why}", line.text)],
        };
        let mut wrong = Vec::new();
        if let Some(code) = line.loss.as_deref().filter(|code| !self.losses.contains(code)) {
            wrong.push(format!("{}: {code} is not told", line.text));
        }
        let by_policy = ("the policy", self.neutral.evaluate(&request), line.loss.is_none());
        for (who, decision, same) in [by_policy, ("the resources", self.reading.evaluate(&request), true)] {
            if agrees(&line.expected, &decision) != same {
                wrong.push(format!("{}: by {who} {:?} {:?}", line.text, decision.verdict, decision.shares));
            }
        }
        wrong
    }
}

fn agrees(expected: &Expected, decision: &Decision) -> bool {
    let Some(who) = expected.who() else {
        return match decision.verdict {
            Verdict::Allow => false,
            Verdict::Deny => matches!(expected, Expected::Refused(403) | Expected::Barred(7) | Expected::Closed),
            _ => matches!(expected, Expected::Refused(400 | 404 | 503) | Expected::Barred(13 | 14) | Expected::Closed),
        };
    };
    let mut names: Vec<String> = decision.shares.keys().map(|who| who.short()).collect();
    names.sort();
    let name = |name: &String| match name.as_str() {
        "403" => "deny".to_owned(),
        "503" => "error".to_owned(),
        name => format!("deployment/{name}"),
    };
    let mut who: Vec<String> = who.iter().map(name).collect();
    who.sort();
    decision.verdict == Verdict::Allow && names == who
}

/// A call in the words of the evaluators.
struct Asked {
    source: String,
    namespace: &'static str,
    port: u16,
}

impl Asked {
    fn of(line: &Line) -> Option<Self> {
        let known = |found: &dyn Fn(&&Workload) -> bool| WORKLOADS.iter().find(found);
        let from = known(&|workload| workload.name == line.from)?;
        let to = known(&|workload| if line.instance { workload.name == line.to } else { workload.service == line.to })?;
        // Whose call leaves past every Service is sent on as it is, in plain: nobody knows who it is from.
        let nobody = from.place == Place::Plain || line.instance;
        let source = if nobody { format!("plain/{}", from.namespace) } else { format!("sa/{}/{}", from.namespace, from.account) };
        let port = if line.instance { to.service_port(line.port)? } else { line.port };
        Some(Self { source, namespace: to.namespace, port })
    }

    fn request(&self, line: &Line, known: &Inventory) -> Result<Request, String> {
        let authority = format!("{}.{}:{}", line.to, self.namespace, self.port);
        let written = |headers: &[(String, String)]| headers.iter().map(|(name, value)| format!("{name}: {value}")).collect();
        let (method, url, headers) = match &line.call {
            Call::Http { method, target, headers, .. } => (method.as_str(), format!("http://{authority}{target}"), written(headers)),
            Call::Grpc { path, metadata, .. } => ("POST", format!("http://{authority}{path}"), written(metadata)),
            Call::Tcp | Call::Bulk(_) | Call::Listen => ("TCP", format!("tcp://{authority}"), Vec::new()),
        };
        let asked = RequestLine { source: &self.source, method, url: &url, headers: &headers, namespace: self.namespace };
        asked.request(known).map_err(|error| error.message)
    }
}
