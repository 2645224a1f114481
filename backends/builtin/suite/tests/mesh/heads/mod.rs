//! Whole heads, on both ways: what a server receives and what its caller is answered, byte by byte, as it was recorded of Envoy.
//!
//! `tests/mesh/heads/*.txt` are these recordings. Every data plane has to do the same, but for what [`differences`] names with its reason;
//! and where more than one runs, all of them have to be sent the same resources, by the bytes of ADS.
//! `UPDATE_GOLDEN=1 MESHGLOT_DATA_PLANE=envoy cargo test -p meshglot-suite --test mesh -- heads/` writes them; read every line.

mod access;
mod answers;
mod case;
mod differences;
mod exchange;
mod http2;
mod http2_cases;
mod outside;
mod recording;
mod requests;
mod resources;
mod routes;
mod server;
mod told;
mod wire;

use libtest_mimic::{Failed, Trial};
use meshglot_suite::{Caller, Mesh};

use self::case::Case;
use self::recording::Recording;
use self::server::{ON, Server};
use super::policy::{account, requests as matches, target, users};
use super::scenario::{Shared, trial};

pub(crate) fn trials(mesh: &Shared) -> Vec<Trial> {
    vec![
        trial("heads/requests", mesh, |mesh| play(mesh, "requests", |mesh| mesh.apply(""), &[(past_both, &requests::CASES)])),
        trial("heads/requests from outside", mesh, |mesh| play(mesh, "outside", |mesh| mesh.apply(""), &[(past_one, &outside::CASES)])),
        trial("heads/answers", mesh, |mesh| play(mesh, "answers", |mesh| mesh.apply(""), &[(past_both, &answers::CASES)])),
        trial("heads/HTTP/2 and gRPC", mesh, |mesh| play(mesh, "http2", |mesh| mesh.apply(""), &[(past_both, &http2_cases::CASES)])),
        trial("heads/rules", mesh, |mesh| {
            play(mesh, "access", |mesh| mesh.apply(&rule()), &[(past_both, &access::CASES), (past_both, &http2_cases::DENIED)])
        }),
        trial("heads/routes that do more", mesh, |mesh| {
            play(mesh, "routes", altered, &[(past_both, &routes::CASES), (past_both, &http2_cases::ROUTES)])
        }),
        trial("heads/refusals", mesh, |mesh| {
            mesh.stop_applications("batch");
            let played = play(mesh, "refusals", altered, &[(to_nobody, &routes::REFUSALS), (to_nobody, &http2_cases::REFUSALS)]);
            mesh.start_applications("batch")?;
            played
        }),
    ]
}

/// A caller, and what it sends.
type Group = (fn(&Mesh) -> Caller, &'static [Case]);

fn past_both(mesh: &Mesh) -> Caller {
    mesh.caller("web", ON, 80)
}

fn past_one(mesh: &Mesh) -> Caller {
    mesh.caller_of_instance("legacy", ON, 8080)
}

fn to_nobody(mesh: &Mesh) -> Caller {
    mesh.caller("web", "batch", 80)
}

/// `web` may read users.
fn rule() -> String {
    target("web-reads", ON, &account("web"), &matches("users", "read")) + &users()
}

fn altered(mesh: &mut Mesh) -> std::io::Result<()> {
    mesh.alter("", &routes::alter)?;
    mesh.settle()
}

/// Plays all of it, and compares it with what is recorded.
fn play(mesh: &mut Mesh, name: &'static str, set: fn(&mut Mesh) -> std::io::Result<()>, groups: &[Group]) -> Result<(), Failed> {
    resources::start_anew(mesh)?;
    set(mesh)?;
    mesh.stop_applications(ON);
    let played = Server::start(mesh).map(|server| {
        let mut recording = Recording::default();
        for (caller, cases) in groups {
            let caller = caller(mesh);
            cases.iter().for_each(|case| recording.add(case.name, exchange::play(&caller, &server, case)));
        }
        recording
    });
    mesh.start_applications(ON)?;
    let wrong: Vec<String> = [recording::compare(name, &played?, mesh.data_plane().name()), resources::compare(mesh, name)].concat();
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n").into()) }
}
