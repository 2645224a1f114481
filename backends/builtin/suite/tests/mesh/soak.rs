//! Load for minutes, while policy changes every second and the control plane dies: what policy allows does not fail once.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use libtest_mimic::{Failed, Trial};
use meshglot_suite::{Answer, Call, Mesh};

use super::policy::{account, connections, ports, requests, split, target, users};
use super::scenario::{Shared, get, trial};

/// How many seconds it takes, where nothing is said.
const SECONDS: u64 = 10;

/// Its variable, for our own proxy: 120 in CI, thirty minutes by hand.
const VARIABLE: &str = "MESHGLOT_SOAK_SECONDS";

/// Every so many edits the control plane dies.
const DEATH: usize = 9;

pub(crate) fn trials(mesh: &Shared) -> Vec<Trial> {
    vec![trial("soak/load while everything changes", mesh, soak)]
}

/// Policies that all allow what the callers do, and what is denied is denied by all.
fn policies() -> Vec<String> {
    let both = |to: &str| {
        target(&format!("requests-{to}"), to, &account("web"), &requests("users", "all"))
            + &target(&format!("bytes-{to}"), to, &account("web"), &connections("echo"))
    };
    let base = both("api") + &both("api-v2") + &users() + &ports("echo", "9000");
    let other = target("db-to-api", "api", &account("db"), &requests("users", "read"));
    vec![
        base.clone(),
        base.clone() + &split(&[("api", 1), ("api-v2", 1)], ""),
        base.clone() + &other,
        base.clone() + &split(&[("api", 0), ("api-v2", 1)], "") + &other,
        base + &split(&[("api", 3), ("api-v2", 1)], ""),
    ]
}

fn soak(mesh: &mut Mesh) -> Result<(), Failed> {
    let is_ours = mesh.data_plane().name() == "meshglot";
    let seconds = std::env::var(VARIABLE).ok().filter(|value| is_ours && !value.is_empty());
    let seconds = seconds.map_or(Ok(SECONDS), |value| value.parse().map_err(|_| format!("{VARIABLE}={value} is no number")))?;
    let policies = policies();
    mesh.apply(&policies[0])?;
    let (ended, count) = (AtomicBool::new(false), AtomicUsize::new(0));
    let http = |answer: &Answer| matches!(answer, Answer::Http { status: 200, served_by, .. } if !served_by.is_empty());
    let denied = |answer: &Answer| matches!(answer, Answer::Http { status: 403, .. });
    let echoed = |answer: &Answer| matches!(answer, Answer::Echoed(_));
    let post = Call::Http { method: "POST".to_owned(), target: "/users".to_owned(), headers: Vec::new(), body: 100_000 };
    type Good<'g> = &'g (dyn Fn(&Answer) -> bool + Sync);
    let kinds: [(&str, Call, u16, bool, Good<'_>); 5] = [
        ("web", get("/users/1"), 80, true, &http),
        ("web", get("/slow/20"), 80, false, &http),
        ("web", post, 80, false, &http),
        ("web", Call::Tcp, 9000, false, &echoed),
        ("batch", get("/users/1"), 80, true, &denied),
    ];
    let callers: Vec<_> = kinds.iter().map(|(from, _, port, ..)| mesh.caller(from, "api", *port)).collect();
    std::thread::scope(|scope| {
        let threads: Vec<_> = kinds
            .iter()
            .zip(&callers)
            .map(|((from, call, port, stays, good), caller)| {
                let (ended, count) = (&ended, &count);
                scope.spawn(move || {
                    while !ended.load(Ordering::Relaxed) {
                        let answers = if *stays { caller.calls(call, 50) } else { caller.call(call).map(|answer| vec![answer]) };
                        let answers = answers.map_err(|error| format!("{from} to {port}: {error}"))?;
                        if let Some(bad) = answers.iter().find(|answer| !good(answer)) {
                            return Err(format!("{from} to {port}, after {}: {bad:?}", count.load(Ordering::Relaxed)));
                        }
                        count.fetch_add(answers.len(), Ordering::Relaxed);
                    }
                    Ok(())
                })
            })
            .collect();
        let worked =
            change(mesh, &policies, Duration::from_secs(seconds), || threads.iter().any(std::thread::ScopedJoinHandle::is_finished));
        ended.store(true, Ordering::Relaxed);
        let failed: Vec<String> =
            threads.into_iter().filter_map(|thread| thread.join().unwrap_or_else(|_| Err("a panic".to_owned())).err()).collect();
        worked?;
        if !failed.is_empty() {
            return Err(Failed::from(failed.join("\n")));
        }
        eprintln!("soak: {} calls in {seconds} s, none failed", count.load(Ordering::Relaxed));
        Ok(())
    })
}

/// An edit every second, and a control plane that dies now and then.
fn change(mesh: &mut Mesh, policies: &[String], length: Duration, has_failed: impl Fn() -> bool) -> Result<(), Failed> {
    let began = Instant::now();
    let mut edits = 0;
    while began.elapsed() < length && !has_failed() {
        edits += 1;
        if edits % DEATH == 0 {
            mesh.kill_control_plane();
            std::thread::sleep(Duration::from_millis(700));
            mesh.put(&policies[edits % policies.len()])?;
            mesh.start_control_plane()?;
        } else {
            mesh.put(&policies[edits % policies.len()])?;
        }
        std::thread::sleep(Duration::from_secs(1));
    }
    mesh.settle()?;
    Ok(())
}
