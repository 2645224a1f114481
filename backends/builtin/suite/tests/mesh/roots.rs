//! Another root for the whole mesh, while calls go on.

use libtest_mimic::{Failed, Trial};
use meshglot_suite::{Answer, Mesh};
use time::Duration;

use super::control::meanwhile;
use super::policy::read;
use super::scenario::{Shared, answered, get, lines, trial};

pub(crate) fn trials(mesh: &Shared) -> Vec<Trial> {
    vec![
        trial("roots/another root, while calls go on", mesh, changed),
        trial("roots/certificates of both roots are good meanwhile", mesh, both),
        trial("roots/the old root retires, while calls go on", mesh, retired),
        trial("roots/and once more, from end to end", mesh, again),
    ]
}

/// Proxies see the certificate that another root signed when they connect again.
fn reconnect(mesh: &mut Mesh) -> std::io::Result<()> {
    mesh.kill_control_plane();
    mesh.start_control_plane()
}

fn changed(mesh: &mut Mesh) -> Result<(), Failed> {
    mesh.apply("")?;
    meanwhile(mesh, |mesh| {
        mesh.change_root()?;
        reconnect(mesh)
    })?;
    Ok(())
}

/// After the change, and before the old root retires.
fn both(mesh: &mut Mesh) -> Result<(), Failed> {
    mesh.apply(&read())?;
    if mesh.roots() != 2 {
        mesh.change_root()?;
    }
    let new = mesh.credentials("ns/shop/sa/web", Duration::ZERO)?;
    answered(mesh.caller_of_instance("legacy", "api", 8080).call_as(Some(&new), &get("/users/1")), 200, "api")?;
    // Agents still hold what the old one signed.
    lines(mesh, &["web GET api:80/users/1 -> 200 api", "batch GET api:80/users/1 -> 403"])
}

fn retired(mesh: &mut Mesh) -> Result<(), Failed> {
    mesh.apply("")?;
    if mesh.roots() != 2 {
        mesh.change_root()?;
    }
    meanwhile(mesh, |mesh| {
        mesh.retire_root()?;
        reconnect(mesh)
    })?;
    if mesh.roots() == 1 { Ok(()) } else { Err("the old root is still trusted".into()) }
}

fn again(mesh: &mut Mesh) -> Result<(), Failed> {
    mesh.apply(&read())?;
    if mesh.roots() == 2 {
        mesh.retire_root()?;
    }
    let old = mesh.credentials("ns/shop/sa/web", Duration::ZERO)?;
    let caller = mesh.caller_of_instance("legacy", "api", 8080);
    answered(caller.call_as(Some(&old), &get("/users/1")), 200, "api")?;
    mesh.change_root()?;
    mesh.retire_root()?;
    match caller.call_as(Some(&old), &get("/users/1"))? {
        Answer::Closed => {}
        other => return Err(format!("a certificate of the old root is still good: {other:?}").into()),
    }
    if mesh.sign("ns/shop/sa/web", None, Some(&old))?.is_ok() {
        return Err("a certificate of the old root brings another".into());
    }
    let new = mesh.credentials("ns/shop/sa/web", Duration::ZERO)?;
    answered(caller.call_as(Some(&new), &get("/users/1")), 200, "api")?;
    reconnect(mesh)?;
    lines(mesh, &["web GET api:80/users/1 -> 200 api", "web TCP api-v2:9000 -> echo api-v2"])
}
