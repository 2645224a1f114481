//! What the proxy answers on sockets of its own: whether it serves, what it has counted, and what passes through it.

use std::io;
use std::net::TcpListener as StdListener;
use std::path::Path;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use futures_util::stream;
use tokio::net::{TcpListener, UnixListener};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::ads::Status;
use crate::looked::Looked;
use crate::observe::{LogLosses, MetricNames, Registry, Tap};

/// The name of the socket in the folder of a proxy.
const SOCKET: &str = "admin.sock";

/// What is answered from.
#[derive(Clone)]
pub(crate) struct Answers {
    pub(crate) metrics: Registry,
    pub(crate) names: MetricNames,
    /// `NAMESPACE/WORKLOAD/INSTANCE`.
    pub(crate) id: Arc<str>,
    pub(crate) losses: LogLosses,
    pub(crate) tap: Tap,
    pub(crate) status: watch::Receiver<Status>,
}

/// Answers in the folder and to the control plane, and, counters and readiness alone, to whoever asks. It ends when this is dropped.
pub(crate) struct Admin {
    _serving: JoinSet<io::Result<()>>,
    /// Answers that go on end with it: connections have tasks of their own.
    _lives: watch::Sender<()>,
}

impl Admin {
    /// # Errors
    /// A socket cannot be listened on.
    pub(crate) async fn start(answers: Answers, folder: &Path, counters: Option<StdListener>, looked: Option<Looked>) -> io::Result<Self> {
        let mut serving = JoinSet::new();
        let answers = Arc::new(answers);
        let counted = Router::new().route("/metrics", get(metrics)).route("/ready", get(ready));
        if let Some(listener) = counters {
            listener.set_nonblocking(true)?;
            let listener = TcpListener::from_std(listener)?;
            let router = counted.clone().with_state(answers.clone());
            serving.spawn(async move { axum::serve(listener, router).await });
        }
        let socket = folder.join(SOCKET);
        match std::fs::remove_file(&socket) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(told(socket.display())(error)),
            // That of before is nobody's any more.
            _ => {}
        }
        let listener = UnixListener::bind(&socket).map_err(told(socket.display()))?;
        let (lives, ends) = watch::channel(());
        let tap = get(move |state| tap(state, ends));
        let router = counted.route("/tap", tap).route("/status", get(status)).with_state(answers);
        if let Some(looked) = looked {
            let (proven, router) = (looked.start()?, router.clone());
            serving.spawn(async move { axum::serve(proven, router).await });
        }
        serving.spawn(async move { axum::serve(listener, router).await });
        Ok(Self { _serving: serving, _lives: lives })
    }
}

fn told(what: impl std::fmt::Display) -> impl FnOnce(io::Error) -> io::Error {
    move |error| io::Error::new(error.kind(), format!("{what} cannot be listened on: {error}"))
}

async fn metrics(State(answers): State<Arc<Answers>>) -> Response {
    let text = answers.metrics.text(answers.names, &answers.id, answers.losses.count());
    ([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response()
}

/// Whether it has something to serve: then a pod is ready.
async fn ready(State(answers): State<Arc<Answers>>) -> (StatusCode, &'static str) {
    let serves = answers.status.borrow().taken.values().any(|count| *count > 0);
    if serves { (StatusCode::OK, "ready\n") } else { (StatusCode::SERVICE_UNAVAILABLE, "nothing has come from the control plane yet\n") }
}

async fn status(State(answers): State<Arc<Answers>>) -> Response {
    let Status { connected, last_error, refused, taken, .. } = answers.status.borrow().clone();
    let refused = refused.iter().map(|((kind, name), why)| serde_json::json!({ "kind": kind.to_string(), "name": &**name, "why": why }));
    let taken: serde_json::Map<_, _> = taken.iter().map(|(kind, count)| (kind.to_string(), (*count).into())).collect();
    axum::Json(serde_json::json!({
        "connected": connected,
        "last_error": last_error,
        "refused": refused.collect::<Vec<_>>(),
        "taken": taken,
    }))
    .into_response()
}

/// A line of JSON for each request and connection that ends, for as long as somebody reads and the proxy is there. Who reads too slowly
/// is told how many lines were left out.
async fn tap(State(answers): State<Arc<Answers>>, ends: watch::Receiver<()>) -> Response {
    let lines = stream::unfold((answers.tap.watch(), ends), |(mut watch, mut ends)| async move {
        let line = tokio::select! {
            line = watch.lines.recv() => line,
            // Nothing is ever sent: it is gone.
            _ = ends.changed() => return None,
        };
        let line = match line {
            Ok(line) => line,
            Err(RecvError::Lagged(count)) => Bytes::from(format!("{{\"left_out\":{count}}}\n")),
            Err(RecvError::Closed) => return None,
        };
        Some((Ok::<_, io::Error>(line), (watch, ends)))
    });
    ([(CONTENT_TYPE, "application/x-ndjson")], Body::from_stream(lines)).into_response()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::UnixStream;
    use tokio::time::timeout;

    use super::*;

    #[tokio::test]
    async fn a_tap_ends_with_its_proxy() {
        let folder = tempfile::tempdir().expect("a folder");
        let (_state, status) = watch::channel(Status::default());
        let answers = Answers {
            metrics: Registry::default(),
            names: MetricNames::default(),
            id: "shop/web/web-1".into(),
            losses: LogLosses::default(),
            tap: Tap::new(),
            status,
        };
        let admin = Admin::start(answers, folder.path(), None, None).await.expect("a socket");
        let mut stream = UnixStream::connect(folder.path().join(SOCKET)).await.expect("it listens");
        stream.write_all(b"GET /tap HTTP/1.1\r\nhost: x\r\n\r\n").await.expect("it reads");
        let mut head = [0; 12];
        timeout(Duration::from_secs(10), stream.read_exact(&mut head)).await.expect("in time").expect("a head");
        assert_eq!(&head, b"HTTP/1.1 200");
        // Somebody may write to it still, as the threads that serve do while they end.
        drop(admin);
        let mut rest = Vec::new();
        timeout(Duration::from_secs(10), async {
            while !rest.ends_with(b"0\r\n\r\n") {
                assert_ne!(stream.read_buf(&mut rest).await.expect("it is there"), 0, "it ends as an answer does");
            }
        })
        .await
        .expect("it ends");
    }
}
