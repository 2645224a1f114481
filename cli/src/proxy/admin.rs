//! Asks the administration of a running control plane: over its socket, or, in a cluster, over a port that is forwarded.

use std::io::ErrorKind;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1;
use hyper::{Method, Request, StatusCode};
use hyper_util::rt::TokioIo;
use meshglot_control::Problem;
use meshglot_traffic::Stream;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::net::UnixStream;

use super::forward::Forwarded;
use crate::cluster::Cluster;
use crate::exit::{Exit, Failure};

/// What takes longer is given up.
const PATIENCE: Duration = Duration::from_secs(10);

/// Where it is.
pub(crate) enum Admin {
    /// On this machine.
    Socket(PathBuf),
    /// In a cluster.
    Pod(Box<Forwarded>),
}

impl Admin {
    pub(crate) fn at(socket: PathBuf) -> Self {
        Self::Socket(socket)
    }

    /// That of a cluster, whose controllers are in this namespace.
    pub(crate) fn of_cluster(cluster: Arc<Cluster>, namespace: &str) -> Result<Self, Failure> {
        Ok(Self::Pod(Box::new(Forwarded::of(cluster, namespace)?)))
    }

    /// Whether proxies are counted only while somebody asks.
    pub(crate) fn counts_when_asked(&self) -> bool {
        matches!(self, Self::Pod(_))
    }

    pub(crate) fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, Failure> {
        self.ask(Method::GET, path, Bytes::new())
    }

    pub(crate) fn post<T: DeserializeOwned>(&self, path: &str, body: &Value) -> Result<T, Failure> {
        self.ask(Method::POST, path, body.to_string().into())
    }

    fn ask<T: DeserializeOwned>(&self, method: Method, path: &str, body: Bytes) -> Result<T, Failure> {
        let (status, bytes) = self.patiently(method, path, body)?;
        if !status.is_success() {
            if let (Self::Pod(pod), StatusCode::NOT_FOUND, Err(_)) = (self, status, serde_json::from_slice::<Problem>(&bytes)) {
                let failure = Failure::new(Exit::Unreachable, format!("{} is no control plane of the built-in mesh", pod.name()));
                return Err(failure.help("`meshglot install --backend builtin` prints one; other meshes have commands of their own"));
            }
            let exit = if status == StatusCode::NOT_FOUND { Exit::Invalid } else { Exit::Conflict };
            let told = serde_json::from_slice::<Problem>(&bytes).map_or_else(|_| status.to_string(), |problem| problem.error);
            return Err(Failure::new(exit, told));
        }
        serde_json::from_slice(&bytes)
            .map_err(|error| self.silent(&format!("its answer cannot be read, it may be another version: {error}")))
    }

    /// Asks for something to be done, to which nothing is said.
    pub(crate) fn tell(&self, path: &str) -> Result<(), Failure> {
        let (status, _) = self.patiently(Method::POST, path, Bytes::new())?;
        if status.is_success() { Ok(()) } else { Err(Failure::new(Exit::Conflict, status.to_string())) }
    }

    fn patiently(&self, method: Method, path: &str, body: Bytes) -> Result<(StatusCode, Bytes), Failure> {
        let answer = async { tokio::time::timeout(PATIENCE, self.answer(method, path, body)).await };
        let asked = match self {
            Self::Socket(_) => tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(answer),
            Self::Pod(pod) => pod.cluster.wait(answer),
        };
        asked.unwrap_or_else(|_| Err(self.silent("it does not answer within 10 s")))
    }

    /// An answer that goes on for as long as it is read; within a runtime.
    pub(crate) async fn stream(&self, path: &str) -> Result<Incoming, Failure> {
        let asked = tokio::time::timeout(PATIENCE, self.send(Method::GET, path, Bytes::new())).await;
        let (status, body) = asked.unwrap_or_else(|_| Err(self.silent("it does not answer within 10 s")))?;
        if status.is_success() { Ok(body) } else { Err(Failure::new(Exit::Conflict, status.to_string())) }
    }

    async fn answer(&self, method: Method, path: &str, body: Bytes) -> Result<(StatusCode, Bytes), Failure> {
        let (status, body) = self.send(method, path, body).await?;
        let failed = |error: hyper::Error| self.silent(&error.to_string());
        Ok((status, body.collect().await.map_err(failed)?.to_bytes()))
    }

    async fn send(&self, method: Method, path: &str, body: Bytes) -> Result<(StatusCode, Incoming), Failure> {
        let stream: Box<dyn Stream> = match self {
            Self::Pod(pod) => Box::new(pod.connect().await?),
            Self::Socket(socket) => Box::new(UnixStream::connect(socket).await.map_err(|error| match error.kind() {
                ErrorKind::NotFound | ErrorKind::ConnectionRefused => self.silent("nobody listens there"),
                _ => self.silent(&error.to_string()),
            })?),
        };
        let failed = |error: hyper::Error| self.silent(&error.to_string());
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(failed)?;
        tokio::spawn(connection);
        let request = Request::builder().method(method).uri(path).header("host", "localhost").header("content-type", "application/json");
        let request = request.body(Full::new(body)).map_err(|error| Failure::new(Exit::Usage, error.to_string()))?;
        let answer = sender.send_request(request).await.map_err(failed)?;
        Ok((answer.status(), answer.into_body()))
    }

    pub(crate) fn silent(&self, why: &str) -> Failure {
        match self {
            Self::Socket(socket) => {
                let failure = Failure::new(Exit::Unreachable, format!("no control plane at {}: {why}", socket.display()));
                failure.help("`meshglot run --config-dir DIR` starts one")
            }
            Self::Pod(pod) => Failure::new(Exit::Unreachable, format!("{}: {why}", pod.name())),
        }
    }
}
