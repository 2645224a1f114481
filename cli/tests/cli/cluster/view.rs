//! The web view of a controller, on the one that leads and on one that stands by.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Stdio};

use meshglot_apiserver::installed;

use super::site::Site;

/// A controller with a view; dropped, it is ended.
struct Viewed {
    child: Child,
    /// `127.0.0.1:PORT`.
    authority: String,
}

impl Viewed {
    fn start(site: &Site, auth: &str) -> Self {
        let words = ["controller", "--backend", "istio", "--lease-duration", "3", "--web-address", "127.0.0.1:0", "--web-auth", auth];
        let mut child = site.command(&words, &site.kubeconfig).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("it starts");
        let lines = BufReader::new(child.stdout.take().expect("a stream")).lines().map(|line| line.expect("UTF-8"));
        let url = lines.filter_map(|line| line.strip_prefix("web            http://").map(str::to_owned)).next().expect("an address");
        Self { child, authority: url.trim_end_matches('/').to_owned() }
    }

    fn get(&self, path: &str) -> String {
        let mut stream = TcpStream::connect(&self.authority).expect("it listens");
        write!(stream, "GET {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n\r\n", self.authority).expect("a request");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        answer
    }
}

impl Drop for Viewed {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_replica_shows_policy_and_its_edits() {
    if !installed() {
        return;
    }
    let site = Site::own("viewed", &[], &[]).await;
    site.services(&["web", "web-v1", "web-v2"]).await;
    site.apply(&site.split("canary", [90, 10])).await;
    let both = [Viewed::start(&site, "none"), Viewed::start(&site, "none")];
    let page = "/policies/TrafficSplit/viewed/canary.json";
    for one in &both {
        site.until("the split is shown", async || one.get(page).contains("90")).await;
    }
    site.apply(&site.split("canary", [37, 63])).await;
    for one in &both {
        site.until("the edit is shown", async || one.get(page).contains("37")).await;
    }
    let shut = Viewed::start(&site, "token");
    assert!(shut.get(page).starts_with("HTTP/1.1 401 "), "{}", shut.get(page));
}
