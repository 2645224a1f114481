//! Connections of a gate: one to the API server for each that comes.

use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::stream::unfold;
use http::{Request, Response, StatusCode, Uri, header};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::Incoming;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use serde_json::json;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Mutex, watch};
use tokio::task::JoinHandle;
use tokio_rustls::{TlsAcceptor, TlsConnector};

use super::State;
use super::counts::Asked;
use super::fault::Turn;
use super::tls;

type Body = UnsyncBoxBody<Bytes, hyper::Error>;

/// How the API server is reached.
pub(super) struct Way {
    address: SocketAddr,
    connector: TlsConnector,
}

/// A connection to the API server; it ends with this.
struct Open {
    sender: SendRequest<Incoming>,
    carrying: JoinHandle<()>,
}

impl Drop for Open {
    fn drop(&mut self) {
        self.carrying.abort();
    }
}

impl Way {
    pub(super) fn to(address: SocketAddr, authority: &Path) -> io::Result<Self> {
        Ok(Self { address, connector: tls::connector(authority)? })
    }

    async fn open(&self) -> io::Result<Open> {
        let stream = TcpStream::connect(self.address).await?;
        stream.set_nodelay(true)?;
        let stream = self.connector.connect(ServerName::from(self.address.ip()), stream).await?;
        let (sender, connection) = handshake(TokioIo::new(stream)).await.map_err(io::Error::other)?;
        // What goes wrong with it, the answer that does not come tells.
        let carrying = tokio::spawn(async move { drop(connection.await) });
        Ok(Open { sender, carrying })
    }
}

/// Takes connections until it is aborted.
pub(super) async fn accept(listener: TcpListener, acceptor: TlsAcceptor, way: Arc<Way>, state: Arc<State>) {
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        if state.refuses() {
            continue;
        }
        let mut cuts = state.cuts.subscribe();
        let (acceptor, way, state) = (acceptor.clone(), way.clone(), state.clone());
        tokio::spawn(async move {
            tokio::select! {
                // A client that goes away is no trouble of the gate's.
                _ = serve(stream, acceptor, way, state) => {}
                _ = cuts.changed() => {}
            }
        });
    }
}

async fn serve(stream: TcpStream, acceptor: TlsAcceptor, way: Arc<Way>, state: Arc<State>) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let stream = acceptor.accept(stream).await?;
    let open = Arc::new(Mutex::new(None));
    let service = service_fn(move |request| one(request, way.clone(), open.clone(), state.clone()));
    hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await.map_err(io::Error::other)
}

async fn one(request: Request<Incoming>, way: Arc<Way>, open: Arc<Mutex<Option<Open>>>, state: Arc<State>) -> io::Result<Response<Body>> {
    match state.asked(Asked::by(request.method(), request.uri())) {
        Turn::Answer { status, retry_after } => return refusal(status, retry_after),
        Turn::Wait(pause) => tokio::time::sleep(pause).await,
        Turn::Pass => {}
    }
    let watched = watched(request.uri());
    let mut open = open.lock().await;
    let mut used = match open.take() {
        Some(used) => used,
        None => way.open().await?,
    };
    // The API server may have closed it meanwhile.
    if used.sender.ready().await.is_err() {
        used = way.open().await?;
    }
    let answer = open.insert(used).sender.send_request(request).await;
    let answer = answer.map_err(io::Error::other)?;
    Ok(match watched {
        Some(plural) => answer.map(|body| held(body, plural, state.held.subscribe())),
        None => answer.map(BodyExt::boxed_unsync),
    })
}

/// The plural of the kind that is watched.
fn watched(uri: &Uri) -> Option<String> {
    let is_watch = uri.query().is_some_and(|query| query.split('&').any(|one| one == "watch=true"));
    uri.path().rsplit('/').next().filter(|_| is_watch).map(str::to_owned)
}

/// What a watch tells, as it comes but for what is held back.
fn held(body: Incoming, plural: String, held: watch::Receiver<Option<&'static str>>) -> Body {
    let frames = unfold((body, plural, held), |(mut body, plural, mut held)| async move {
        let frame = body.frame().await?;
        // A gate that is gone holds nothing.
        let _ = held.wait_for(|held| *held != Some(&*plural)).await;
        Some((frame, (body, plural, held)))
    });
    StreamBody::new(frames).boxed_unsync()
}

/// As an API server words it.
fn refusal(status: u16, retry_after: Option<u32>) -> io::Result<Response<Body>> {
    let reason = match status {
        429 => "TooManyRequests",
        503 => "ServiceUnavailable",
        _ => "InternalError",
    };
    let body = json!({
        "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
        "message": "the gate of a test answers", "reason": reason, "code": status,
    });
    let code = StatusCode::from_u16(status).map_err(io::Error::other)?;
    let mut answer = Response::builder().status(code).header(header::CONTENT_TYPE, "application/json");
    if let Some(seconds) = retry_after {
        answer = answer.header(header::RETRY_AFTER, seconds);
    }
    let body = Full::new(Bytes::from(body.to_string())).map_err(|never| match never {});
    answer.body(body.boxed_unsync()).map_err(io::Error::other)
}
