//! Behaviour of the mesh, played through real sockets and compared with the evaluator.
//!
//! One mesh serves all scenarios, one after the other: each puts its policy in place of the one before, as a user would.

mod access;
mod failures;
mod line;
mod paths;
mod scenario;
mod splits;
mod tcp;

use std::process::ExitCode;
use std::sync::{Arc, Mutex};

use libtest_mimic::{Arguments, Trial};
use meshglot_suite::{Mesh, Missing, Place, Serves, Workload, missing};
use scenario::Scenario;

/// What runs in every scenario.
const WORKLOADS: [Workload; 6] = [
    Workload { name: "web", number: 1, place: Place::Meshed, ports: &[(80, 8080, Serves::Http)] },
    Workload { name: "batch", number: 2, place: Place::Meshed, ports: &[(80, 8080, Serves::Http)] },
    Workload {
        name: "api",
        number: 3,
        place: Place::Meshed,
        ports: &[(80, 8080, Serves::Http), (81, 8081, Serves::Http), (9000, 9000, Serves::Echo), (9001, 9001, Serves::Banner)],
    },
    Workload { name: "api-v2", number: 4, place: Place::Meshed, ports: &[(80, 8080, Serves::Http), (9000, 9000, Serves::Echo)] },
    Workload { name: "legacy", number: 5, place: Place::Plain, ports: &[(80, 8080, Serves::Http)] },
    Workload { name: "db", number: 6, place: Place::Meshed, ports: &[(5432, 5432, Serves::Banner)] },
];

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    // There is one mesh.
    arguments.test_threads = Some(1);
    let scenarios: Vec<Scenario> = [access::scenarios(), paths::scenarios(), splits::scenarios(), tcp::scenarios()].concat();
    let absent = if arguments.list { None } else { missing() };
    if let Some(Missing::Program(why) | Missing::Right(why)) = &absent {
        eprintln!("skip: mesh: {why}");
    }
    let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    if matches!(absent, Some(Missing::Program(_))) && is_set("CI") && !is_set("MESHGLOT_ALLOW_SKIP") {
        eprintln!("what a run installs may not be skipped: set MESHGLOT_ALLOW_SKIP to allow it");
        return ExitCode::FAILURE;
    }
    let mesh: Arc<Mutex<Option<Mesh>>> = Arc::default();
    let played = scenarios.into_iter().map(|scenario| {
        let mesh = mesh.clone();
        Trial::test(scenario.name.clone(), move || scenario.play(&mesh))
    });
    let trials = played.chain(failures::trials(&mesh)).map(|trial| trial.with_ignored_flag(absent.is_some()));
    let conclusion = libtest_mimic::run(&arguments, trials.collect());
    // What was started ends before the process does.
    drop(mesh);
    conclusion.exit_code()
}
