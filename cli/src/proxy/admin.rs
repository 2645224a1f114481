//! Asks the administration of a running control plane, over its socket.

use std::io::ErrorKind;
use std::path::PathBuf;
use std::time::Duration;

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1;
use hyper::{Method, Request, StatusCode};
use hyper_util::rt::TokioIo;
use meshglot_control::Problem;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::net::UnixStream;

use crate::exit::{Exit, Failure};

/// What takes longer is given up.
const PATIENCE: Duration = Duration::from_secs(10);

/// A socket.
pub(crate) struct Admin(PathBuf);

impl Admin {
    pub(crate) fn at(socket: PathBuf) -> Self {
        Self(socket)
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
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let asked = runtime.block_on(async { tokio::time::timeout(PATIENCE, self.answer(method, path, body)).await });
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
        let failed = |error: hyper::Error| self.silent(&error.to_string());
        let stream = UnixStream::connect(&self.0).await.map_err(|error| match error.kind() {
            ErrorKind::NotFound | ErrorKind::ConnectionRefused => self.silent("nobody listens there"),
            _ => self.silent(&error.to_string()),
        })?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(failed)?;
        tokio::spawn(connection);
        let request = Request::builder().method(method).uri(path).header("host", "meshglot").header("content-type", "application/json");
        let request = request.body(Full::new(body)).map_err(|error| Failure::new(Exit::Usage, error.to_string()))?;
        let answer = sender.send_request(request).await.map_err(failed)?;
        Ok((answer.status(), answer.into_body()))
    }

    pub(crate) fn silent(&self, why: &str) -> Failure {
        let failure = Failure::new(Exit::Unreachable, format!("no control plane at {}: {why}", self.0.display()));
        failure.help("`meshglot run --config-dir DIR` starts one")
    }
}
