//! One question to the application. As whatever comes through the proxy it sees it come from itself.

use http_body_util::Empty;
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::header::{self, HeaderMap, HeaderName};
use hyper::{Method, Request, StatusCode};
use hyper_util::rt::TokioIo;
use meshglot_inject::{Asks, Probe};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tonic::transport::Endpoint;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

use super::tls;

/// What the kubelet's own connection says of itself.
const OF_THE_CONNECTION: [HeaderName; 4] = [header::CONNECTION, header::TRANSFER_ENCODING, header::CONTENT_LENGTH, header::UPGRADE];

/// The status that the application answers, in terms of HTTP; `Err`: it does not, for people.
pub(super) async fn ask(probe: &Probe, headers: &HeaderMap) -> Result<StatusCode, String> {
    match &probe.asks {
        Asks::Connection => connected(probe.port).await.map(|_| StatusCode::OK),
        Asks::Http(path) => get(connected(probe.port).await?, path, headers).await,
        Asks::Https(path) => get(tls::secured(connected(probe.port).await?).await?, path, headers).await,
        Asks::Grpc(service) => serving(probe.port, service).await,
    }
}

async fn connected(port: u16) -> Result<TcpStream, String> {
    TcpStream::connect(("127.0.0.1", port)).await.map_err(|error| error.to_string())
}

async fn get(stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static, path: &str, headers: &HeaderMap) -> Result<StatusCode, String> {
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(|error| error.to_string())?;
    tokio::spawn(connection);
    let mut request = Request::builder().method(Method::GET).uri(path);
    for (name, value) in headers.iter().filter(|(name, _)| !OF_THE_CONNECTION.contains(name)) {
        request = request.header(name, value);
    }
    let request = request.body(Empty::<Bytes>::new()).map_err(|error| error.to_string())?;
    sender.send_request(request).await.map(|answer| answer.status()).map_err(|error| error.to_string())
}

/// `SERVING` alone is well, as for the kubelet.
async fn serving(port: u16, service: &str) -> Result<StatusCode, String> {
    let endpoint = Endpoint::from_shared(format!("http://127.0.0.1:{port}")).map_err(|error| error.to_string())?;
    let channel = endpoint.connect().await.map_err(|error| error.to_string())?;
    let request = HealthCheckRequest { service: service.to_owned() };
    let answer = HealthClient::new(channel).check(request).await.map_err(|status| status.to_string())?;
    match answer.into_inner().status() {
        ServingStatus::Serving => Ok(StatusCode::OK),
        other => Err(other.as_str_name().to_owned()),
    }
}
