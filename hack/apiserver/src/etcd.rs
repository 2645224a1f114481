//! etcd: where the API server keeps what it is told.

use std::io;
use std::path::Path;

use bytes::Bytes;
use http::{Request, header};
use http_body_util::{BodyExt as _, Full};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpStream;

use crate::error::StartError;
use crate::peer::program;
use crate::port::Port;
use crate::process::Process;

/// It ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Etcd {
    pub(crate) process: Process,
    clients: Port,
    _peers: Port,
}

impl Etcd {
    /// Starts one of an own cluster, which keeps its data in the folder.
    pub(crate) fn start(folder: &Path) -> Result<Self, StartError> {
        let program = program("etcd").ok_or(StartError::Missing("etcd"))?;
        let (clients, peers) = (Port::new()?, Port::new()?);
        let [client, peer] = [&clients, &peers].map(|port| format!("http://{}", port.address()));
        let words = [
            "--name=test".to_owned(),
            format!("--data-dir={}", folder.join("etcd").display()),
            format!("--listen-client-urls={client}"),
            format!("--advertise-client-urls={client}"),
            format!("--listen-peer-urls={peer}"),
            format!("--initial-advertise-peer-urls={peer}"),
            format!("--initial-cluster=test={peer}"),
            "--socket-reuse-port=true".to_owned(),
            // The machine may lose its power: then the test is lost, too.
            "--unsafe-no-fsync=true".to_owned(),
            "--log-level=warn".to_owned(),
        ];
        let process = Process::start(&program, &words, &folder.join("etcd.log"))?;
        Ok(Self { process, clients, _peers: peers })
    }

    /// For `--etcd-servers`.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.clients.address())
    }

    /// Forgets everything before now; the revision of now.
    pub(crate) async fn compact(&self) -> Result<i64, StartError> {
        // A range of the key of one zero byte: no such key is there, and the answer's head tells the revision.
        let answer = self.post("/v3/kv/range", &json!({"key": "AA=="})).await?;
        let revision = answer["header"]["revision"].as_str().and_then(|text| text.parse::<i64>().ok());
        let revision = revision.ok_or_else(|| StartError::Etcd(format!("no revision in {answer}")))?;
        self.post("/v3/kv/compaction", &json!({"revision": revision.to_string(), "physical": true})).await?;
        Ok(revision)
    }

    /// A call through its gateway from JSON to gRPC.
    async fn post(&self, path: &str, body: &Value) -> Result<Value, StartError> {
        let wrong = |error: &dyn std::fmt::Display| StartError::Etcd(format!("{path}: {error}"));
        let stream = TcpStream::connect(self.clients.address()).await?;
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(|error| wrong(&error))?;
        let connection = tokio::spawn(connection);
        let request = Request::post(path).header(header::HOST, "etcd").body(Full::new(Bytes::from(body.to_string())));
        let answer = sender.send_request(request.map_err(io::Error::other)?).await.map_err(|error| wrong(&error))?;
        let status = answer.status();
        let body = answer.into_body().collect().await.map_err(|error| wrong(&error))?.to_bytes();
        connection.abort();
        if !status.is_success() {
            return Err(wrong(&format!("{status}: {}", String::from_utf8_lossy(&body))));
        }
        serde_json::from_slice(&body).map_err(|error| wrong(&error))
    }
}
