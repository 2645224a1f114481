//! `meshglot verify`: whether a mesh does with its objects what the policy says, over all requests.

use std::path::Path;

use meshglot_translator::answer::{BackendVerification, Verification};
use meshglot_translator::parse::parse;
use meshglot_translator::render::{Backend, Rendered};
use meshglot_translator::verify::{Doubt, Finding, Question, Report, reading, verify};
use serde_json::Value;

use crate::args::{Input, VerifyArgs};
use crate::can::reaches;
use crate::exit::{Exit, Failure, Outcome};
use crate::plan::{self, Plan};
use crate::render::count;
use crate::{Io, draw, input};

/// The default of `--limit`.
pub(crate) const LIMIT: usize = 100_000;

/// What came out for one backend.
enum Answer {
    /// It was looked at.
    Seen(Report),
    /// Nothing is written for it, by these codes.
    Withheld(Vec<&'static str>),
}

pub(crate) fn run(args: &VerifyArgs, io: &mut Io<'_>) -> Outcome {
    let plan = plan::make(&args.input, &args.choice, io)?;
    plan::need_backend(&plan, &args.choice)?;
    plan::tell_errors(&plan, io)?;
    let given = match &args.against {
        None => None,
        Some(_) if plan.engines.len() != 1 => {
            let failure = Failure::new(Exit::Usage, "--against is about the objects of one mesh");
            return Err(failure.help("name it with --backend"));
        }
        Some(path) => Some(objects(path, &args.input, io)?),
    };
    let mut results = Vec::new();
    for (backend, engine) in &plan.engines {
        let rendered = engine.rendered();
        let codes = plan.withheld(&rendered);
        let result = match (&given, codes.is_empty()) {
            (None, false) => Answer::Withheld(codes),
            (given, _) => Answer::Seen(report(&plan, *backend, &rendered, given.as_deref(), args.limit)),
        };
        results.push((backend.name(), result));
    }
    if args.output == "json" {
        io.answer(&Verification { backends: results.iter().map(|(name, result)| typed(name, result)).collect() })?;
    } else {
        for (name, result) in &results {
            tell(name, result, io)?;
        }
    }
    let proved = |(_, result): &(_, Answer)| matches!(result, Answer::Seen(report) if report.is_proved());
    let invalid = plan::is_invalid(&plan, args.input.strict);
    Ok(match results.iter().all(proved) {
        _ if invalid => Exit::Invalid,
        true => Exit::Ok,
        false => Exit::No,
    })
}

/// The objects of a mesh, as a cluster prints them: documents, or a List of them.
fn objects(path: &Path, like: &Input, io: &mut Io<'_>) -> Result<Vec<Value>, Failure> {
    let (filenames, namespace) = (vec![path.to_owned()], like.namespace.clone());
    let (sources, mut diagnostics) = input::read(&Input { filenames, namespace, ..*like }, io)?;
    let (documents, unreadable) = parse(&sources);
    diagnostics.extend(unreadable);
    for diagnostic in &diagnostics {
        draw::diagnostic(diagnostic, io)?;
    }
    if !diagnostics.is_empty() {
        return Err(Failure::new(Exit::Invalid, format!("{}: not objects of a mesh", path.display())));
    }
    let all = documents.iter().flat_map(|document| match document.root().to_json() {
        Value::Object(mut list) if list.get("kind").is_some_and(|kind| kind == "List") => match list.remove("items") {
            Some(Value::Array(items)) => items,
            _ => Vec::new(),
        },
        object => vec![object],
    });
    Ok(all.collect())
}

/// Looks at one backend: at what it would get, or at what it has.
pub(crate) fn report(plan: &Plan, backend: &dyn Backend, rendered: &Rendered<'_>, given: Option<&[Value]>, limit: usize) -> Report {
    let objects = given.map_or_else(|| rendered.bodies(), <[Value]>::to_vec);
    let read = |objects| reading(backend, &plan.model, &plan.target, objects);
    let (reader, bare) = (read(objects), read(Vec::new()));
    let losses = &rendered.losses;
    verify(Question { model: &plan.model, backend, target: &plan.target, reader: &*reader, bare: &*bare, losses, limit })
}

fn typed(name: &'static str, result: &Answer) -> BackendVerification {
    match result {
        Answer::Withheld(codes) => BackendVerification::withheld(name, codes.clone()),
        Answer::Seen(report) => BackendVerification::seen(name, report),
    }
}

fn tell(name: &str, result: &Answer, io: &mut Io<'_>) -> std::io::Result<()> {
    let report = match result {
        Answer::Withheld(codes) => {
            return writeln!(
                io.stdout,
                "{name:<8} withheld   nothing is written, it would allow more than the policy says ({})",
                codes.join(", ")
            );
        }
        Answer::Seen(report) => report,
    };
    let lost: usize = report.excused.values().sum();
    let codes: Vec<&str> = report.excused.keys().map(|code| code.info().name).collect();
    let under = if lost == 0 { String::new() } else { format!(", {lost} under {}", codes.join(", ")) };
    let (ports, sorts) = (count(report.ports, "port"), count(report.requests, "sort"));
    writeln!(io.stdout, "{name:<8} {:<10} {ports} of Services, {sorts} of requests{under}", report.result())?;
    for finding in &report.findings {
        tell_finding(name, finding, io)?;
    }
    for (service, port, doubt) in &report.doubts {
        writeln!(io.stdout, "  undecided: {service}:{port}: {}", why(doubt))?;
    }
    Ok(())
}

/// A request that a mesh decides otherwise, on standard output.
fn tell_finding(backend: &str, finding: &Finding, io: &mut Io<'_>) -> std::io::Result<()> {
    let Finding { deviation, request, said, done } = finding;
    writeln!(io.stdout, "  {}: {}", deviation.word(), request.line(io.arrow()))?;
    let by = |rule: &Option<String>| rule.as_ref().map(|rule| format!(", by {rule}")).unwrap_or_default();
    writeln!(io.stdout, "    {:<8} {}{}", "policy", reaches(said), by(&said.rule))?;
    if let Some(miss) = said.misses.first() {
        writeln!(io.stdout, "    {:<8} {miss}", "closest")?;
    }
    writeln!(io.stdout, "    {backend:<8} {}{}", reaches(done), by(&done.rule))
}

/// Why, and what to do.
fn why(doubt: &Doubt) -> String {
    match doubt {
        Doubt::TooManyRequests(_) => format!("{doubt}, raise --limit"),
        Doubt::TooLarge | Doubt::Uncovered(_) => doubt.to_string(),
    }
}

/// What a backend gets, with the backend.
type Given<'p> = (&'p dyn Backend, Rendered<'p>);

/// Tells what is proved of a rendering from what is not, and says why not.
pub(crate) fn proved<'p>(plan: &Plan, rendered: Vec<Given<'p>>, io: &mut Io<'_>) -> std::io::Result<(Vec<Given<'p>>, Vec<Rendered<'p>>)> {
    let (mut kept, mut unproved) = (Vec::new(), Vec::new());
    for (backend, rendered) in rendered {
        let report = report(plan, backend, &rendered, None, LIMIT);
        if report.is_proved() {
            kept.push((backend, rendered));
            continue;
        }
        let what = report.findings.first().map(|finding| format!("{}: {}", finding.deviation.word(), finding.request.line(io.arrow())));
        let what = what.unwrap_or_else(|| "undecided".to_owned());
        writeln!(io.stderr, "error: nothing is written for {}: not proved, `meshglot verify` tells more ({what})", backend.name())?;
        unproved.push(rendered);
    }
    Ok((kept, unproved))
}
