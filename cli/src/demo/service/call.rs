//! A call of a service to another.

use std::net::SocketAddr;
use std::time::Duration;

use http_body_util::{BodyExt as _, Empty};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::{TcpStream, ToSocketAddrs};

/// What takes longer is no answer.
const PATIENCE: Duration = Duration::from_secs(2);

/// The port of every Service.
const PORT: u16 = 9080;

/// How a service's calls leave.
#[derive(Clone, Copy, Debug)]
pub(super) enum Way {
    /// By a port of its proxy, which knows the name.
    Door(SocketAddr),
    /// As if there were no mesh: somebody else takes them on their way.
    Network,
}

/// The status and the answer of a Service (`NAME.NAMESPACE`); an `Err` says why there is none.
pub(super) async fn get(way: Way, host: &str, path: &str) -> Result<(u16, Value), String> {
    let answered = tokio::time::timeout(PATIENCE, ask(way, host, path)).await;
    answered.unwrap_or_else(|_| Err("no answer within 2 s".to_owned()))
}

async fn ask(way: Way, host: &str, path: &str) -> Result<(u16, Value), String> {
    let found = match way {
        Way::Door(door) => fetch(door, host, path).await,
        Way::Network => fetch((host, PORT), &format!("{host}:{PORT}"), path).await,
    };
    let (status, bytes) = found?;
    // What a proxy says is no JSON.
    Ok((status, serde_json::from_slice(&bytes).unwrap_or(Value::Null)))
}

/// The status and the bytes of an answer, on a connection of its own, however long it takes.
pub(in super::super) async fn fetch(at: impl ToSocketAddrs, host: &str, path: &str) -> Result<(u16, Bytes), String> {
    let failed = |error: &dyn std::error::Error| error.to_string();
    let stream = TcpStream::connect(at).await.map_err(|error| failed(&error))?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(|error| failed(&error))?;
    let driver = tokio::spawn(connection);
    let request = hyper::Request::get(path).header("host", host).body(Empty::<Bytes>::new()).map_err(|error| failed(&error))?;
    let answer = sender.send_request(request).await.map_err(|error| failed(&error))?;
    let status = answer.status().as_u16();
    let bytes = answer.into_body().collect().await.map_err(|error| failed(&error))?.to_bytes();
    driver.abort();
    Ok((status, bytes))
}
