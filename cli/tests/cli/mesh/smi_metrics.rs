//! The metrics API of SMI of a mesh that runs: what passed through real proxies, as a client of Kubernetes asks for it.

use std::io::{BufRead as _, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};

use serde_json::{Value, json};

use super::envoy::application;
use super::machine::{REST, addresses, get, workload};
use super::running::{Running, SERVICES, folder, meshglot, until};

/// All calls to the ledger go by this.
const SPLIT: &str = "---
{apiVersion: v1, kind: Service, metadata: {name: ledger-v1, namespace: bank},
 spec: {selector: {app: ledger}, ports: [{name: http, port: 9080, targetPort: web}]}}
---
{apiVersion: split.smi-spec.io/v1alpha4, kind: TrafficSplit, metadata: {name: canary, namespace: bank},
 spec: {service: ledger, backends: [{service: ledger-v1, weight: 1}]}}
";

/// Where a mesh has said that the API is, behind `http` or `https`.
pub(super) fn address(mesh: &mut Running, scheme: &str) -> SocketAddr {
    let mut lines = mesh.stdout.by_ref().lines().map_while(Result::ok);
    lines.find_map(|line| line.strip_prefix(&format!("SMI metrics    {scheme}://"))?.parse().ok()).expect("an address")
}

/// The status of an answer, and the document.
fn ask(address: SocketAddr, host: &str, path: &str) -> (u16, Value) {
    let mut stream = TcpStream::connect(address).expect("it listens");
    let path = format!("/apis/metrics.smi-spec.io/v1alpha1/{path}");
    write!(stream, "GET {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n").expect("it is open");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    let (head, body) = answer.split_once("\r\n\r\n").expect("a body");
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
    (status, serde_json::from_str(body).unwrap_or_else(|error| panic!("{error}: {answer}")))
}

/// A count of an object.
pub(super) fn count(object: &Value, name: &str) -> u64 {
    let metrics = object["metrics"].as_array().expect("metrics");
    let metric = metrics.iter().find(|metric| metric["name"] == name).expect("it is counted");
    metric["value"].as_str().and_then(|value| value.parse().ok()).expect("a small number")
}

#[test]
fn what_passes_is_counted_by_objects_of_kubernetes() {
    let [ledger, teller, batch] = addresses(91);
    let callers = workload("teller", teller, application("teller")) + &workload("batch", batch, application("batch"));
    let text = workload("ledger", ledger, application("ledger")) + &callers + REST + SPLIT;
    let folder = folder(&[("mesh.yaml", &text)]);
    let mut mesh = Running::mesh(folder.path(), &["--proxy", "meshglot", "--smi-metrics", "127.0.0.1:0"]);
    let address = address(&mut mesh, "http");
    let asked = |path: &str| {
        let path = format!("{path}{}window=10m", if path.contains('?') { "&" } else { "?" });
        ask(address, &address.to_string(), &path)
    };
    until("teller reads its account", || get(teller, "/accounts/1") == Some(200));
    until("batch has a proxy", || get(batch, "/accounts/1") == Some(403));
    let service = || asked("namespaces/bank/services/ledger").1;
    until("both are counted", || {
        let service = service();
        service["kind"] == "TrafficMetrics" && count(&service, "success_count") > 0 && count(&service, "failure_count") > 0
    });
    let service = service();
    assert_eq!(service["edge"], json!({ "direction": "from", "side": "server", "resource": {} }));
    let latency = &service["metrics"][0];
    assert_eq!((&latency["name"], &latency["unit"]), (&json!("p99_response_latency"), &json!("seconds")));

    // Each caller is an edge, and both together are all there was.
    let edge = |from: &str| {
        let (_, edges) = asked("namespaces/bank/services/ledger/edges");
        let is_it = |item: &&Value| item["edge"]["resource"]["name"] == from && item["edge"]["direction"] == "from";
        edges["items"].as_array().expect("a list").iter().find(is_it).cloned().expect("an edge")
    };
    let (from_teller, from_batch) = (edge("teller"), edge("batch"));
    assert_eq!(from_teller["edge"]["resource"], json!({ "kind": "Pod", "namespace": "bank", "name": "teller", "apiVersion": "v1" }));
    assert!(count(&from_teller, "success_count") >= count(&service, "success_count"));
    assert_eq!(count(&from_batch, "success_count"), 0, "what is denied is a failure: {from_batch:#}");
    assert!(count(&from_batch, "failure_count") > 0);

    // The same calls as their callers see them, by the backend that they were sent to.
    until("the split is counted", || {
        let (_, splits) = asked("namespaces/bank/trafficsplits");
        let one = &splits["items"][0];
        assert_eq!(one["backend"], json!({ "apex": "ledger", "name": "ledger-v1", "weight": 1 }), "{splits:#}");
        count(one, "success_count") > 0
    });
    let (_, pods) = asked("pods?labelSelector=app%20in%20(ledger,teller)");
    let names: Vec<&str> = pods["items"].as_array().expect("a list").iter().filter_map(|one| one["metadata"]["name"].as_str()).collect();
    assert_eq!(names, ["ledger", "teller"]);
    // By a name that somebody else's page could have it called.
    let (status, refused) = ask(address, "rebound.example", "pods");
    assert_eq!((status, &refused["kind"], &refused["reason"]), (403, &json!("Status"), &json!("Forbidden")));
    assert_eq!(mesh.end(), 0);
}

