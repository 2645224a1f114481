//! Workloads that share this machine, each at a loopback address of its own and with a proxy that is started here.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use super::envoy::{application, envoy};
use super::running::{Running, folder, until};

/// The port of the Service, at each caller's own address.
pub(super) const DOOR: u16 = 9080;

/// Addresses that no other test has. `first`: the last number of the first.
pub(super) fn addresses(first: u8) -> [Ipv4Addr; 3] {
    let [_, _, high, low] = std::process::id().to_be_bytes();
    [0, 1, 2].map(|more| Ipv4Addr::new(127, 64 + low % 64, high, first + more))
}

/// A Workload of the bank, whose application listens at a port.
pub(super) fn workload(name: &str, address: Ipv4Addr, port: u16) -> String {
    format!(
        "---\n{{apiVersion: meshglot.dev/v1alpha1, kind: Workload, metadata: {{name: {name}, namespace: bank, labels: {{app: {name}}}}},\n \
         spec: {{serviceAccountName: {name}, address: {address}, ports: [{{name: web, port: {port}}}]}}}}\n"
    )
}

/// A Service of the ledger, and the rule that lets the teller read accounts.
pub(super) const REST: &str = "---
{apiVersion: v1, kind: Service, metadata: {name: ledger, namespace: bank},
 spec: {clusterIP: 10.96.0.7, selector: {app: ledger}, ports: [{name: http, port: 9080, targetPort: web}]}}
---
{apiVersion: access.smi-spec.io/v1alpha4, kind: TrafficTarget, metadata: {name: ledger, namespace: bank},
 spec: {destination: {kind: ServiceAccount, name: ledger}, sources: [{kind: ServiceAccount, name: teller}],
  rules: [{kind: HTTPRouteGroup, name: ledger}]}}
---
{apiVersion: specs.smi-spec.io/v1alpha4, kind: HTTPRouteGroup, metadata: {name: ledger, namespace: bank},
 spec: {matches: [{name: read, methods: [GET], pathRegex: /accounts/.*}]}}
";

/// The status of an answer by a workload's own door.
pub(super) fn get(from: Ipv4Addr, path: &str) -> Option<u16> {
    let mut stream = TcpStream::connect(SocketAddr::from((from, DOOR))).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(10))).ok()?;
    write!(stream, "GET {path} HTTP/1.1\r\nhost: ledger.bank\r\nconnection: close\r\n\r\n").ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    answer.split(' ').nth(1)?.parse().ok()
}

fn share_a_machine(first: u8, words: &[&str]) {
    let [ledger, teller, batch] = addresses(first);
    let port = application("ledger");
    let callers = workload("teller", teller, application("teller")) + &workload("batch", batch, application("batch"));
    let text = workload("ledger", ledger, port) + &callers + REST;
    let folder = folder(&[("mesh.yaml", &text)]);
    let mut mesh = Running::mesh(folder.path(), words);
    mesh.hears("in force:");
    until("teller reads its account", || get(teller, "/accounts/1") == Some(200));
    until("batch has a proxy", || get(batch, "/accounts/1").is_some());
    assert_eq!(get(teller, "/other"), Some(403));
    assert_eq!(get(batch, "/accounts/1"), Some(403));
    // Without a proxy of the mesh it is nobody.
    let plain = TcpStream::connect((ledger, port)).map(|mut stream| {
        write!(stream, "GET /accounts/1 HTTP/1.1\r\nhost: ledger\r\nconnection: close\r\n\r\n").expect("it listens");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        answer
    });
    assert!(plain.expect("the proxy listens").starts_with("HTTP/1.1 403 "));
    assert_eq!(mesh.end(), 0);
    for address in [ledger, teller, batch] {
        TcpListener::bind((address, DOOR)).expect("nobody is left");
    }
}

#[test]
fn with_proxies_of_ours() {
    share_a_machine(1, &["--proxy", "meshglot"]);
}

#[test]
fn with_envoys() {
    let Some(envoy) = envoy() else { return };
    share_a_machine(11, &["--proxy", "envoy", "--envoy", &envoy.display().to_string()]);
}
