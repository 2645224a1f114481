//! The HTTP API of a Consul server: <https://developer.hashicorp.com/consul/api-docs/config>.

use std::path::PathBuf;
use std::time::Duration;

use http::{Method, Request, StatusCode, Uri};
use http_body_util::BodyExt as _;
use kube::client::Body;
use kube::{Client, Config};
use meshglot_translator::status::Applied;
use serde_json::{Value, json};
use tokio::time::{Instant, timeout_at};

use super::address::Address;
use super::answer::refused;

/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(5);

/// How Consul is reached, and who asks: as Consul's own command line is told by its variables.
#[derive(Clone, Default)]
pub struct ConsulAccess {
    /// `http://` or `https://`; `None`: as `Mesh.spec.consul.address` says, or Consul's kinds in the cluster.
    pub address: Option<String>,
    /// Takes the place of the file.
    pub token: Option<String>,
    /// It is read again from time to time.
    pub token_file: Option<PathBuf>,
    /// Who has signed the server's certificate, a PEM file; `None`: the system's.
    pub authority: Option<PathBuf>,
    /// Certificate and key of this client, PEM files.
    pub client: Option<(PathBuf, PathBuf)>,
    /// What the server's certificate is for; `None`: the host of the address.
    pub server_name: Option<String>,
}

/// A server, and on whose behalf it is asked.
pub(crate) struct Server {
    client: Client,
    pub(crate) address: Address,
    /// The cluster whose entries are ours.
    pub(super) cluster: String,
}

/// What is there of a kind.
pub(super) struct Listed {
    pub(super) entries: Vec<Value>,
    /// For the next question.
    pub(super) index: u64,
    /// Whether there are some that this token may not read.
    pub(super) is_filtered: bool,
}

impl Server {
    /// `cluster`: what tells ours from all others.
    ///
    /// # Errors
    /// In words: such an access cannot be.
    pub(crate) fn new(address: Address, access: &ConsulAccess, cluster: String) -> Result<Self, String> {
        let wrong = |why: &dyn std::fmt::Display| format!("Consul at {} cannot be asked: {why}", address.url);
        let uri: Uri = address.url.parse().map_err(|error| wrong(&error))?;
        let mut config = Config::new(uri);
        config.connect_timeout = Some(CONNECT);
        config.default_retry = false;
        config.root_cert_file = access.authority.clone();
        config.tls_server_name = access.server_name.clone();
        let pair = access.client.as_ref();
        let who = json!({
            "token": access.token, "tokenFile": access.token_file,
            "client-certificate": pair.map(|(certificate, _)| certificate), "client-key": pair.map(|(_, key)| key),
        });
        config.auth_info = serde_json::from_value(who).map_err(|error| wrong(&error))?;
        let client = Client::try_from(config).map_err(|error| wrong(&error))?;
        Ok(Self { client, address, cluster })
    }

    /// All entries of a kind, once its index is another one than that, or after about `wait` s.
    pub(super) async fn list(&self, kind: &str, index: u64, wait: u64) -> Result<Listed, Applied> {
        let path = self.path(kind, &[("index", &index.to_string()), ("wait", &format!("{wait}s"))]);
        // Consul adds a sixteenth at most, so that not all come at once.
        let end = Instant::now() + Duration::from_secs(wait + wait / 16 + 10);
        let (status, answer, body) = self.ask(Method::GET, &path, None, end).await?;
        if !status.is_success() {
            return Err(refused(status, &body));
        }
        let header = |name: &str| answer.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
        Ok(Listed {
            entries: parsed::<Option<Vec<Value>>>(&body)?.unwrap_or_default(),
            index: header("x-consul-index").parse().unwrap_or_default(),
            is_filtered: header("x-consul-results-filtered-by-acls") == "true",
        })
    }

    /// One entry; `None`: it is not there.
    pub(super) async fn get(&self, entry: &Value, end: Instant) -> Result<Option<Value>, Applied> {
        let (status, _, body) = self.ask(Method::GET, &self.path_of(entry, &[]), None, end).await?;
        match status {
            StatusCode::NOT_FOUND => Ok(None),
            status if status.is_success() => parsed(&body).map(Some),
            status => Err(refused(status, &body)),
        }
    }

    /// Writes an entry in the place of this version, 0: where there is none; whether it was that.
    pub(super) async fn put(&self, entry: &Value, version: u64, end: Instant) -> Result<bool, Applied> {
        let path = self.path("", &[("cas", &version.to_string())]);
        let (status, _, body) = self.ask(Method::PUT, &path, Some(entry), end).await?;
        if status.is_success() { parsed(&body) } else { Err(refused(status, &body)) }
    }

    /// Deletes an entry of this version; whether it was that.
    pub(super) async fn delete(&self, entry: &Value, version: u64, end: Instant) -> Result<bool, Applied> {
        let path = self.path_of(entry, &[("cas", &version.to_string())]);
        let (status, _, body) = self.ask(Method::DELETE, &path, None, end).await?;
        if status.is_success() { parsed(&body) } else { Err(refused(status, &body)) }
    }

    fn path_of(&self, entry: &Value, words: &[(&str, &str)]) -> String {
        let text = |key: &str| entry[key].as_str().unwrap_or_default();
        let namespace = entry["Namespace"].as_str().map(|namespace| ("ns", namespace));
        let words: Vec<(&str, &str)> = words.iter().copied().chain(namespace).collect();
        self.path(&format!("{}/{}", text("Kind"), text("Name")), &words)
    }

    /// Kinds, names and namespaces are labels of DNS, or `*`: nothing in them has to be escaped.
    fn path(&self, below: &str, words: &[(&str, &str)]) -> String {
        let datacenter = self.address.datacenter.as_deref().map(|name| ("dc", name));
        let words: Vec<String> = words.iter().copied().chain(datacenter).map(|(key, value)| format!("{key}={value}")).collect();
        let base = if below.is_empty() { "/v1/config".to_owned() } else { format!("/v1/config/{below}") };
        if words.is_empty() { base } else { format!("{base}?{}", words.join("&")) }
    }

    async fn ask(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
        end: Instant,
    ) -> Result<(StatusCode, http::HeaderMap, String), Applied> {
        let silent = |why: &dyn std::fmt::Display| Applied::Unreachable(format!("Consul at {}: {why}", self.address.url));
        let body = body.map(|body| body.to_string().into_bytes()).unwrap_or_default();
        let request = Request::builder().method(method).uri(path).body(Body::from(body)).map_err(|error| silent(&error))?;
        let asked = async {
            let answer = self.client.send(request).await.map_err(|error| silent(&error))?;
            let (head, body) = answer.into_parts();
            let bytes = body.collect().await.map_err(|error| silent(&error))?.to_bytes();
            Ok((head.status, head.headers, String::from_utf8_lossy(&bytes).trim().to_owned()))
        };
        timeout_at(end, asked).await.unwrap_or_else(|_| Err(silent(&"no answer in time")))
    }
}

fn parsed<T: serde::de::DeserializeOwned>(body: &str) -> Result<T, Applied> {
    serde_json::from_str(body).map_err(|error| Applied::Unreachable(format!("no answer of Consul: {error}")))
}
