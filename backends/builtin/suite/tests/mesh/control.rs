//! The control plane: killed, absent, and with proxies that refuse what it sends.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration as Wait, Instant};

use libtest_mimic::{Failed, Trial};
use meshglot_suite::{Answer, Call, Mesh};
use time::Duration;

use super::policy::read;
use super::scenario::{Shared, answered, get, lines, trial};
use super::splits::both;

/// Within which a number of calls has to be answered.
const PATIENCE: Wait = Wait::from_secs(60);

pub(crate) fn trials(mesh: &Shared) -> Vec<Trial> {
    vec![
        trial("control/a control plane that is killed and comes back", mesh, killed),
        trial("control/an edit while there is no control plane", mesh, edited),
        trial("control/a proxy that starts without a control plane opens nothing", mesh, absent),
        trial("control/a proxy that starts again without a control plane goes on with what it had", mesh, remembered),
        trial("control/a proxy that refuses everything disturbs nobody", mesh, refuses),
        trial("control/who a proxy is its certificate says", mesh, sent_away),
    ]
}

/// Calls `api` from `web` for as long as something lasts, by request and by new connection; every call has to be answered.
pub(crate) fn meanwhile(mesh: &mut Mesh, work: impl FnOnce(&mut Mesh) -> std::io::Result<()>) -> Result<(), Failed> {
    meanwhile_counted(mesh, |mesh, _| work(mesh))
}

/// The same; the work is told how many calls have been answered.
fn meanwhile_counted(mesh: &mut Mesh, work: impl FnOnce(&mut Mesh, &AtomicUsize) -> std::io::Result<()>) -> Result<(), Failed> {
    let (ended, count) = (AtomicBool::new(false), AtomicUsize::new(0));
    let (requests, connections) = (mesh.caller("web", "api", 80), mesh.caller("web", "api", 9000));
    std::thread::scope(|scope| {
        let calls = scope.spawn(|| {
            while !ended.load(Ordering::Relaxed) {
                match (requests.call(&get("/")), connections.call(&Call::Tcp)) {
                    (Ok(Answer::Http { status: 200, served_by, .. }), Ok(Answer::Echoed(_))) if !served_by.is_empty() => {
                        count.fetch_add(1, Ordering::Relaxed)
                    }
                    other => return Err(format!("call {}: {other:?}", count.load(Ordering::Relaxed))),
                };
            }
            Ok(())
        });
        let worked = work(mesh, &count);
        ended.store(true, Ordering::Relaxed);
        calls.join().map_err(|_| "the caller panicked")??;
        worked.map_err(|error| Failed::from(error.to_string()))
    })
}

fn killed(mesh: &mut Mesh) -> Result<(), Failed> {
    mesh.apply(&both(1, 1))?;
    meanwhile_counted(mesh, |mesh, count| {
        mesh.kill_control_plane();
        let (before, end) = (count.load(Ordering::Relaxed), Instant::now() + PATIENCE);
        let answered = || count.load(Ordering::Relaxed) - before;
        while answered() < 10 && Instant::now() < end {
            std::thread::sleep(Wait::from_millis(10));
        }
        let answered = answered();
        mesh.start_control_plane()?;
        if answered < 10 { Err(std::io::Error::other(format!("only {answered} calls"))) } else { Ok(()) }
    })
}

fn edited(mesh: &mut Mesh) -> Result<(), Failed> {
    mesh.apply(&both(1, 0))?;
    mesh.kill_control_plane();
    mesh.put(&both(0, 1))?;
    let before = answered(mesh.caller("web", "api", 80).call(&get("/")), 200, "api");
    meanwhile(mesh, |mesh| mesh.start_control_plane())?;
    before?;
    answered(mesh.caller("web", "api", 80).call(&get("/")), 200, "api-v2").map(drop)
}

