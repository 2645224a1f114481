//! Proxies that are started by us, with a real Envoy.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};

use rustix::process::{Pid, Signal, kill_process};

use super::running::{Running, SERVICES, folder, json, policy, ports, until};

/// Envoy, as its variable names it or as `hack/peers/install` left it. `None` says so once.
pub(super) fn envoy() -> Option<PathBuf> {
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

/// Ports that nobody has, each another.
fn free_ports<const N: usize>() -> [u16; N] {
    let listeners = [(); N].map(|()| TcpListener::bind("127.0.0.1:0").expect("a port"));
    listeners.map(|listener| listener.local_addr().expect("an address").port())
}

/// A Mesh whose proxies listen on ports that are free.
pub(super) fn mesh_object() -> String {
    let [inbound, outbound, metrics, health] = free_ports();
    format!(
        "{{apiVersion: meshglot.dev/v1alpha1, kind: Mesh, metadata: {{name: main}}, spec: {{backend: builtin, builtin: {{explicit: true, \
         ports: {{inbound: {inbound}, outbound: {outbound}, metrics: {metrics}, health: {health}}}}}}}}}\n"
    )
}

/// An application that answers everything with its word; it ends with the test's process.
pub(super) fn application(word: &'static str) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut request = [0; 4096];
            let _ = stream.read(&mut request);
            let _ = write!(stream, "HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{word}", word.len());
        }
    });
    port
}

/// The answer to a request at the loopback address.
fn get(port: u16, host: &str) -> std::io::Result<String> {
    get_path(port, host, "/")
}

/// The same of another path.
pub(super) fn get_path(port: u16, host: &str, path: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    write!(stream, "GET {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}

#[test]
fn a_door_leads_to_the_routes_of_the_name() {
    let Some(envoy) = envoy() else { return };
    let _ports = ports();
    door(&["--proxy", "envoy", "--envoy", &envoy.display().to_string()], "bank/ledger: envoy runs", |_, _| {});
}

/// Calls through the door of a proxy that is started with these words, then looks at what it has become.
pub(super) fn door(words: &[&str], runs: &str, look: impl FnOnce(&mut Running, &Path)) {
    let [door] = free_ports();
    let service = |name: &str| {
        let port = application(if name == "old" { "old" } else { "new" });
        format!(
            "---\n{{apiVersion: v1, kind: Service, metadata: {{name: {name}, namespace: bank}},\n spec: {{selector: {{app: {name}}}, \
             clusterIP: 10.96.1.{}, ports: [{{name: http, port: {door}, targetPort: {port}}}]}}}}\n\
             ---\n{{apiVersion: meshglot.dev/v1alpha1, kind: Workload, metadata: {{name: {name}, namespace: bank, labels: {{app: {name}, \
             meshglot.dev/inject: disabled}}}},\n spec: {{address: 127.0.0.1, ports: [{{name: web, port: {port}}}]}}}}\n",
            name.len()
        )
    };
    let split = "---\n{apiVersion: split.smi-spec.io/v1alpha4, kind: TrafficSplit, metadata: {name: old, namespace: bank}, spec: {service: old, \
                 backends: [{service: newer, weight: 1}]}}\n";
    let text = format!("{SERVICES}{}{}{split}", service("old"), service("newer"));
    let folder = folder(&[("services.yaml", &text), ("mesh.yaml", &mesh_object())]);
    let mut mesh = Running::mesh(folder.path(), words);
    mesh.hears(runs);
    until("the door is open", || get(door, "newer.bank").is_ok_and(|answer| answer.ends_with("new")));
    for host in ["old", "old.bank.svc.cluster.local", &format!("old:{door}")] {
        let answer = get(door, host).expect("an answer");
        assert!(answer.ends_with("new"), "{host} is split: {answer}");
    }
    assert!(get(door, "nobody").expect("an answer").starts_with("HTTP/1.1 404 "));
    look(&mut mesh, folder.path());
    assert_eq!(mesh.end(), 0);
}

/// The word of the first proxy of a workload.
pub(super) fn sync(folder: &Path, workload: &str) -> String {
    let status = json(&["proxy", "status", workload, "--config-dir", ".", "-o", "json"], folder);
    status["proxies"][0]["sync"].as_str().expect("a word").to_owned()
}

#[test]
fn a_local_workload_gets_a_proxy_that_is_kept_running() {
    let Some(envoy) = envoy() else { return };
    let _ports = ports();
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
    // Who stands beside it cannot end it any more: it has the ports that the next one needs.
    let beside = children(&folder.path().join(".meshglot/proxies/bank:ledger"));
    assert_eq!(beside.len(), 1, "one agent");
    kill_process(Pid::from_raw(beside[0]).expect("a process"), Signal::KILL).expect("it runs");
    mesh.hears("bank/ledger: envoy runs");
    until("the next proxy has what it should", || sync(folder.path(), "bank/ledger") == "SYNCED");
    assert_eq!(children(&folder.path().join(".meshglot/proxies/bank:ledger/bootstrap.json")).len(), 1, "still one Envoy");
    // A Workload that is gone needs no proxy.
    fs::write(folder.path().join("services.yaml"), SERVICES.replace("127.0.0.1", "192.0.2.99")).expect("a file");
    let of_ledger = folder.path().join(".meshglot/proxies/bank:ledger/bootstrap.json");
    until("its proxy ends", || children(&of_ledger).is_empty());
    assert_eq!(mesh.end(), 0);
}

#[test]
fn a_proxy_is_invited_once_and_comes_back_without() {
    let Some(envoy) = envoy() else { return };
    let _ports = ports();
    let envoy = envoy.display().to_string();
    let folder = folder(&[("services.yaml", SERVICES), ("policy.yaml", &policy("/one")), ("mesh.yaml", &mesh_object())]);
    let mut mesh = Running::mesh(folder.path(), &[]);
    mesh.hears("in force:");
    let invitation = json(&["proxy", "token", "bank/teller", "--config-dir", "."], folder.path());
    fs::write(folder.path().join("teller.join"), invitation.to_string()).expect("a file");
    let words = ["proxy", "run", "--join", "teller.join", "--proxy", "envoy", "--envoy", &envoy, "--folder", "p1"];
    let mut proxy = Running::start(&words, folder.path());
    proxy.hears("has a certificate until");
    until("the proxy has what it should", || sync(folder.path(), "bank/teller") == "SYNCED");
    assert_eq!(proxy.end(), 0);
    assert!(children(&folder.path().join("p1/bootstrap.json")).is_empty(), "its Envoy ends with it");

    // A copy of the invitation is worth nothing.
    let mut thief =
        Running::start(&["proxy", "run", "--join", "teller.join", "--proxy", "envoy", "--envoy", &envoy, "--folder", "p2"], folder.path());
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
fn children(path: &Path) -> Vec<i32> {
    let Ok(wanted) = fs::canonicalize(path) else { return Vec::new() };
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let is_started_with = |process: &i32| {
        let words = fs::read(format!("/proc/{process}/cmdline")).unwrap_or_default();
        let place = Path::new("/proc").join(process.to_string()).join("cwd");
        let is_it = |word: &str| !word.is_empty() && fs::canonicalize(place.join(word)).is_ok_and(|path| path == wanted);
        String::from_utf8_lossy(&words).split('\0').any(is_it)
    };
    processes.filter(is_started_with).collect()
}
