//! Behaviour of the mesh, played through real sockets and compared with the evaluator.
//!
//! One mesh serves all scenarios, one after the other: each puts its policy in place of the one before, as a user would.

mod access;
mod answers;
mod automatic;
mod backend;
mod beyond;
mod certificates;
mod changes;
mod check;
mod control;
mod copies;
mod crowd;
mod defaults;
mod drain;
mod endpoints;
mod frames;
mod grpc;
mod h2spec;
mod handshakes;
mod heads;
mod identities;
mod itself;
mod joining;
mod judged;
mod limits;
mod line;
mod message;
mod paths;
mod places;
mod policy;
mod raw;
mod requests;
mod roots;
mod scenario;
mod shares;
mod slow;
mod smuggling;
mod soak;
mod sockets;
mod spellings;
mod splits;
mod tcp;
mod tries;

use std::process::ExitCode;

use libtest_mimic::{Arguments, Trial};
use meshglot_suite::Serves::{Banner, Echo, Either, Grpc, GrpcUnsaid, Http};
use meshglot_suite::{DataPlane, Missing, Workload, as_proxy, data_planes, missing};
use scenario::Shared;

/// What runs in every scenario.
const WORKLOADS: [Workload; 10] = [
    Workload::new("web", 1, &[(80, 8080, Http)]),
    Workload::new("batch", 2, &[(80, 8080, Http)]),
    Workload::new(
        "api",
        3,
        &[
            (80, 8080, Http),
            (81, 8081, Http),
            (82, 8082, Grpc),
            (83, 8083, Either),
            (84, 8084, GrpcUnsaid),
            (9000, 9000, Echo),
            (9001, 9001, Banner),
            (0, 7777, Echo),
        ],
    ),
    Workload::new("api-v2", 4, &[(80, 8080, Http), (82, 8082, Grpc), (9000, 9000, Echo)]),
    Workload::new("legacy", 5, &[(80, 8080, Http)]).plain(),
    Workload::new("db", 6, &[(5432, 5432, Banner)]),
    Workload::new("pool-a", 7, &[(80, 8080, Http)]).behind("pool"),
    Workload::new("pool-b", 8, &[(80, 8080, Http)]).behind("pool"),
    Workload::new("kv", 9, &[(6379, 6379, Echo)]).headless(),
    // An account that has the name of another one, in another namespace.
    Workload::new("ops", 10, &[(80, 8080, Http)]).of("ops", "web"),
];

fn main() -> ExitCode {
    // A proxy of ours is this program once more.
    if let Some(ended) = as_proxy() {
        return ended;
    }
    if let Some(ended) = crowd::as_crowd() {
        return ended;
    }
    crowd::raise_limit();
    let mut arguments = Arguments::from_args();
    // There is one mesh.
    arguments.test_threads = Some(1);
    let data_planes = match data_planes() {
        Ok(data_planes) => data_planes,
        Err(why) => {
            eprintln!("{why}");
            return ExitCode::FAILURE;
        }
    };
    // One after the other: each has all of the machine.
    let all = data_planes.into_iter().map(|data_plane| play(&arguments, data_plane));
    if all.fold(true, |good, played| good & played) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Plays all of them with a data plane. `false`: something is not as it should be.
fn play(arguments: &Arguments, data_plane: &'static dyn DataPlane) -> bool {
    let absent = if arguments.list { None } else { missing(data_plane) };
    if let Some(Missing::Program(why) | Missing::Right(why)) = &absent {
        eprintln!("skip: mesh: {}: {why}", data_plane.name());
    }
    let lacking = if arguments.list || absent.is_some() { None } else { h2spec::missing() };
    if let Some(why) = lacking {
        eprintln!("skip: h2spec: {why}");
    }
    let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    if (matches!(absent, Some(Missing::Program(_))) || lacking.is_some()) && is_set("CI") && !is_set("MESHGLOT_ALLOW_SKIP") {
        eprintln!("what a run installs may not be skipped: set MESHGLOT_ALLOW_SKIP to allow it");
        return false;
    }
    let mesh = Shared::new(data_plane);
    let trials = trials(&mesh).into_iter().map(|trial| {
        let is_ignored = absent.is_some() || trial.has_ignored_flag();
        trial.with_ignored_flag(is_ignored)
    });
    let conclusion = libtest_mimic::run(arguments, trials.collect());
    // What was started ends before the next begins.
    drop(mesh);
    !conclusion.has_failed()
}

/// All of them, in the order in which they are played.
fn trials(mesh: &Shared) -> Vec<Trial> {
    let played = [
        defaults::scenarios(),
        access::scenarios(),
        identities::scenarios(),
        paths::scenarios(),
        splits::scenarios(),
        tcp::scenarios(),
        automatic::scenarios(),
        grpc::scenarios(),
        requests::scenarios(),
    ];
    let played = played.concat().into_iter().map(|scenario| scenario.trial(mesh));
    let tried = [
        requests::trials(mesh),
        changes::trials(mesh),
        endpoints::trials(mesh),
        certificates::trials(mesh),
        joining::trials(mesh),
        control::trials(mesh),
        roots::trials(mesh),
        smuggling::trials(mesh),
        answers::trials(mesh),
        spellings::trials(mesh),
        limits::trials(mesh),
        slow::trials(mesh),
        crowd::trials(mesh),
        itself::trials(mesh),
        h2spec::trials(mesh),
        heads::trials(mesh),
        beyond::trials(mesh),
        tries::trials(mesh),
        places::trials(mesh),
        copies::trials(mesh),
        sockets::trials(mesh),
        drain::trials(mesh),
        handshakes::trials(mesh),
        soak::trials(mesh),
    ];
    played.chain(tried.into_iter().flatten()).collect()
}
