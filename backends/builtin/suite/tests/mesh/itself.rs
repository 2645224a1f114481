//! Calls to the ports of a proxy itself, past every redirection: to pass them on would be to call itself, again and again.

use std::time::Duration;

use libtest_mimic::{Failed, Trial};
use meshglot_suite::Mesh;

use super::raw::{each, send};
use super::scenario::{Shared, answered, get, trial};

pub(crate) fn trials(mesh: &Shared) -> Vec<Trial> {
    // Envoy calls itself until it may open no more files, which the rules of the host keep others from, but not who is beside it.
    if mesh.data_plane().name() == "envoy" {
        return Vec::new();
    }
    vec![trial("itself/who calls the proxy itself is not passed on", mesh, itself)]
}

fn itself(mesh: &mut Mesh) -> Result<(), Failed> {
    mesh.apply("")?;
    answered(mesh.caller("web", "api", 80).call(&get("/")), 200, "api")?;
    let before = mesh.taken("api")?.files;
    // From elsewhere with and without a proxy, and from beside it.
    let hosts = [("web", [10, 77, 1, 3]), ("legacy", [10, 77, 1, 3]), ("api", [10, 77, 1, 3]), ("api", [127, 0, 0, 1])];
    let calls = hosts.iter().flat_map(|(from, address)| [15001, 15006].map(|port| (*from, *address, port)));
    let name = || "api.shop".to_owned();
    let calls: Vec<_> =
        calls.map(|(from, address, port)| (from, address, port, mesh.caller_of(from, (address, port).into(), name()))).collect();
    each(&calls, |_, (from, address, port, caller)| {
        // Nobody listening is as good.
        let came = send(caller, b"GET / HTTP/1.1\r\nhost: api.shop\r\n\r\n");
        let came = came.ok()?;
        let is_refused = came.answers.iter().all(|answer| answer.status() >= 400 && answer.all("x-served-by").is_empty());
        (!is_refused || !came.rest.is_empty()).then(|| format!("{from} to {address:?}:{port}: {came}: {came:?}"))
    })?;
    std::thread::sleep(Duration::from_millis(200));
    let after = mesh.taken("api")?.files;
    // Connections that are kept for others come and go.
    if after > before + 10 {
        return Err(format!("{before} open files before, {after} after").into());
    }
    answered(mesh.caller("web", "api", 80).call(&get("/")), 200, "api").map(drop)
}