#[test]
fn by_tls_nobody_is_answered_in_the_clear() {
    let folder = folder(&[("services.yaml", SERVICES)]);
    let own = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
    for (name, text) in [("tls.crt", own.cert.pem()), ("tls.key", own.signing_key.serialize_pem()), ("ca.crt", own.cert.pem())] {
        std::fs::write(folder.path().join(name), text).expect("a file");
    }
    let words = ["--smi-metrics-tls-cert", "tls.crt", "--smi-metrics-tls-key", "tls.key", "--smi-metrics-client-ca", "ca.crt"];
    // Anywhere, since it is known there who asks.
    let mut mesh = Running::mesh(folder.path(), &[&["--smi-metrics", "0.0.0.0:0"], &words[..]].concat());
    let port = address(&mut mesh, "https").port();
    let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("it listens");
    write!(stream, "GET /readyz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").expect("it is open");
    let mut answer = Vec::new();
    // It may be cut off before the alert of TLS is read.
    let _ = stream.read_to_end(&mut answer);
    assert!(!answer.starts_with(b"HTTP/"), "{}", String::from_utf8_lossy(&answer));
    assert_eq!(mesh.end(), 0);
}

#[test]
fn where_it_cannot_be_served_nothing_is_begun() {
    let folder = folder(&[("services.yaml", SERVICES)]);
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let taken = taken.local_addr().expect("an address").to_string();
    let refused = |words: &[&str], code: i32, why: &str| {
        let run = ["run", "--config-dir", ".", "--listen", "127.0.0.1:0"];
        let output = meshglot(&[&run[..], words].concat(), folder.path());
        let told = String::from_utf8(output.stderr).expect("a text");
        assert_eq!((output.status.code(), told.contains(why)), (Some(code), true), "{words:?}: {told}");
    };
    refused(&["--smi-metrics", &taken], 6, "--smi-metrics: cannot listen on 127.0.0.1:");
    refused(&["--smi-metrics", "0.0.0.0:0"], 2, "--smi-metrics: whoever reaches 0.0.0.0:0 could ask");
    refused(&["--smi-metrics", "127.0.0.1:0", "--smi-metrics-tls-cert", "x"], 2, "--smi-metrics-tls-key");
    refused(&["--smi-metrics-client-name", "x"], 2, "--smi-metrics-client-ca");
    let files = ["--smi-metrics-tls-cert", "no.crt", "--smi-metrics-tls-key", "no.key", "--smi-metrics-client-ca", "ca.crt"];
    refused(&[&["--smi-metrics", "0.0.0.0:0"], &files[..]].concat(), 3, "--smi-metrics: no.crt: ");
}
