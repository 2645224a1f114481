//! `meshglot test`: assertions that people write about their policy, held against it and against what each mesh gets.

mod check;
mod held;
mod junit;
mod read;
mod share;
mod suite;
mod text;
pub(crate) mod wire;
mod world;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use meshglot_translator::answer::DiagnosticAnswer;
use meshglot_translator::diagnostic::{Diagnostic, Severity, by_position};
use meshglot_translator::parse::{Source, parse};

use crate::args::{Choice, Input, TestArgs};
use crate::exit::{Exit, Failure, Outcome};
use crate::plan::{self, exit_of};
use crate::render::count;
use crate::{Io, draw, input};

use held::TestResult;
pub(crate) use held::TestResults;
use suite::Suite;
use world::{World, mistake};

/// What is wrong.
#[derive(Default)]
struct Told {
    /// With the tests; one that is wrong is no success.
    tests: Vec<Diagnostic>,
    /// With the policy, as every command says it.
    policy: Vec<Diagnostic>,
}

pub(crate) fn run(args: &TestArgs, io: &mut Io<'_>) -> Outcome {
    let (sources, unread) = input::read(&args.input, io)?;
    let mut told = Told { tests: unread, policy: Vec::new() };
    let (suites, policy) = sorted(sources, &mut told.tests);
    if suites.is_empty() && told.tests.is_empty() {
        let failure = Failure::new(Exit::Invalid, "no PolicyTest in the input");
        return Err(failure.help(format!("a test file begins with `apiVersion: {}`", wire::API_VERSION)));
    }
    filtered(&suites, args)?;
    let mut results = Vec::new();
    for suite in &suites {
        results.extend(of_suite(suite, &policy, args, &mut told, io)?);
    }
    let failed = results.iter().filter(|result| !result.passed).count();
    let exit = match exit_of(&told.policy) {
        // Where nothing was tested that is no success either.
        _ if !told.tests.is_empty() || results.is_empty() => Exit::Invalid,
        Exit::Invalid => Exit::Invalid,
        _ if failed > 0 => Exit::No,
        _ => Exit::Ok,
    };
    let mut diagnostics = told.tests;
    diagnostics.append(&mut told.policy);
    diagnostics.sort_by(by_position);
    diagnostics.dedup();
    let passed = results.len() - failed;
    if args.output != "json" {
        for diagnostic in diagnostics.iter().filter(|diagnostic| diagnostic.severity == Severity::Error) {
            draw::diagnostic(diagnostic, io)?;
        }
    }
    match args.output.as_str() {
        "json" => {
            let diagnostics = diagnostics.iter().map(DiagnosticAnswer::from).collect();
            io.answer(&TestResults { passed, failed, tests: results, diagnostics })?;
        }
        "junit" => writeln!(io.stdout, "{}", junit::report(&results)?.trim_end())?,
        _ => text::write(&results, io)?,
    }
    if !io.quiet {
        let what = if failed > 0 { format!("{passed} passed, {failed} failed") } else { format!("{} passed", count(passed, "test")) };
        writeln!(io.stderr, "{} {what}", io.mark(exit == Exit::Ok))?;
    }
    Ok(exit)
}

/// Tests, and sources with anything else in them.
fn sorted(sources: Vec<Arc<Source>>, diagnostics: &mut Vec<Diagnostic>) -> (Vec<Suite>, Vec<Arc<Source>>) {
    let (mut suites, mut policy) = (Vec::new(), Vec::new());
    for source in sources {
        let (documents, mut unread) = parse(std::slice::from_ref(&source));
        let tests = documents.iter().filter(|document| read::is_test(document));
        let before = suites.len() + diagnostics.len();
        suites.extend(tests.clone().filter_map(|document| read::suite(document, diagnostics)));
        let only_tests = tests.count() == documents.len() && suites.len() + diagnostics.len() > before;
        diagnostics.append(&mut unread);
        if !only_tests {
            policy.push(source);
        }
    }
    (suites, policy)
}

/// Fails where a filter leaves nothing.
fn filtered(suites: &[Suite], args: &TestArgs) -> Result<(), Failure> {
    let Some(filter) = &args.filter else { return Ok(()) };
    let names = || suites.iter().flat_map(|suite| &suite.tests).map(|test| test.name.as_str());
    if names().any(|name| name.contains(filter.as_str())) {
        return Ok(());
    }
    let failure = Failure::new(Exit::Invalid, format!("no test has `{filter}` in its name"));
    Err(failure.did_you_mean(filter, names()))
}

fn of_suite(suite: &Suite, policy: &[Arc<Source>], args: &TestArgs, told: &mut Told, io: &mut Io<'_>) -> Result<Vec<TestResult>, Failure> {
    let namespace = suite.namespace.as_deref().unwrap_or(&args.input.namespace);
    let Some(sources) = with_inputs(suite, policy, args, &mut told.tests, io)? else { return Ok(Vec::new()) };
    let input = Input { filenames: names(suite, &args.input), namespace: namespace.to_owned(), ..args.input };
    let backend = args.backend.clone().unwrap_or_else(|| "all".to_owned());
    let choice = Choice::of(Some(backend));
    let plan = match plan::of(&sources, Vec::new(), &input, &choice) {
        Ok(plan) => plan,
        Err(failure) => {
            told.tests.push(mistake(failure, &suite.origin));
            return Ok(Vec::new());
        }
    };
    told.policy.extend(plan.diagnostics.iter().cloned());
    let world = World::of(&plan, namespace);
    let wanted = |name: &str| args.filter.as_deref().is_none_or(|filter| name.contains(filter));
    let mut results = Vec::new();
    for test in suite.tests.iter().filter(|test| wanted(&test.name)) {
        match check::check(&world, test, &suite.backends, io.arrow()) {
            // A mesh that was not asked for is not tested.
            Ok(held) if held.is_empty() => {}
            Ok(held) => results.push(TestResult::new(suite, test, held)),
            Err(mistakes) => told.tests.extend(mistakes),
        }
    }
    Ok(results)
}

/// The policy of the command line and that which a suite names, each file once. `None` where some is not there.
fn with_inputs(
    suite: &Suite,
    policy: &[Arc<Source>],
    args: &TestArgs,
    diagnostics: &mut Vec<Diagnostic>,
    io: &mut Io<'_>,
) -> Result<Option<Vec<Arc<Source>>>, Failure> {
    let same = |name: &str| Path::new(name).canonicalize().unwrap_or_else(|_| PathBuf::from(name));
    let mut sources = policy.to_vec();
    let mut seen: BTreeSet<PathBuf> = sources.iter().map(|source| same(source.name())).collect();
    let mut whole = true;
    for (path, origin) in &suite.inputs {
        let input = Input { filenames: vec![path.clone()], namespace: args.input.namespace.clone(), recursive: true, ..args.input };
        match input::read(&input, io) {
            Ok((found, unread)) => {
                diagnostics.extend(unread);
                // A folder of policy may hold the tests, too.
                let (_, policy) = sorted(found, &mut Vec::new());
                sources.extend(policy.into_iter().filter(|source| seen.insert(same(source.name()))));
            }
            Err(failure @ Failure::Stream(_)) => return Err(failure),
            Err(failure) => {
                diagnostics.push(mistake(failure, origin));
                whole = false;
            }
        }
    }
    Ok(whole.then_some(sources))
}

/// What a message about missing policy names.
fn names(suite: &Suite, input: &Input) -> Vec<PathBuf> {
    input.filenames.iter().cloned().chain(suite.inputs.iter().map(|(path, _)| path.clone())).collect()
}
