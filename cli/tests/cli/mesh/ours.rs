//! Proxies of our own that are started by us: they run in the process that starts them.

use std::fs;
use std::os::unix::fs::MetadataExt as _;

use super::envoy::{door, mesh_object, sync};
use super::running::{Running, SERVICES, folder, json, policy, ports, until};

#[test]
fn a_door_of_ours_leads_to_the_routes_of_the_name() {
    let _ports = ports();
    door(&["--proxy", "meshglot"], "bank/ledger: meshglot runs");
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
    let words = ["proxy", "run", "--join", "teller.join", "--proxy", "meshglot", "--folder", "p1"];
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
    let mut proxy = Running::start(&["proxy", "run", "--join", "teller.join", "--proxy", "meshglot"], folder.path());
    proxy.hears("there is no connection to the control plane");
    assert_eq!(proxy.end(), 0);
}
