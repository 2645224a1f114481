//! `meshglot can`: whether a call is allowed, by the neutral policy and by what each mesh gets.

use std::sync::Arc;

use meshglot_translator::answer::Can;
use meshglot_translator::eval::{Decision, Evaluate, Neutral, Request, Verdict};
use meshglot_translator::plan::{Mesh, Plan, RequestLine};
use meshglot_translator::resolve::Model;

use crate::Io;
use crate::args::{CanArgs, Choice};
use crate::exit::{Exit, Outcome as Answer};
use crate::plan;

pub(crate) fn run(args: &CanArgs, io: &mut Io<'_>) -> Answer {
    let choice = Choice::of(args.backend.clone());
    let plan = plan::make(&args.input, &choice, io)?;
    plan::tell_errors(&plan, io)?;
    let neutral = Neutral::new(&plan.model);
    let CanArgs { source, method, url, headers, .. } = args;
    let line = RequestLine { source, method, url, headers, namespace: &args.input.namespace };
    let request = line.request(neutral.inventory())?;
    let decision = neutral.evaluate(&request);
    let meshes = Mesh::all(&plan);
    let called = meshes.iter().filter(|mesh| is_called(&plan, mesh.name, &request.service.namespace));
    let rendered: Vec<(&'static str, Decision)> = called.map(|mesh| (mesh.name, mesh.reading.evaluate(&request))).collect();
    let answer = Can::of(&decision, &rendered);
    if args.output == "json" {
        io.answer(&answer)?;
    } else {
        tell(answer.answer, &request, &decision, &rendered, &plan.model, args, io)?;
    }
    Ok(if answer.is_yes() { Exit::Ok } else { Exit::No })
}

/// Whether the called is in this mesh, which then decides. Others know it, if at all, as somebody outside.
fn is_called(plan: &Plan, backend: &str, namespace: &Arc<str>) -> bool {
    plan.model.mesh_of(namespace).is_some_and(|mesh| plan.target.serves(backend, namespace, &mesh))
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
    let shares = decision.shares.iter().map(|(who, share)| format!("{} {}", who.short(), share.percent()));
    shares.collect::<Vec<_>>().join(", ")
}

/// Where the object of a rule `KIND/NAMESPACE/NAME#RULE` is written, behind spaces.
pub(crate) fn place(rule: &str, model: &Model) -> String {
    let object = rule.split('#').next().unwrap_or_default();
    let key = model.keys().find(|key| key.to_string() == object);
    let document = key.and_then(|key| model.document(key));
    document.map(|document| format!("   {}", document.root().origin().location())).unwrap_or_default()
}