fn absent(mesh: &mut Mesh) -> Result<(), Failed> {
    mesh.apply(&read())?;
    mesh.stop_proxy("batch");
    mesh.forget("batch")?;
    mesh.kill_control_plane();
    mesh.start_proxy("batch")?;
    // As long as it takes to start, and then some.
    std::thread::sleep(Wait::from_millis(1000));
    let out = mesh.caller("batch", "web", 80).call(&get("/"));
    let inside = mesh.caller_of_instance("legacy", "batch", 8080).call(&get("/"));
    let others = lines(mesh, &["web GET api:80/users/1 -> 200 api", "db GET api:80/users/1 -> 403"]);
    mesh.start_control_plane()?;
    for (way, answer) in [("out", out), ("in", inside)] {
        if let Ok(Answer::Http { .. }) = answer {
            return Err(format!("it lets calls {way}: {answer:?}").into());
        }
    }
    others?;
    lines(mesh, &["batch GET web:80/ -> 200 web", "web GET batch:80/ -> 200 batch", "batch GET api:80/users/1 -> 403"])
}

/// Where it does not remember, it opens nothing, as above.
fn remembered(mesh: &mut Mesh) -> Result<(), Failed> {
    if !mesh.data_plane().remembers() {
        return Ok(());
    }
    mesh.apply(&read())?;
    // What it has is on its disk a second later at most.
    std::thread::sleep(Wait::from_millis(1500));
    mesh.kill_control_plane();
    mesh.stop_proxy("batch");
    mesh.start_proxy("batch")?;
    std::thread::sleep(Wait::from_millis(1000));
    let calls = ["batch GET web:80/ -> 200 web", "web GET batch:80/ -> 200 batch", "batch GET api:80/users/1 -> 403"];
    let alone = lines(mesh, &calls);
    mesh.start_control_plane()?;
    alone?;
    lines(mesh, &calls)
}

fn refuses(mesh: &mut Mesh) -> Result<(), Failed> {
    mesh.apply("")?;
    let own = mesh.credentials("ns/shop/sa/batch", Duration::ZERO)?;
    let reader = mesh.reader("shop/batch/refuses", Some(own), "this proxy wants nothing")?;
    let status = |mesh: &Mesh| mesh.proxies().into_iter().find(|status| status.node.instance == "refuses");
    // Everybody else follows edits as if it were not there.
    meanwhile(mesh, |mesh| {
        for part in 1..=5 {
            mesh.apply(&both(part, 1))?;
        }
        mesh.apply(&(both(1, 1) + &read().replace("name: api,", "name: db,")))
    })?;
    let found = status(mesh).ok_or("it is not among the proxies")?;
    let told = |why: &str| why == "this proxy wants nothing";
    let refused: Vec<&String> = found.kinds.values().flat_map(|kind| kind.refused.values()).collect();
    if found.is_synced()
        || refused.is_empty()
        || !refused.iter().all(|why| told(why))
        || !found.last_nack.is_some_and(|nack| told(&nack.why))
    {
        return Err(format!("the status does not tell what it refuses: {refused:?}").into());
    }
    // Of each resource one message, and of each edit a few: it is not sent the same again and again.
    let count = reader.refused();
    std::thread::sleep(Wait::from_millis(300));
    if reader.refused() != count || count > 300 {
        return Err(format!("{count} messages were refused, then {}", reader.refused()).into());
    }
    drop(reader);
    for _ in 0..200 {
        if status(mesh).is_none() {
            return lines(mesh, &["web GET batch:80/ -> 200 batch"]);
        }
        std::thread::sleep(Wait::from_millis(10));
    }
    Err("it is still among the proxies".into())
}

fn sent_away(mesh: &mut Mesh) -> Result<(), Failed> {
    mesh.apply("")?;
    let web = mesh.credentials("ns/shop/sa/web", Duration::ZERO)?;
    let of_ops = mesh.credentials("ns/ops/sa/web", Duration::ZERO)?;
    let tried = [
        ("shop/api/1", Some(web), "runs no workload `shop/api` here"),
        ("shop/web/1", Some(of_ops), "runs no workload `shop/web` here"),
        ("shop/web/1", None, "shows a certificate of the mesh"),
    ];
    for (node, shows, part) in tried {
        match mesh.reader(node, shows, "") {
            Err(error) if error.to_string().contains(part) => {}
            Err(error) => return Err(format!("{node}: {error}").into()),
            Ok(_) => return Err(format!("{node} is read").into()),
        }
    }
    let expired = mesh.credentials("ns/shop/sa/web", Duration::hours(-25))?;
    if mesh.reader("shop/web/1", Some(expired), "").is_ok() { Err("an expired certificate reads".into()) } else { Ok(()) }
}
