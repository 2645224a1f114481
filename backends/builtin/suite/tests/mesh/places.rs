//! Limited places at a cluster: who waits gets one when it is free, who finds none is told so, and no endpoint is blamed.

use std::time::Duration;

use libtest_mimic::{Failed, Trial};
use meshglot_suite::{Answer, Mesh};
use serde_json::{Value, json};

use super::scenario::{Shared, answered, get, shares, trial};

pub(crate) fn trials(mesh: &Shared) -> Vec<Trial> {
    vec![
        trial("places/who waits for a connection gets its turn", mesh, turns),
        trial("places/who may not even wait is told so", mesh, no_turn),
        trial("places/that there is none is no endpoint's fault", mesh, nobodys_fault),
    ]
}

fn limit(mesh: &mut Mesh, of: &str, limits: &[(&str, u32)]) -> Result<(), Failed> {
    let alter = |name: &str, resource: &mut Value| {
        if name == of && resource.get("connect_timeout").is_some() {
            for (name, limit) in limits {
                resource["circuit_breakers"]["thresholds"][0][*name] = json!(limit);
            }
            resource["outlier_detection"] = json!({
                "consecutive_5xx": 3, "enforcing_consecutive_5xx": 100, "interval": "1s", "base_ejection_time": "30s",
                "max_ejection_time": "60s", "max_ejection_percent": 100, "enforcing_success_rate": 0,
                "enforcing_consecutive_gateway_failure": 0, "enforcing_failure_percentage": 0, "max_ejection_time_jitter": "0s",
                "always_eject_one_host": false, "split_external_local_origin_errors": false,
            });
        }
    };
    mesh.alter("", &alter)?;
    Ok(mesh.settle()?)
}

/// A slow call, so many others while it is under way, and how all of them were answered.
fn besides(mesh: &Mesh, count: usize, path: &str) -> Result<Vec<Answer>, Failed> {
    let callers: Vec<_> = (0..=count).map(|_| mesh.caller("web", "api", 80)).collect();
    std::thread::scope(|scope| {
        let mut calls = Vec::new();
        for caller in &callers {
            calls.push(scope.spawn(|| caller.call(&get(path))));
            if calls.len() == 1 {
                // Who opens a connection waits for it, too.
                std::thread::sleep(Duration::from_millis(150));
            }
        }
        calls.into_iter().map(|call| Ok(call.join().map_err(|_| "a caller panicked")??)).collect()
    })
}

fn turns(mesh: &mut Mesh) -> Result<(), Failed> {
    limit(mesh, "shop/api/80", &[("max_connections", 1), ("max_pending_requests", 20)])?;
    for answer in besides(mesh, 7, "/slow/200")? {
        answered(Ok(answer), 200, "api")?;
    }
    Ok(())
}

fn no_turn(mesh: &mut Mesh) -> Result<(), Failed> {
    // Connections that are there from before would serve as many.
    mesh.stop_proxy("web");
    mesh.start_proxy("web")?;
    limit(mesh, "shop/api/80", &[("max_connections", 1), ("max_pending_requests", 1)])?;
    let (mut served, mut told) = (0, 0);
    for answer in besides(mesh, 7, "/slow/600")? {
        match answer {
            Answer::Http { status: 200, .. } => served += 1,
            Answer::Http { status: 503, body, .. } if body.ends_with("reset reason: overflow") => told += 1,
            other => return Err(format!("{other:?}").into()),
        }
    }
    // One is served and one waits; a proxy of several threads may have a connection for each.
    if served >= 2 && told >= 3 { Ok(()) } else { Err(format!("{served} are served, {told} told").into()) }
}

fn nobodys_fault(mesh: &mut Mesh) -> Result<(), Failed> {
    limit(mesh, "shop/pool/80", &[("max_requests", 1)])?;
    let (slow, caller) = (mesh.caller("web", "pool", 80), mesh.caller("web", "pool", 80));
    std::thread::scope(|scope| {
        let slow = scope.spawn(move || slow.call(&get("/slow/1000")));
        std::thread::sleep(Duration::from_millis(300));
        for answer in caller.calls(&get("/"), 20)? {
            answered(Ok(answer), 503, "")?;
        }
        let answer = slow.join().map_err(|_| "the caller panicked")??;
        if matches!(answer, Answer::Http { status: 200, .. }) { Ok(()) } else { Err(Failed::from(format!("{answer:?}"))) }
    })?;
    // Longer than failures are looked at.
    std::thread::sleep(Duration::from_millis(1200));
    shares(mesh, "web GET pool:80/ -> 200 pool-a|pool-b", 60, &[("pool-a", 0.5), ("pool-b", 0.5)])
}
