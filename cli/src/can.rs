//! `meshglot can`: whether a call is allowed, by the neutral policy and by what each mesh gets.

use meshglot_translator::diagnostic::Severity;
use meshglot_translator::eval::{Decision, Evaluate, Neutral, Outcome, Request, Verdict};
use meshglot_translator::resolve::Model;
use meshglot_translator::verify::reading;
use serde_json::{Value, json};

use crate::args::{CanArgs, Choice};
use crate::exit::{Exit, Outcome as Answer};
use crate::output::json::API_VERSION;
use crate::plan::Plan;
use crate::request::{self, RequestLine};
use crate::{Io, draw};

pub(crate) fn run(args: &CanArgs, io: &mut Io<'_>) -> Answer {
    let choice = Choice { backend: args.backend.clone(), allow_lossy: Vec::new(), allow_widening: Vec::new() };
    let plan = Plan::make(&args.input, &choice, io)?;
    for diagnostic in plan.diagnostics.iter().filter(|d| d.severity == Severity::Error) {
        draw::diagnostic(diagnostic, io)?;
    }
    let neutral = Neutral::new(&plan.model);
    let CanArgs { source, method, url, headers, .. } = args;
    let line = RequestLine { source, method, url, headers, namespace: &args.input.namespace };
    let request = request::read(line, neutral.inventory())?;
    let decision = neutral.evaluate(&request);
    let rendered: Vec<(&'static str, Decision)> = plan
        .engines
        .iter()
        .map(|(backend, engine)| {
            let reader = reading(*backend, &plan.model, &plan.target, engine.rendered().bodies());
            (backend.name(), reader.evaluate(&request))
        })
        .collect();
    let verdicts = || std::iter::once(decision.verdict).chain(rendered.iter().map(|(_, decision)| decision.verdict));
    let all = verdicts().all(|verdict| verdict == Verdict::Allow);
    let none = verdicts().all(|verdict| verdict != Verdict::Allow);
    let word = if all {
        "yes"
    } else if none {
        "no"
    } else {
        "mixed"
    };

    if args.output == "json" {
        let backends: Vec<Value> =
            rendered.iter().map(|(name, decision)| json!({"name": name, "decision": decision_json(decision)})).collect();
        let neutral = decision_json(&decision);
        let answer = json!({"apiVersion": API_VERSION, "kind": "Can", "answer": word, "neutral": neutral, "backends": backends});
        writeln!(io.stdout, "{answer:#}")?;
    } else {
        tell(word, &request, &decision, &rendered, &plan.model, args, io)?;
    }
    Ok(if all { Exit::Ok } else { Exit::No })
}

fn tell(
    word: &str,
    request: &Request,
    decision: &Decision,
    rendered: &[(&'static str, Decision)],
    model: &Model,
    args: &CanArgs,
    io: &mut Io<'_>,
) -> std::io::Result<()> {
    let caller = &request.caller;
    let arrow = io.arrow();
    writeln!(io.stdout, "{word:<5} sa/{} {arrow} {} {} {}", caller.service_account, request.service.name, args.method, args.url)?;
    writeln!(io.stdout, "  1 identity  sa/{}/{}", caller.namespace, caller.service_account)?;
    writeln!(io.stdout, "  2 reaches   {}", reaches(decision))?;
    match &decision.rule {
        Some(rule) => writeln!(io.stdout, "  3 rule      {rule}{}", place(rule, model))?,
        None if decision.verdict == Verdict::Allow => writeln!(io.stdout, "  3 rule      none: the workload is open")?,
        None => writeln!(io.stdout, "  3 rule      none allows it, and the workload is closed")?,
    }
    for miss in decision.misses.iter().take(3) {
        writeln!(io.stdout, "    closest   {miss}")?;
    }
    if !rendered.is_empty() {
        let line: Vec<String> = rendered.iter().map(|(name, decision)| format!("{name} {}", decision.verdict)).collect();
        writeln!(io.stdout, "  4 rendered  neutral {} · {}", decision.verdict, line.join(" · "))?;
    }
    Ok(())
}

/// Who answers which share.
pub(crate) fn reaches(decision: &Decision) -> String {
    let shares = decision.shares.iter().map(|(who, share)| format!("{} {:.2}%", name(who), share.value() * 100.0));
    shares.collect::<Vec<_>>().join(", ")
}

/// A decision for machines.
pub(crate) fn decision_json(decision: &Decision) -> Value {
    let shares: Vec<Value> = decision.shares.iter().map(|(who, share)| json!({"to": name(who), "share": share.to_string()})).collect();
    json!({"verdict": decision.verdict.to_string(), "rule": decision.rule, "shares": shares, "misses": decision.misses})
}

/// Who answers, or how it ends.
pub(crate) fn name(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Workload(key) => format!("{}/{}", key.kind.name().to_lowercase(), key.name),
        Outcome::Service(key) => format!("svc/{}", key.name),
        Outcome::Ended(verdict) => verdict.to_string(),
    }
}

/// Where the object of a rule `KIND/NAMESPACE/NAME#RULE` is written.
fn place(rule: &str, model: &Model) -> String {
    let object = rule.split('#').next().unwrap_or_default();
    let key = model.keys().find(|key| key.to_string() == object);
    let document = key.and_then(|key| model.document(key));
    document.map(|document| format!("   {}", document.root().origin().location())).unwrap_or_default()
}
