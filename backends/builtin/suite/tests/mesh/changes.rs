//! Edits while connections are open.

use std::time::{Duration, Instant};

use libtest_mimic::{Failed, Trial};
use meshglot_suite::{Answer, Call, Connection, Mesh};

use super::policy::{account, connections, ports, reads, requests, split, target, users};
use super::scenario::{Shared, answered, get, trial};
use super::splits::both;

/// How long a proxy may take to end connections that are no longer allowed: it drains for two seconds.
const DRAIN: Duration = Duration::from_secs(6);

pub(crate) fn trials(mesh: &Shared) -> Vec<Trial> {
    vec![
        trial("changes/what is revoked is refused on an open connection", mesh, revoked),
        trial("changes/what is granted is allowed on an open connection", mesh, granted),
        trial("changes/shares move on an open connection", mesh, moved),
        trial("changes/a connection of who is no longer allowed ends", mesh, ended),
        trial("changes/a connection that an edit is not about stays", mesh, stays),
        trial("changes/a proxy that is asked to end lets calls end", mesh, asked_to_end),
        trial("changes/a rule of requests to one port cuts no connection to another", mesh, beside),
    ]
}

/// `who` may connect to `api`.
fn connects(who: &str) -> String {
    target("connects", "api", &account(who), &connections("some")) + &ports("some", "9000")
}

fn revoked(mesh: &mut Mesh) -> Result<(), Failed> {
    mesh.apply("")?;
    let mut connection = mesh.caller("batch", "api", 80).connect()?;
    answered(connection.call(&get("/")), 200, "api")?;
    mesh.apply(&reads("all"))?;
    answered(connection.call(&get("/")), 403, "").map(drop)
}

fn granted(mesh: &mut Mesh) -> Result<(), Failed> {
    mesh.apply(&reads("read"))?;
    let mut connection = mesh.caller("web", "api", 80).connect()?;
    answered(connection.call(&get("/")), 403, "")?;
    mesh.apply(&reads("all"))?;
    answered(connection.call(&get("/")), 200, "api").map(drop)
}

fn moved(mesh: &mut Mesh) -> Result<(), Failed> {
    mesh.apply(&both(1, 0))?;
    let mut connection = mesh.caller("web", "api", 80).connect()?;
    answered(connection.call(&get("/")), 200, "api")?;
    mesh.apply(&both(0, 1))?;
    answered(connection.call(&get("/")), 200, "api-v2").map(drop)
}

fn echoes(connection: &mut Connection) -> bool {
    connection.call(&Call::Tcp).is_ok_and(|answer| matches!(answer, Answer::Echoed(_)))
}

fn ended(mesh: &mut Mesh) -> Result<(), Failed> {
    mesh.apply(&connects("batch"))?;
    let mut connection = mesh.caller("batch", "api", 9000).connect()?;
    if !echoes(&mut connection) {
        return Err("it does not even begin".into());
    }
    mesh.apply(&connects("web"))?;
    let begin = Instant::now();
    while echoes(&mut connection) {
        if begin.elapsed() > DRAIN {
            return Err("it goes on".into());
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}

fn stays(mesh: &mut Mesh) -> Result<(), Failed> {
    let route = connections("some");
    let connects = target("connects", "api-v2", &account("web"), &route) + &ports("some", "9000");
    mesh.apply(&connects)?;
    let mut connection = mesh.caller("web", "api-v2", 9000).connect()?;
    if !echoes(&mut connection) {
        return Err("it does not even begin".into());
    }
    // Requests to another port of the same workload, a share of another Service, and access to somebody else.
    let requests = target("requests", "api-v2", &account("batch"), &requests("users", "all")) + &users();
    let share = split(&[("batch", 1)], "").replace("service: api,", "service: web,");
    let elsewhere = target("elsewhere", "db", &account("batch"), &route);
    for (what, edit) in [("requests", requests), ("a share", share), ("access", elsewhere)] {
        mesh.apply(&(connects.clone() + &edit))?;
        if !echoes(&mut connection) {
            return Err(format!("it ended by an edit of {what}").into());
        }
    }
    // Longer than a proxy drains.
    std::thread::sleep(Duration::from_millis(2300));
    if echoes(&mut connection) { Ok(()) } else { Err("it ended by one of the edits".into()) }
}

/// Where it cannot be asked here, an orchestrator of its own does that.
fn asked_to_end(mesh: &mut Mesh) -> Result<(), Failed> {
    mesh.apply("")?;
    let (caller, other) = (mesh.caller("web", "api", 80), mesh.caller("web", "api", 80));
    let slow = std::thread::spawn(move || caller.call(&get("/slow/1200")));
    std::thread::sleep(Duration::from_millis(300));
    if !mesh.ask_proxy_to_end("web") {
        return answered(slow.join().map_err(|_| "the caller panicked")?, 200, "api").map(drop);
    }
    std::thread::sleep(Duration::from_millis(300));
    let refused = other.call(&get("/"));
    answered(slow.join().map_err(|_| "the caller panicked")?, 200, "api")?;
    mesh.stop_proxy("web");
    mesh.start_proxy("web")?;
    mesh.settle()?;
    if let Ok(Answer::Http { .. }) = refused {
        return Err(format!("it takes calls that come later: {refused:?}").into());
    }
    answered(other.call(&get("/")), 200, "api").map(drop)
}

/// Of one port of the workload nobody says what it speaks, until a rule does.
fn beside(mesh: &mut Mesh) -> Result<(), Failed> {
    mesh.apply(&connects("web"))?;
    let mut connections = [mesh.caller("web", "api", 9000).connect()?, mesh.caller("web", "kv", 6379).connect()?];
    let mut begun = connections.iter_mut().all(echoes);
    mesh.apply(&(connects("web") + &reads("read")))?;
    begun &= connections.iter_mut().all(echoes);
    // Longer than a proxy drains.
    std::thread::sleep(Duration::from_millis(2300));
    if begun && connections.iter_mut().all(echoes) { Ok(()) } else { Err("one ended".into()) }
}
