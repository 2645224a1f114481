//! What a controller answers over HTTP: counters, probes, and its log level to whoever is on its own machine.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use axum::Router;
use axum::extract::{ConnectInfo, DefaultBodyLimit, Request, State};
use axum::http::request::Parts;
use axum::http::{StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use meshglot_control::Control;
use meshglot_controller::{Pulse, Signs};
use meshglot_web::{Host, Hosts};
use tokio::runtime::Runtime;

use super::logs::Level;
use super::look::{self, Look};
use super::probes;

/// Bytes of a log level.
const LEVEL: usize = 4096;

#[derive(Clone)]
struct Served {
    signs: Signs,
    level: Level,
    plane: Option<Arc<Control>>,
}

/// Answers from now on; where it listens.
///
/// # Errors
/// The socket cannot be used.
pub(super) fn start(
    runtime: &Runtime,
    listener: TcpListener,
    signs: Signs,
    level: Level,
    plane: Option<Arc<Control>>,
    look: Option<Arc<Look>>,
) -> io::Result<SocketAddr> {
    let address = listener.local_addr()?;
    listener.set_nonblocking(true)?;
    let _context = runtime.enter();
    let listener = tokio::net::TcpListener::from_std(listener)?;
    let looked = look.map(look::router).unwrap_or_default();
    let service = router(Served { signs, level, plane }).merge(looked).into_make_service_with_connect_info::<SocketAddr>();
    // It ends with the runtime.
    runtime.spawn(async move { axum::serve(listener, service).await });
    Ok(address)
}

fn router(served: Served) -> Router {
    Router::new()
        .route("/metrics", get(metrics))
        .route("/livez", get(live))
        .route("/healthz", get(live))
        .route("/readyz", get(ready))
        .route("/roots", get(roots))
        .route("/loglevel", get(level).put(change_level))
        .layer(DefaultBodyLimit::max(LEVEL))
        .with_state(served)
}

/// What proxies of the built-in mesh have to trust: it is no secret, and whoever hands it on has to trust this connection.
async fn roots(State(served): State<Served>) -> Response {
    match &served.plane {
        Some(plane) => ([(header::CONTENT_TYPE, "application/x-pem-file")], plane.roots()).into_response(),
        None => (StatusCode::NOT_FOUND, "this controller is no control plane\n").into_response(),
    }
}

async fn metrics(State(served): State<Served>) -> Response {
    match served.signs.metrics.text() {
        Ok(text) => ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, format!("{error}\n")).into_response(),
    }
}

async fn live(State(served): State<Served>, uri: Uri) -> Response {
    probe(probes::live, &served.signs.pulse, &uri)
}

async fn ready(State(served): State<Served>, uri: Uri) -> Response {
    let serves = served.plane.as_ref().map(|plane| plane.is_ready());
    probe(|pulse| probes::ready(pulse, serves), &served.signs.pulse, &uri)
}

/// What is wrong is told in any case, and what is well to whoever asks for `?verbose`.
fn probe(check: impl Fn(&Pulse) -> (bool, String), pulse: &Pulse, uri: &Uri) -> Response {
    let is_verbose = uri.query().is_some_and(|query| query.split('&').any(|word| word.split('=').next() == Some("verbose")));
    match check(pulse) {
        (true, _) if !is_verbose => "ok".into_response(),
        (true, text) => text.into_response(),
        (false, text) => (StatusCode::INTERNAL_SERVER_ERROR, text).into_response(),
    }
}

async fn level(State(served): State<Served>) -> Response {
    served.level.now().map_or(StatusCode::INTERNAL_SERVER_ERROR.into_response(), |level| format!("{level}\n").into_response())
}

/// Only for this machine (`kubectl port-forward` comes from there), and not through a page in a browser.
async fn change_level(State(served): State<Served>, ConnectInfo(peer): ConnectInfo<SocketAddr>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    if let Some(why) = refusal(&parts, peer, "The log level is changed") {
        return (StatusCode::FORBIDDEN, format!("{why}\n")).into_response();
    }
    let Ok(text) = axum::body::to_bytes(body, LEVEL).await else { return StatusCode::PAYLOAD_TOO_LARGE.into_response() };
    match served.level.set(String::from_utf8_lossy(&text).trim()) {
        Ok(()) => level(State(served)).await,
        Err(why) => (StatusCode::BAD_REQUEST, format!("{why}\n")).into_response(),
    }
}

/// Why whoever asks is not answered. `what`: what is done for this machine alone, the beginning of a sentence.
pub(super) fn refusal(parts: &Parts, peer: SocketAddr, what: &str) -> Option<String> {
    if !peer.ip().to_canonical().is_loopback() {
        return Some(format!("{what} from this machine alone: kubectl port-forward leads there."));
    }
    let names = Hosts::new(["localhost", "127.0.0.1", "[::1]"].map(Host::new).into());
    names.refusal(parts).map(|refused| refused.message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use test_case::test_case;

    #[test_case("127.0.0.1:5000", "localhost:8080", true ; "as by port-forward")]
    #[test_case("[::1]:5000", "[::1]:8080", true ; "version 6")]
    #[test_case("[::ffff:127.0.0.1]:5000", "127.0.0.1:8080", true ; "version 4 in 6")]
    #[test_case("10.0.0.7:5000", "localhost:8080", false ; "another machine")]
    #[test_case("127.0.0.1:5000", "rebound.example", false ; "a name that somebody has turned")]
    fn only_this_machine_changes_the_level(peer: &str, host: &str, want: bool) {
        let (parts, ()) = Request::put("/loglevel").header("host", host).body(()).expect("a request").into_parts();
        assert_eq!(refusal(&parts, peer.parse().expect("an address"), "It is done").is_none(), want);
    }
}
