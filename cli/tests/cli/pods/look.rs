//! What is seen of a mesh in pods, by commands of somebody who may forward ports there.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::Value;

use super::sidecar_site::NAMESPACE;
use super::site::Site;

/// What a command prints as JSON.
fn json(site: &Site, words: &[&str]) -> Value {
    serde_json::from_str(&site.meshglot(&[words, &["-o", "json"]].concat())).expect("JSON")
}

/// Of the sample application, whose visitors call all the time.
pub(super) fn commands_show_who_calls_whom(site: &Site) {
    // Nobody looked before: it is waited until there is something to say.
    let edges = json(site, &["edges", "-n", "bookshop", "-t", "30s"]);
    assert_eq!(edges["silent"], Value::Null, "every sidecar tells: {edges:#}");
    let edge = |source: &str, destination: &str, verdict: &str| {
        let edges = edges["edges"].as_array().expect("edges");
        let account = format!("spiffe://cluster.local/ns/bookshop/sa/{source}");
        let is_it = |one: &&Value| {
            one["source"]["identity"] == account && one["destination"]["workload"] == destination && one["verdict"] == verdict
        };
        edges.iter().find(is_it).map(|one| one["calls"].as_u64().expect("a number"))
    };
    assert!(edge("frontend", "bookshop/reviews-v1", "allowed").is_some_and(|calls| calls > 0), "{edges:#}");
    assert!(edge("reviews", "bookshop/ratings", "denied").is_some_and(|calls| calls > 0), "{edges:#}");
    assert_eq!(edge("batch", "bookshop/ratings", "allowed"), None, "{edges:#}");

    let tapped =
        site.meshglot(&["tap", "--from", "bookshop/frontend", "--to", "svc/reviews", "--count", "3", "--for", "60s", "-o", "json"]);
    let calls: Vec<Value> = tapped.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(calls.len(), 3, "{tapped}");
    for call in &calls {
        assert_eq!((&call["source"]["workload"], &call["verdict"]), (&"bookshop/frontend".into(), &"allowed".into()), "{call:#}");
        assert_eq!(call["source"]["identity"], "spiffe://cluster.local/ns/bookshop/sa/frontend", "{call:#}");
    }

    let stat = json(site, &["stat", "ns/bookshop"]);
    let rows = stat["rows"].as_array().expect("rows");
    assert!(rows.iter().any(|row| row["destination"]["workload"] == "bookshop/ratings" && row["denied"].as_u64() > Some(0)), "{stat:#}");

    let status = json(site, &["proxy", "status"]);
    for proxy in status["proxies"].as_array().expect("proxies") {
        assert_eq!(proxy["sync"], "SYNCED", "{proxy:#}");
    }
    let routes = site.meshglot(&["proxy", "routes", "bookshop/frontend"]);
    assert!(routes.contains("reviews"), "{routes}");
}

/// Nobody but the control plane looks at calls: not by another certificate, and not without one.
pub(super) fn others_see_nothing(site: &Site, curl: impl Fn(&[&str]) -> String) {
    let address = site.kubectl(&["-n", "bookshop", "get", "pods", "-l", "app=ratings", "-o", "jsonpath={.items[0].status.podIP}"]);
    let told = curl(&["-k", "-o", "/dev/null", "-w", "%{http_code}", &format!("https://{address}:15023/metrics")]);
    assert_eq!(told, "000", "without a certificate");
    let told = curl(&["-o", "/dev/null", "-w", "%{http_code}", &format!("http://{address}:15020/tap")]);
    assert_eq!(told, "404", "counters alone are everybody's");
    let controller = [&NAMESPACE[..], &["get", "pods", "-l", "app.kubernetes.io/name=meshglot-controller"]].concat();
    let address = site.kubectl(&[&controller[..], &["-o", "jsonpath={.items[0].status.podIP}"]].concat());
    let told = curl(&["-o", "/dev/null", "-w", "%{http_code}", &format!("http://{address}:9090/edges")]);
    assert_eq!(told, "403", "only through a port that is forwarded");

    // Who may not forward ports is told which right is missing.
    let mut command = Command::new(env!("CARGO_BIN_EXE_meshglot"));
    let said = command.args(["edges", "--lease-namespace", "default"]).env("KUBECONFIG", &site.kubeconfig).stdin(Stdio::null()).output();
    let said = said.expect("it runs");
    let stderr = String::from_utf8_lossy(&said.stderr).into_owned();
    assert_eq!(said.status.code(), Some(4), "{stderr}");
    assert!(stderr.contains("no controller in the namespace default") && stderr.contains("--lease-namespace"), "{stderr}");
}

/// A port of a controller on this machine.
struct Forwarded {
    kubectl: Child,
    port: u16,
}

impl Drop for Forwarded {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.kubectl.kill();
        let _ = self.kubectl.wait();
    }
}

impl Forwarded {
    fn of(site: &Site, port: u16) -> Self {
        let ports = format!(":{port}");
        let words = [&NAMESPACE[..], &["port-forward", "deployment/meshglot-controller", &ports]].concat();
        let mut command = Command::new(&site.kubectl);
        let command = command.args(words).env("KUBECONFIG", &site.kubeconfig).stdin(Stdio::null()).stdout(Stdio::piped());
        let mut kubectl = command.stderr(Stdio::null()).spawn().expect("it starts");
        let mut line = String::new();
        BufReader::new(kubectl.stdout.as_mut().expect("a stream")).read_line(&mut line).expect("a line");
        let port = line.split("127.0.0.1:").nth(1).and_then(|rest| rest.split(' ').next()?.parse().ok());
        Self { kubectl, port: port.unwrap_or_else(|| panic!("no port: {line}")) }
    }

    /// What is answered until these words are in it.
    fn read(&self, path: &str, words: &str) -> bool {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).expect("it listens");
        stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a timeout");
        write!(stream, "GET {path} HTTP/1.1\r\nhost: 127.0.0.1:{}\r\nconnection: close\r\n\r\n", self.port).expect("it reads");
        let (mut text, mut piece) = (String::new(), [0; 65536]);
        while !text.contains(words) {
            match stream.read(&mut piece) {
                Ok(0) | Err(_) => return false,
                Ok(count) => text.push_str(&String::from_utf8_lossy(&piece[..count])),
            }
        }
        true
    }
}

/// The view of a controller tells the same to browsers.
pub(super) fn the_view_shows_calls(site: &Site) {
    let view = Forwarded::of(site, 9080);
    site.until("it shows the policy", || view.read("/policies", "reviews-canary"));
    site.until("it shows the proxies", || view.read("/proxies", "bookshop/reviews-v1"));
    assert!(view.read("/sse/live", "event: row"), "calls come as they end");
    site.until("the map shows what was seen", || view.read("/topology", "denied"));
}
