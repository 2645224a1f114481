//! The door at which proxies get their certificates: tokens that are used twice, foreign names, clocks that differ.

use libtest_mimic::{Failed, Trial};
use meshglot_suite::{Mesh, SkewedClock};
use time::Duration;

use super::scenario::{Shared, trial};

const WEB: &str = "ns/shop/sa/web";
const TILL: &str = "ns/shop/sa/till";

/// How long an agent may take to get its certificate, or to say why not.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(10);

pub(crate) fn trials(mesh: &Shared) -> Vec<Trial> {
    vec![
        trial("joining/a token is good once", mesh, replayed),
        trial("joining/a foreign name is refused, and costs the token", mesh, foreign_name),
        trial("joining/a token has ended after ten minutes", mesh, expired_token),
        trial("joining/a token that is not yet good is refused", mesh, early_token),
        trial("joining/a token in the hands of another workload is refused", mesh, foreign_token),
        trial("joining/nobody gets a certificate for nothing", mesh, nobody),
        trial("joining/a certificate brings the next one for its own name alone", mesh, renewed),
        trial("joining/an expired certificate brings none", mesh, expired),
        trial("joining/an agent whose clock is behind says so, and joins when it is right", mesh, skewed),
    ]
}

/// What the door says against it.
fn refused<T>(answer: Result<T, String>, part: &str) -> Result<(), Failed> {
    match answer {
        Err(why) if why.contains(part) => Ok(()),
        Err(why) => Err(format!("not `{part}`: {why}").into()),
        Ok(_) => Err(format!("a certificate, not `{part}`").into()),
    }
}

fn replayed(mesh: &mut Mesh) -> Result<(), Failed> {
    let token = mesh.token(WEB)?;
    mesh.sign(WEB, Some(&token), None)??;
    refused(mesh.sign(WEB, Some(&token), None)?, "used before")
}

fn foreign_name(mesh: &mut Mesh) -> Result<(), Failed> {
    let token = mesh.token(WEB)?;
    refused(mesh.sign(TILL, Some(&token), None)?, "PermissionDenied")?;
    refused(mesh.sign(WEB, Some(&token), None)?, "used before")
}

fn expired_token(mesh: &mut Mesh) -> Result<(), Failed> {
    let token = mesh.token(WEB)?;
    mesh.clock().set(Duration::minutes(10));
    let answer = mesh.sign(WEB, Some(&token), None);
    mesh.clock().set(Duration::ZERO);
    refused(answer?, "expired")
}

/// Issued by a clock that was ahead, and that was set right since.
fn early_token(mesh: &mut Mesh) -> Result<(), Failed> {
    mesh.clock().set(Duration::HOUR);
    let token = mesh.token(WEB);
    mesh.clock().set(Duration::ZERO);
    let token = token?;
    refused(mesh.sign(WEB, Some(&token), None)?, "not yet")?;
    // It is not used up by that.
    mesh.clock().set(Duration::HOUR + Duration::minutes(5));
    let answer = mesh.sign(WEB, Some(&token), None);
    mesh.clock().set(Duration::ZERO);
    // What is signed then is good later: it is the door that let it in.
    answer?.map(drop).map_err(Failed::from)
}

fn foreign_token(mesh: &mut Mesh) -> Result<(), Failed> {
    let own = mesh.credentials(WEB, Duration::ZERO)?;
    let token = mesh.token(TILL)?;
    refused(mesh.sign(TILL, Some(&token), Some(&own))?, "PermissionDenied")
}

fn nobody(mesh: &mut Mesh) -> Result<(), Failed> {
    refused(mesh.sign(WEB, None, None)?, "send a join token")?;
    refused(mesh.sign(WEB, Some("mgj_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"), None)?, "unknown")
}

fn renewed(mesh: &mut Mesh) -> Result<(), Failed> {
    let own = mesh.credentials(WEB, Duration::ZERO)?;
    let next = mesh.sign(WEB, None, Some(&own))??;
    mesh.sign(WEB, None, Some(&next))??;
    refused(mesh.sign(TILL, None, Some(&next))?, "PermissionDenied")
}

fn expired(mesh: &mut Mesh) -> Result<(), Failed> {
    for (when, ago) in [("long ago", Duration::hours(-25)), ("too soon", Duration::HOUR)] {
        let own = mesh.credentials(WEB, ago)?;
        if mesh.sign(WEB, None, Some(&own))?.is_ok() {
            return Err(format!("one that was signed {when} brings another").into());
        }
    }
    let other = mesh.foreign_credentials(WEB)?;
    if mesh.sign(WEB, None, Some(&other))?.is_ok() { Err("one of another root brings one".into()) } else { Ok(()) }
}

fn skewed(mesh: &mut Mesh) -> Result<(), Failed> {
    let clock = SkewedClock::new();
    clock.set(Duration::hours(-1));
    let agent = mesh.agent(WEB, clock.clone(), Some(mesh.token(WEB)?))?;
    wait(|| agent.error().borrow().as_ref().is_some_and(|why| why.contains("set the clock right")), "it does not say what is wrong")?;
    if agent.held().borrow().is_some() {
        return Err("it holds what is not yet good".into());
    }
    clock.set(Duration::ZERO);
    wait(|| agent.held().borrow().is_some() && agent.error().borrow().is_none(), "it does not join")
}

fn wait(holds: impl Fn() -> bool, otherwise: &str) -> Result<(), Failed> {
    let end = std::time::Instant::now() + PATIENCE;
    while !holds() {
        if std::time::Instant::now() > end {
            return Err(otherwise.into());
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    Ok(())
}
