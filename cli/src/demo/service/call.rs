//! A call of a service to another, by its own proxy.

use std::net::SocketAddr;
use std::time::Duration;

use http_body_util::{BodyExt as _, Empty};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;

/// What takes longer is no answer.
const PATIENCE: Duration = Duration::from_secs(2);

/// The status and the answer; an `Err` says why there is none.
pub(super) async fn get(door: SocketAddr, host: &str, path: &str) -> Result<(u16, Value), String> {
    let answered = tokio::time::timeout(PATIENCE, ask(door, host, path)).await;
    answered.unwrap_or_else(|_| Err("no answer within 2 s".to_owned()))
}

async fn ask(door: SocketAddr, host: &str, path: &str) -> Result<(u16, Value), String> {
    let (status, bytes) = fetch(door, host, path).await?;
    // What a proxy says is no JSON.
    Ok((status, serde_json::from_slice(&bytes).unwrap_or(Value::Null)))
}

/// The status and the bytes of an answer, on a connection of its own, however long it takes.
pub(in super::super) async fn fetch(door: SocketAddr, host: &str, path: &str) -> Result<(u16, Bytes), String> {
    let failed = |error: &dyn std::error::Error| error.to_string();
    let stream = TcpStream::connect(door).await.map_err(|error| failed(&error))?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(|error| failed(&error))?;
    let driver = tokio::spawn(connection);
    let request = hyper::Request::get(path).header("host", host).body(Empty::<Bytes>::new()).map_err(|error| failed(&error))?;
    let answer = sender.send_request(request).await.map_err(|error| failed(&error))?;
    let status = answer.status().as_u16();
    let bytes = answer.into_body().collect().await.map_err(|error| failed(&error))?.to_bytes();
    driver.abort();
    Ok((status, bytes))
}
