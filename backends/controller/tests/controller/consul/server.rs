//! A Consul server with ACLs, of which nobody may do anything without a token.

use std::net::TcpListener;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use http::Request;
use kube::{Client, Config};
use meshglot_apiserver::{Process, peer};
use serde_json::{Value, json};

use crate::cluster::Cluster;

/// How long it may take until it leads.
const PATIENCE: Duration = Duration::from_secs(60);

/// Who may do everything.
const MANAGEMENT: &str = "00000000-0000-4000-8000-000000000001";

/// Rights of a controller, as docs/controller.md lists them.
pub(super) const RIGHTS: &str = r#"service_prefix "" { policy = "write" intentions = "write" }"#;

/// Rights of somebody who may only look.
pub(super) const READS: &str = r#"service_prefix "" { policy = "read" intentions = "read" }"#;

/// It ends when this is dropped; its data is in the folder of the API server beside it.
pub(super) struct Consul {
    pub(super) address: String,
    client: Client,
    program: PathBuf,
    words: Vec<String>,
    log: PathBuf,
    process: Option<Process>,
}

impl Consul {
    pub(super) async fn start(cluster: &Cluster) -> Self {
        let folder = cluster.server.folder().join("consul");
        let ports = [(); 3].map(|()| TcpListener::bind("127.0.0.1:0").expect("a port"));
        let [http, server, serf] = ports.map(|port| port.local_addr().expect("an address").port());
        let config = json!({
            "ports": {"http": http, "server": server, "serf_lan": serf, "serf_wan": -1, "dns": -1, "https": -1, "grpc": -1, "grpc_tls": -1},
            "acl": {"enabled": true, "default_policy": "deny", "tokens": {"initial_management": MANAGEMENT}},
            "performance": {"raft_multiplier": 1}, "disable_update_check": true, "node_name": "test",
        });
        std::fs::create_dir_all(&folder).expect("a folder");
        let file = folder.join("config.json");
        std::fs::write(&file, config.to_string()).expect("a file");
        let words = ["agent", "-server", "-bootstrap", "-bind=127.0.0.1", "-client=127.0.0.1", "-log-level=warn"].map(str::to_owned);
        let files = [format!("-data-dir={}", folder.join("data").display()), format!("-config-file={}", file.display())];
        let address = format!("http://127.0.0.1:{http}");
        let mut config = Config::new(address.parse().expect("an address"));
        config.default_retry = false;
        let mut consul = Self {
            client: Client::try_from(config).expect("a client"),
            address,
            program: peer("consul").expect("it is installed"),
            words: words.into_iter().chain(files).collect(),
            log: folder.join("log"),
            process: None,
        };
        consul.restart().await;
        consul
    }

    /// Ends it at once, as a machine does that loses its power.
    pub(super) fn kill(&mut self) {
        self.process = None;
    }

    /// Starts it where it was, with what it has, and waits until it leads.
    pub(super) async fn restart(&mut self) {
        self.process = Some(Process::start(&self.program, &self.words, &self.log).expect("it starts"));
        let begin = Instant::now();
        // ACLs are there a moment after the leader.
        while self.ask("GET", "/v1/acl/token/self", None).await.is_err() {
            let said = || self.process.as_ref().map(Process::said).unwrap_or_default();
            assert!(begin.elapsed() < PATIENCE, "it never leads: {}", said());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// A token with these rights.
    pub(super) async fn token(&self, rights: &str) -> String {
        self.ask("PUT", "/v1/acl/policy", Some(json!({"Name": "controller", "Rules": rights}))).await.expect("a policy");
        let token = json!({"Policies": [{"Name": "controller"}]});
        let token = self.ask("PUT", "/v1/acl/token", Some(token)).await.expect("a token");
        token["SecretID"].as_str().expect("a secret").to_owned()
    }

    /// Gives that token other rights.
    pub(super) async fn grant(&self, rights: &str) {
        let policy = self.ask("GET", "/v1/acl/policy/name/controller", None).await.expect("a policy");
        let path = format!("/v1/acl/policy/{}", policy["ID"].as_str().expect("an ID"));
        self.ask("PUT", &path, Some(json!({"Name": "controller", "Rules": rights}))).await.expect("it is changed");
    }

    /// Writes an entry as somebody does who may do everything.
    pub(super) async fn write(&self, entry: &Value) {
        assert_eq!(self.ask("PUT", "/v1/config", Some(entry.clone())).await, Ok(json!(true)));
    }

    pub(super) async fn delete(&self, path: &str) {
        self.ask("DELETE", &format!("/v1/config/{path}"), None).await.expect("it is deleted");
    }

    /// An entry; `path`: `KIND/NAME`.
    pub(super) async fn get(&self, path: &str) -> Option<Value> {
        self.ask("GET", &format!("/v1/config/{path}"), None).await.ok()
    }

    /// All entries of the kinds that are rendered.
    pub(super) async fn entries(&self) -> Vec<Value> {
        let mut entries = Vec::new();
        for kind in ["service-defaults", "service-resolver", "service-splitter", "service-router", "service-intentions"] {
            let found = self.ask("GET", &format!("/v1/config/{kind}"), None).await.expect("a list");
            entries.extend(found.as_array().cloned().unwrap_or_default());
        }
        entries
    }

    async fn ask(&self, method: &str, path: &str, body: Option<Value>) -> Result<Value, String> {
        let body = body.map(|body| body.to_string().into_bytes()).unwrap_or_default();
        let request = Request::builder().method(method).uri(path).header("x-consul-token", MANAGEMENT).body(body).expect("a request");
        self.client.request::<Value>(request).await.map_err(|error| error.to_string())
    }
}
