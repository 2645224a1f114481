//! Copies of requests for somebody who does not answer: nobody waits for them, and they are not kept.

use std::time::{Duration, Instant};

use libtest_mimic::{Failed, Trial};
use meshglot_suite::{Call, Mesh};
use serde_json::{Value, json};

use super::backend::{Backend, in_place};
use super::scenario::{Shared, answered, get, timed, trial};

/// How many are sent, each time.
const COUNT: usize = 40;

/// How many times: enough that what is kept is more than what is in use at most.
const ROUNDS: usize = 5;

pub(crate) fn trials(mesh: &Shared) -> Vec<Trial> {
    vec![trial("copies/one that is never answered holds nobody up", mesh, |mesh| {
        mesh.alter("", &alter)?;
        mesh.settle()?;
        played(mesh)
    })]
}

/// Whatever `api` is asked `api-v2` is asked, too.
fn alter(name: &str, resource: &mut Value) {
    let Some(routes) = resource.pointer_mut("/virtual_hosts/0/routes").and_then(Value::as_array_mut).filter(|_| name == "shop/api/80")
    else {
        return;
    };
    for route in routes.iter_mut().filter(|route| route.get("route").is_some()) {
        route["route"]["request_mirror_policies"] = json!([{
            "cluster": "shop/api-v2/80", "disable_shadow_host_suffix_append": true,
            "runtime_fraction": { "default_value": { "numerator": 1_000_000, "denominator": "MILLION" } },
        }]);
    }
}

fn played(mesh: &mut Mesh) -> Result<(), Failed> {
    // Connections to the other proxy stay, and serve the next copies: as many as there were copies at a time, of each of two threads.
    let mut open = Vec::new();
    for _ in 0..ROUNDS {
        // With the end of the server every copy is answered, by the proxy beside it.
        in_place(mesh, |_| (Vec::new(), true), asked)?;
        std::thread::sleep(Duration::from_millis(300));
        open.push(mesh.taken("web")?.files);
    }
    // Kept, they were as many again with each round.
    let most = open[0] + (ROUNDS - 2) * COUNT;
    if open[ROUNDS - 1] <= most { Ok(()) } else { Err(format!("more and more files are open: {open:?}").into()) }
}

fn asked(mesh: &Mesh, silent: &Backend) -> Result<(), Failed> {
    let caller = mesh.caller("web", "api", 80);
    let post = Call::Http { method: "POST".to_owned(), target: "/".to_owned(), headers: Vec::new(), body: 5000 };
    for call in [get("/"), post] {
        let (answers, took) = timed(|| caller.calls(&call, COUNT / 2));
        for answer in answers? {
            answered(Ok(answer), 200, "api")?;
        }
        if took > Duration::from_secs(10) {
            return Err(format!("{call:?}: {took:?} for {} calls", COUNT / 2).into());
        }
    }
    let end = Instant::now() + Duration::from_secs(30);
    while silent.received().len() < COUNT {
        if Instant::now() > end {
            return Err(format!("{} of {COUNT} copies came", silent.received().len()).into());
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    Ok(())
}
