//! Proxies that are started by us, with a real Envoy.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};

use rustix::process::{Pid, Signal, kill_process};

use super::running::{Running, SERVICES, folder, json, policy, until};

/// Envoy, as its variable names it or as `hack/peers/install` left it. `None` says so once.
fn envoy() -> Option<PathBuf> {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    let caches = set("XDG_CACHE_HOME").map(PathBuf::from).or_else(|| Some(PathBuf::from(set("HOME")?).join(".cache")));
    let peers = set("MESHGLOT_PEERS").map(PathBuf::from).or_else(|| Some(caches?.join("meshglot-peers")));
    let program = set("MESHGLOT_ENVOY").map(PathBuf::from).or_else(|| Some(peers?.join("current/envoy"))).filter(|path| path.is_file());
    if program.is_none() {
        eprintln!("skip: a running mesh: envoy is not installed: run hack/peers/install");
        assert!(set("CI").is_none() || set("MESHGLOT_ALLOW_SKIP").is_some(), "what a run installs may not be skipped");
    }
    program
}

/// A Mesh whose proxies listen on ports that are free.
fn mesh_object() -> String {
    let listeners = [(); 4].map(|()| TcpListener::bind("127.0.0.1:0").expect("a port"));
    let ports = listeners.iter().map(|listener| listener.local_addr().expect("an address").port()).collect::<Vec<_>>();
    format!(
        "{{apiVersion: meshglot.dev/v1alpha1, kind: Mesh, metadata: {{name: main}}, spec: {{backend: builtin, builtin: \
         {{ports: {{inbound: {}, outbound: {}, metrics: {}, health: {}}}}}}}}}\n",
        ports[0], ports[1], ports[2], ports[3]
    )
}

fn sync(folder: &Path, workload: &str) -> String {
    let status = json(&["proxy", "status", workload, "--config-dir", ".", "-o", "json"], folder);
    status["proxies"][0]["sync"].as_str().expect("a word").to_owned()
}

#[test]
fn a_local_workload_gets_a_proxy_that_is_kept_running() {
    let Some(envoy) = envoy() else { return };
    let folder = folder(&[("services.yaml", SERVICES), ("policy.yaml", &policy("/one")), ("mesh.yaml", &mesh_object())]);
    let mut mesh = Running::mesh(folder.path(), &["--proxy", "envoy", "--envoy", &envoy.display().to_string()]);
    mesh.hears("bank/ledger: envoy runs");
    until("the proxy has what it should", || sync(folder.path(), "bank/ledger") == "SYNCED");
    let process = children(&folder.path().join(".meshglot/proxies/bank:ledger/bootstrap.json"));
    assert_eq!(process.len(), 1, "one Envoy");
    kill_process(Pid::from_raw(process[0]).expect("a process"), Signal::KILL).expect("it runs");
    mesh.hears("envoy has ended");
    mesh.hears("bank/ledger: envoy runs");
    until("the proxy has what it should again", || sync(folder.path(), "bank/ledger") == "SYNCED");
    // A Workload that is gone needs no proxy.
    fs::write(folder.path().join("services.yaml"), SERVICES.replace("127.0.0.1", "192.0.2.99")).expect("a file");
    let of_ledger = folder.path().join(".meshglot/proxies/bank:ledger/bootstrap.json");
    until("its proxy ends", || children(&of_ledger).is_empty());
    assert_eq!(mesh.end(), 0);
}

#[test]
fn a_proxy_is_invited_once_and_comes_back_without() {
    let Some(envoy) = envoy() else { return };
    let envoy = envoy.display().to_string();
    let folder = folder(&[("services.yaml", SERVICES), ("policy.yaml", &policy("/one")), ("mesh.yaml", &mesh_object())]);
    let mut mesh = Running::mesh(folder.path(), &[]);
    mesh.hears("in force:");
    let invitation = json(&["proxy", "token", "bank/teller", "--config-dir", "."], folder.path());
    fs::write(folder.path().join("teller.join"), invitation.to_string()).expect("a file");
    let words = ["proxy", "run", "--join", "teller.join", "--envoy", &envoy, "--folder", "p1"];
    let mut proxy = Running::start(&words, folder.path());
    proxy.hears("has a certificate until");
    until("the proxy has what it should", || sync(folder.path(), "bank/teller") == "SYNCED");
    assert_eq!(proxy.end(), 0);
    assert!(children(&folder.path().join("p1/bootstrap.json")).is_empty(), "its Envoy ends with it");

    // A copy of the invitation is worth nothing.
    let mut thief = Running::start(&["proxy", "run", "--join", "teller.join", "--envoy", &envoy, "--folder", "p2"], folder.path());
    let line = thief.hears("warning: bank/teller: ");
    assert!(line.contains("used before"), "{line}");
    assert_eq!(thief.end(), 0);

    // The folder has what the proxy needs.
    let mut again = Running::start(&words, folder.path());
    again.hears("has a certificate until");
    until("it has what it should again", || sync(folder.path(), "bank/teller") == "SYNCED");

    // And so has the authority's: a control plane that is started again is the same.
    let listen = invitation["controlPlane"].as_str().expect("an address").to_owned();
    assert_eq!(mesh.end(), 0);
    let mut mesh = Running::start(&["run", "--config-dir", ".", "--listen", &listen], folder.path());
    mesh.hears("in force:");
    until("it comes back", || sync(folder.path(), "bank/teller") == "SYNCED");
    assert_eq!(again.end(), 0);
    assert_eq!(mesh.end(), 0);
}

/// The processes that were started with a file.
fn children(bootstrap: &Path) -> Vec<i32> {
    let Ok(wanted) = fs::canonicalize(bootstrap) else { return Vec::new() };
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let is_started_with = |process: &i32| {
        let words = fs::read(format!("/proc/{process}/cmdline")).unwrap_or_default();
        let place = Path::new("/proc").join(process.to_string()).join("cwd");
        let is_it = |word: &str| word.ends_with("bootstrap.json") && fs::canonicalize(place.join(word)).is_ok_and(|path| path == wanted);
        String::from_utf8_lossy(&words).split('\0').any(is_it)
    };
    processes.filter(is_started_with).collect()
}
