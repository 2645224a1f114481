//! Proxies of our own that are started by us: they run in the process that starts them.

use std::fs;
use std::io::{BufRead as _, Read as _};
use std::os::unix::fs::MetadataExt as _;

use super::envoy::{door, get_path, mesh_object, sync};
use super::running::{Running, SERVICES, folder, json, meshglot, policy, ports, until};

#[test]
fn a_door_of_ours_leads_to_the_routes_of_the_name() {
    let _ports = ports();
    door(&["--proxy"], "bank/ledger: meshglot runs", |_, _| {});
}

#[test]
fn what_a_proxy_of_ours_tells_is_chosen() {
    let _ports = ports();
    let words = ["--proxy", "meshglot", "--log-share", "0", "--metrics", "127.0.0.1:0", "--metric-names", "istio,linkerd"];
    door(&words, "bank/ledger: meshglot runs", |mesh, folder| {
        let mut lines = mesh.stdout.by_ref().lines().map_while(Result::ok);
        let port = lines.find_map(|line| line.strip_prefix("metrics        http://127.0.0.1:")?.strip_suffix("/metrics")?.parse().ok());
        let metrics = get_path(port.expect("a port"), "proxy", "/metrics").expect("an answer");
        for (name, label) in
            [("meshglot_proxy_requests_total", "status"), ("istio_requests_total", "response_code"), ("response_total", "status_code")]
        {
            for status in [200, 404] {
                let is_it = |line: &str| line.starts_with(&format!("{name}{{")) && line.contains(&format!(",{label}=\"{status}\""));
                assert!(metrics.lines().any(is_it), "{name} {status}:\n{metrics}");
            }
        }
        // All calls are counted, and those that ended well have no line.
        let log = || fs::read_to_string(folder.join(".meshglot/proxies/bank:ledger/log")).expect("a log");
        until("a call to nobody is logged", || log().contains("\"status\":404"));
        assert!(!log().contains("\"status\":200"), "{}", log());
    });
}

#[test]
fn what_only_a_proxy_of_ours_obeys_is_refused_elsewhere() {
    let folder = folder(&[("services.yaml", SERVICES), ("mesh.yaml", &mesh_object())]);
    let refused = |words: &[&str], why: &str| {
        let output = meshglot(words, folder.path());
        let told = String::from_utf8(output.stderr).expect("a text");
        assert_eq!(output.status.code(), Some(2), "{words:?}: {told}");
        assert!(told.contains(why), "{words:?}: {told}");
    };
    let run = ["run", "--config-dir", ".", "--listen", "127.0.0.1:0"];
    refused(&[&run[..], &["--log-share", "5"]].concat(), "--log-share: no proxy is started here");
    refused(&[&run[..], &["--proxy", "envoy", "--metrics", "127.0.0.1:0"]].concat(), "--metrics: Envoy is not told it");
    refused(&["proxy", "run", "--join", "none", "--proxy", "envoy", "--metric-names", "istio"], "--metric-names: Envoy is not told it");
    refused(&["proxy", "run", "--join", "none", "--metric-names", "consul"], "possible values: istio, linkerd");
    refused(&["proxy", "run", "--join", "none", "--log-share", "101"], "a percentage is a number from 0 to 100");
    // Nothing was begun.
    assert!(!folder.path().join(".meshglot").exists());
}

#[test]
fn a_local_workload_gets_a_proxy_of_ours_for_as_long_as_it_is_there() {
    let _ports = ports();
    let folder = folder(&[("services.yaml", SERVICES), ("policy.yaml", &policy("/one")), ("mesh.yaml", &mesh_object())]);
    let mut mesh = Running::mesh(folder.path(), &["--proxy", "meshglot"]);
    mesh.hears("bank/ledger: meshglot runs");
    mesh.hears("bank/ledger: has a certificate until");
    until("the proxy has what it should", || sync(folder.path(), "bank/ledger") == "SYNCED");
    fs::write(folder.path().join("policy.yaml"), policy("/two")).expect("a file");
    mesh.hears("(revision 2)");
    until("the proxy has what was edited", || sync(folder.path(), "bank/ledger") == "SYNCED");
    // A Workload that is gone needs no proxy, and one that comes back gets another.
    fs::write(folder.path().join("services.yaml"), SERVICES.replace("127.0.0.1", "192.0.2.99")).expect("a file");
    until("its proxy ends", || sync(folder.path(), "bank/ledger") == "ABSENT");
    fs::write(folder.path().join("services.yaml"), SERVICES).expect("a file");
    mesh.hears("bank/ledger: meshglot runs");
    until("the proxy has what it should again", || sync(folder.path(), "bank/ledger") == "SYNCED");
    assert_eq!(mesh.end(), 0);
}

#[test]
fn a_proxy_of_ours_is_invited_once_and_comes_back_without() {
    let _ports = ports();
    let folder = folder(&[("services.yaml", SERVICES), ("policy.yaml", &policy("/one")), ("mesh.yaml", &mesh_object())]);
    let mut mesh = Running::mesh(folder.path(), &[]);
    mesh.hears("in force:");
    let invitation = json(&["proxy", "token", "bank/teller", "--config-dir", "."], folder.path());
    fs::write(folder.path().join("teller.join"), invitation.to_string()).expect("a file");
    let words = ["proxy", "run", "--join", "teller.join", "--folder", "p1"];
    let mut proxy = Running::start(&words, folder.path());
    proxy.hears("bank/teller: meshglot runs");
    proxy.hears("has a certificate until");
    until("the proxy has what it should", || sync(folder.path(), "bank/teller") == "SYNCED");
    assert_eq!(proxy.end(), 0);

    // The folder has what the proxy needs, and what it had.
    for name in ["identity.json", "resources.bin"] {
        let mode = fs::metadata(folder.path().join("p1").join(name)).expect(name).mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
    let mut again = Running::start(&words, folder.path());
    again.hears("has a certificate until");
    until("it has what it should again", || sync(folder.path(), "bank/teller") == "SYNCED");

    // It outlives the control plane, and finds it again.
    let listen = invitation["controlPlane"].as_str().expect("an address").to_owned();
    assert_eq!(mesh.end(), 0);
    let mut mesh = Running::start(&["run", "--config-dir", ".", "--listen", &listen], folder.path());
    mesh.hears("in force:");
    until("it comes back", || sync(folder.path(), "bank/teller") == "SYNCED");
    assert_eq!(again.end(), 0);
    assert_eq!(mesh.end(), 0);
}

#[test]
fn a_proxy_of_ours_that_has_nothing_yet_ends_when_it_is_asked_to() {
    let folder = folder(&[("services.yaml", SERVICES), ("mesh.yaml", &mesh_object())]);
    let mut mesh = Running::mesh(folder.path(), &[]);
    mesh.hears("in force:");
    let invitation = json(&["proxy", "token", "bank/teller", "--config-dir", "."], folder.path());
    fs::write(folder.path().join("teller.join"), invitation.to_string()).expect("a file");
    assert_eq!(mesh.end(), 0);
    let mut proxy = Running::start(&["proxy", "run", "--join", "teller.join"], folder.path());
    proxy.hears("there is no connection to the control plane");
    assert_eq!(proxy.end(), 0);
}
