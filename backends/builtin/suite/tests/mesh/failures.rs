//! What goes wrong around a mesh, while calls go on.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use libtest_mimic::{Failed, Trial};
use meshglot_suite::{Answer, Call, Mesh};

use super::scenario::started;
use super::splits::both;

/// A mesh that all tests share.
type Shared = std::sync::Arc<Mutex<Option<Mesh>>>;

pub(crate) fn trials(mesh: &Shared) -> Vec<Trial> {
    let trial = |name: &str, play: fn(&mut Mesh) -> Result<(), Failed>| {
        let mesh = mesh.clone();
        Trial::test(name, move || {
            let mut mesh = mesh.lock().unwrap_or_else(PoisonError::into_inner);
            play(started(&mut mesh)?)
        })
    };
    vec![
        trial("failures/a control plane that is killed and comes back", killed),
        trial("failures/an edit while there is no control plane", edited),
        trial("failures/another root", another_root),
    ]
}

fn get() -> Call {
    Call::Http { method: "GET".to_owned(), target: "/".to_owned(), headers: Vec::new() }
}

/// Calls `api` from `web` for as long as something lasts; every call has to be answered by an application.
fn meanwhile(mesh: &mut Mesh, work: impl FnOnce(&mut Mesh) -> std::io::Result<()>) -> Result<usize, Failed> {
    let ended = AtomicBool::new(false);
    let caller = mesh.caller("web", "api", 80);
    std::thread::scope(|scope| {
        let calls = scope.spawn(|| {
            let mut count = 0;
            while !ended.load(Ordering::Relaxed) {
                match caller.call(&get()) {
                    Ok(Answer::Http { status: 200, served_by, .. }) if !served_by.is_empty() => count += 1,
                    other => return Err(format!("call {count}: {other:?}")),
                }
            }
            Ok(count)
        });
        let worked = work(mesh);
        ended.store(true, Ordering::Relaxed);
        let count = calls.join().map_err(|_| "the caller panicked")??;
        worked.map_err(|error| error.to_string())?;
        Ok(count)
    })
}

fn killed(mesh: &mut Mesh) -> Result<(), Failed> {
    mesh.apply(&both(1, 1))?;
    let port = mesh.control_plane_port();
    let count = meanwhile(mesh, |mesh| {
        mesh.kill_control_plane();
        std::thread::sleep(std::time::Duration::from_millis(300));
        mesh.start_control_plane(port)
    })?;
    if count < 10 { Err(format!("only {count} calls").into()) } else { Ok(()) }
}

fn edited(mesh: &mut Mesh) -> Result<(), Failed> {
    mesh.apply(&both(1, 0))?;
    let port = mesh.control_plane_port();
    mesh.kill_control_plane();
    mesh.put(&both(0, 1))?;
    meanwhile(mesh, |mesh| mesh.start_control_plane(port))?;
    match mesh.call("web", "api", 80, &get())? {
        Answer::Http { served_by, .. } if served_by == "api-v2" => Ok(()),
        other => Err(format!("the edit is lost: {other:?}").into()),
    }
}

fn another_root(mesh: &mut Mesh) -> Result<(), Failed> {
    mesh.apply("")?;
    let port = mesh.control_plane_port();
    meanwhile(mesh, |mesh| {
        mesh.change_root()?;
        // Proxies see the certificate that the new root signed when they connect again.
        mesh.kill_control_plane();
        mesh.start_control_plane(port)
    })?;
    Ok(())
}
