//! The web view of a cluster: what is there, what becomes of it, and what may not be seen.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Stdio};

use meshglot_apiserver::{User, installed};
use serde_json::json;

use super::site::Site;

/// A dashboard; dropped, it is ended.
struct Shown {
    child: Child,
    /// `127.0.0.1:PORT`.
    authority: String,
}

impl Shown {
    fn start(site: &Site, user: Option<&User>) -> Self {
        let kubeconfig = user.map_or_else(|| site.kubeconfig.clone(), |user| site.kubeconfig_of(user));
        let mut command = site.command(&["dashboard", "--no-token"], &kubeconfig);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("it starts");
        let mut lines = BufReader::new(child.stdout.take().expect("a stream")).lines().map(|line| line.expect("UTF-8"));
        let url = lines.next().expect("an address");
        Self { child, authority: url.trim_start_matches("http://").trim_end_matches('/').to_owned() }
    }

    fn get(&self, path: &str) -> String {
        let mut stream = TcpStream::connect(&self.authority).expect("it listens");
        write!(stream, "GET {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n\r\n", self.authority).expect("a request");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        answer
    }
}

impl Drop for Shown {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_is_followed_also_while_it_is_away() {
    if !installed() {
        return;
    }
    let mut site = Site::own("shown", &[], &[]).await;
    site.services(&["web", "web-v1", "web-v2"]).await;
    site.apply(&site.split("canary", [90, 10])).await;
    let shown = Shown::start(&site, None);
    let (page, edited) = ("/policies/TrafficSplit/shown/canary.json", "37");
    assert!(shown.get(page).contains("90"), "{}", shown.get(page));
    site.apply(&site.split("canary", [37, 63])).await;
    site.until("the edit is shown", async || shown.get(page).contains(edited)).await;
    let overview = shown.get("/policies");
    assert!(overview.contains("kubectl") && overview.contains("-o yaml | meshglot"), "a command that gives the same: {overview}");
    assert!(!overview.contains("Not the newest state"));

    site.server.as_mut().expect("its own").kill();
    site.until("that it is away is shown", async || shown.get("/policies").contains("Not the newest state")).await;
    assert!(shown.get(page).contains(edited), "the last state stays");
    site.server.as_mut().expect("its own").restart().await.expect("it comes back");
    site.until("it is back", async || !shown.get("/policies").contains("Not the newest state")).await;
    site.apply(&site.split("canary", [41, 59])).await;
    site.until("the next edit is shown", async || shown.get(page).contains("41")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_may_not_be_listed_is_told_on_every_page() {
    if !installed() {
        return;
    }
    let reader = User::new("reader", &[]);
    let site = Site::own("shown", &[], std::slice::from_ref(&reader)).await;
    site.services(&["web", "web-v1", "web-v2"]).await;
    site.apply(&site.split("canary", [90, 10])).await;
    let rules = json!([{"apiGroups": ["", "split.smi-spec.io"], "resources": ["services", "trafficsplits"], "verbs": ["list", "watch"]}]);
    let group = "rbac.authorization.k8s.io";
    let metadata = json!({"name": "reader"});
    site.apply(&json!({"apiVersion": format!("{group}/v1"), "kind": "ClusterRole", "metadata": metadata, "rules": rules})).await;
    site.apply(&json!({
        "apiVersion": format!("{group}/v1"), "kind": "ClusterRoleBinding", "metadata": metadata,
        "roleRef": {"apiGroup": group, "kind": "ClusterRole", "name": "reader"},
        "subjects": [{"apiGroup": group, "kind": "User", "name": "reader"}],
    }))
    .await;
    let shown = Shown::start(&site, Some(&reader));
    assert!(shown.get("/policies/TrafficSplit/shown/canary.json").contains("90"));
    for page in ["/", "/policies"] {
        let text = shown.get(page);
        assert!(text.contains("hidden:") && text.contains("traffictargets.access.smi-spec.io"), "{page}: {text}");
        assert!(text.contains("auth can-i list"), "{page}");
    }
}
