//! Asks the application what the kubelet wants to know of it: the kubelet has no identity of the mesh.
//!
//! Whoever can call the pod can call this port: what was declared is asked, by GET, and the status alone is told.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use http_body_util::Empty;
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use meshglot_inject::Probe;
use tokio::net::TcpStream;
use tokio::time::timeout;

/// The kubelet gives up sooner, unless somebody says otherwise.
const PATIENCE: Duration = Duration::from_secs(60);

/// What the kubelet's own connection says of itself.
const OF_THE_CONNECTION: [header::HeaderName; 4] = [header::CONNECTION, header::TRANSFER_ENCODING, header::CONTENT_LENGTH, header::UPGRADE];

/// Answers until it is dropped.
///
/// # Errors
/// The listener is none for tokio.
pub(super) async fn serve(listener: std::net::TcpListener, probes: Vec<Probe>) -> std::io::Result<()> {
    listener.set_nonblocking(true)?;
    let listener = tokio::net::TcpListener::from_std(listener)?;
    axum::serve(listener, Router::new().fallback(answer).with_state(Arc::new(probes))).await
}

async fn answer(State(probes): State<Arc<Vec<Probe>>>, request: Request) -> (StatusCode, String) {
    let name = request.uri().path().strip_prefix("/probe/");
    let Some(probe) = probes.iter().find(|probe| Some(probe.name.as_str()) == name) else {
        return (StatusCode::NOT_FOUND, "no such probe\n".to_owned());
    };
    let asked = timeout(PATIENCE, ask(probe, request.headers())).await;
    let said = asked.unwrap_or_else(|_| Err("it does not answer".to_owned()));
    said.map_or_else(|why| (StatusCode::SERVICE_UNAVAILABLE, format!("{why}\n")), |status| (status, format!("{status}\n")))
}

/// As whatever comes through the proxy the application sees it come from itself.
async fn ask(probe: &Probe, headers: &HeaderMap) -> Result<StatusCode, String> {
    let stream = TcpStream::connect(("127.0.0.1", probe.port)).await.map_err(|error| error.to_string())?;
    let Some(path) = &probe.path else { return Ok(StatusCode::OK) };
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(|error| error.to_string())?;
    tokio::spawn(connection);
    let mut request = hyper::Request::builder().method(Method::GET).uri(path.as_str());
    for (name, value) in headers.iter().filter(|(name, _)| !OF_THE_CONNECTION.contains(name)) {
        request = request.header(name, value);
    }
    let request = request.body(Empty::<Bytes>::new()).map_err(|error| error.to_string())?;
    sender.send_request(request).await.map(|answer| answer.status()).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use axum::routing::get;

    use super::*;

    /// What an application of this router is said to answer.
    async fn asked(path: &'static str, application: Router) -> (StatusCode, String) {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let serving = tokio::spawn(async move { axum::serve(listener, application).await });
        let probes = [format!("main/readiness={port}/ok?deep"), format!("main/startup={port}"), "gone/liveness=1".to_owned()];
        let probes = probes.iter().map(|text| text.parse().expect("a probe")).collect();
        let request = Request::get(path).header("host", "shop").body(axum::body::Body::empty()).expect("a request");
        let said = answer(State(Arc::new(probes)), request).await;
        serving.abort();
        said
    }

    async fn strict(request: Request) -> (StatusCode, &'static str) {
        let is_it = request.headers()["host"] == "shop" && request.uri().query() == Some("deep");
        (if is_it { StatusCode::NO_CONTENT } else { StatusCode::IM_A_TEAPOT }, "secret")
    }

    #[tokio::test]
    async fn the_status_of_the_application_is_told_and_nothing_else() {
        let said = asked("/probe/main/readiness", Router::new().route("/ok", get(strict))).await;
        assert_eq!(said, (StatusCode::NO_CONTENT, "204 No Content\n".to_owned()));
        assert_eq!(asked("/probe/main/startup", Router::new()).await.0, StatusCode::OK);
        assert_eq!(asked("/probe/main/readiness", Router::new()).await.0, StatusCode::NOT_FOUND);
        assert_eq!(asked("/probe/gone/liveness", Router::new()).await.0, StatusCode::SERVICE_UNAVAILABLE);
        // Nothing that was not declared is asked.
        assert_eq!(asked("/ok", Router::new().route("/ok", get(strict))).await.0, StatusCode::NOT_FOUND);
    }
}
