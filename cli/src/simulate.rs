//! `meshglot simulate`: where calls go, by exact shares and by a sample of them.

use std::collections::BTreeSet;

use meshglot_translator::answer::{SimulatedAnswer, Simulation};
use meshglot_translator::eval::{Decision, Evaluate, Neutral};
use meshglot_translator::plan::{Mesh, RequestLine};

use crate::Io;
use crate::args::{Choice, SimulateArgs};
use crate::exit::{Exit, Outcome};
use crate::plan;
use crate::render::count;

/// The row of the policy itself.
const POLICY: &str = "policy";

pub(crate) fn run(args: &SimulateArgs, io: &mut Io<'_>) -> Outcome {
    let plan = match &args.backend {
        None => plan::policy(&args.input, io)?,
        Some(name) => {
            let choice = Choice::of(Some(name.clone()));
            plan::make(&args.input, &choice, io)?
        }
    };
    plan::tell_errors(&plan, io)?;
    let neutral = Neutral::new(&plan.model);
    let SimulateArgs { source, method, url, headers, .. } = args;
    let line = RequestLine { source, method, url, headers, namespace: &args.input.namespace };
    let request = line.request(neutral.inventory())?;
    let decision = neutral.evaluate(&request);
    let backends: Vec<_> = Mesh::all(&plan)
        .iter()
        .map(|mesh| {
            let (decision, codes) = mesh.decide(&plan, &neutral, &request);
            (mesh.name, decision, codes)
        })
        .collect();
    let answer = Simulation::of(&request, (args.requests, args.seed), &decision, &backends);
    match args.output.as_str() {
        "json" => io.answer(&answer)?,
        "table" => table(&answer, io)?,
        _ => {
            let (caller, arrow) = (&request.caller, io.arrow());
            let requests = count(usize::try_from(args.requests).unwrap_or(usize::MAX), "request");
            write!(io.stdout, "sa/{}/{} {arrow} {method} {url}   ", caller.namespace, caller.service_account)?;
            writeln!(io.stdout, "{requests}, seed {}", args.seed)?;
            let decisions = std::iter::once(Some(&decision)).chain(backends.iter().map(|(_, decision, _)| decision.as_ref()));
            text(&answer, decisions, io)?;
        }
    }
    Ok(if plan::is_invalid(&plan, args.input.strict) { Exit::Invalid } else { Exit::Ok })
}

/// Every share with its count, a line each; `decisions`: those of the rows.
fn text<'d>(answer: &Simulation, decisions: impl Iterator<Item = Option<&'d Decision>>, io: &mut Io<'_>) -> std::io::Result<()> {
    for ((name, simulated, codes), decision) in rows(answer).into_iter().zip(decisions) {
        let (Some(simulated), Some(decision)) = (simulated, decision) else {
            writeln!(io.stdout, "  {name:<8} withheld  nothing is written, it would allow more than the policy says ({codes})")?;
            continue;
        };
        let codes = if codes.is_empty() { codes } else { format!("   {codes}") };
        writeln!(io.stdout, "  {name:<8} {}{codes}", simulated.decision.verdict)?;
        let width = simulated.sample.iter().map(|one| one.to.len()).max().unwrap_or_default();
        for (share, counted) in decision.shares.values().zip(&simulated.sample) {
            let exact = format!("{share} ({})", share.percent());
            writeln!(io.stdout, "    {:<width$}  {exact:<20} {:>8}", counted.to, counted.count)?;
        }
    }
    Ok(())
}

/// A column for everybody who answers somewhere.
fn table(answer: &Simulation, io: &mut Io<'_>) -> std::io::Result<()> {
    let all = rows(answer);
    let outcomes: BTreeSet<&str> = all.iter().filter_map(|(_, row, _)| *row).flat_map(|row| &row.sample).map(|one| &*one.to).collect();
    let head = ["BACKEND", "VERDICT"].into_iter().chain(outcomes.iter().copied()).chain(["NOTES"]).map(str::to_owned).collect();
    let row = |(name, row, codes): &(&str, Option<&SimulatedAnswer>, String)| -> Vec<String> {
        let counted = |who: &&str| match row {
            None => "-".to_owned(),
            Some(row) => row.sample.iter().find(|one| one.to == *who).map_or(0, |one| one.count).to_string(),
        };
        let verdict = row.map_or("withheld", |row| row.decision.verdict);
        [(*name).to_owned(), verdict.to_owned()].into_iter().chain(outcomes.iter().map(counted)).chain([codes.clone()]).collect()
    };
    let lines: Vec<Vec<String>> = std::iter::once(head).chain(all.iter().map(row)).collect();
    io.columns(&lines)
}

/// The policy, then each mesh, with its codes.
fn rows(answer: &Simulation) -> Vec<(&str, Option<&SimulatedAnswer>, String)> {
    let backends = answer.backends.iter().map(|backend| (backend.name, backend.simulated.as_ref(), backend.codes.join(", ")));
    std::iter::once((POLICY, Some(&answer.neutral), String::new())).chain(backends).collect()
}
