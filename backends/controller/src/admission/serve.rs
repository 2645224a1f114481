//! Admission over HTTPS: `POST /validate` takes an AdmissionReview of policy, `POST /inject` one of pods. By which certificate is read anew
//! for each connection.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use http::{Method, Request, Response, StatusCode, header};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use rustls::ServerConfig;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;

use super::pods::{self, Inject};
use crate::desk::Desk;
use crate::metrics::Metrics;

/// Where reviews of policy are taken.
const VALIDATE: &str = "/validate";

/// Where reviews of pods are taken, if they are.
const INJECT: &str = "/inject";

/// Bytes of a review: the API server keeps objects of 3 MiB at most, and sends the one before along.
const BODY: usize = 8 * 1024 * 1024;

/// How long a client may take for a handshake, or the body of a request.
const PATIENCE: Duration = Duration::from_secs(5);

/// How long a connection may be idle: an API server gives one up after 90 s, and loses a request where the other end is faster.
const IDLE: Duration = Duration::from_secs(120);

/// Connections at a time; an API server has a few.
const CONNECTIONS: usize = 256;

/// After an error that may last, such as too many open files.
const PAUSE: Duration = Duration::from_millis(100);

/// Who answers reviews, and where they are counted.
#[derive(Clone)]
pub struct Reviewers {
    /// Those of policy.
    pub desk: Desk,
    /// Those of pods; `None`: there is no such path.
    pub inject: Option<Inject>,
    /// All.
    pub metrics: Metrics,
    /// Whether the process ends soon: each connection is used for one answer more, so that none is cut off between two.
    pub leaves: Arc<AtomicBool>,
}

/// Answers reviews until it is dropped; connections end with it. Connections that come are taken by the newest of `configs`, those that
/// are there go on.
pub async fn serve_reviews(listener: TcpListener, configs: watch::Receiver<Option<Arc<ServerConfig>>>, reviewers: Reviewers) {
    let (mut connections, room) = (JoinSet::new(), Arc::new(Semaphore::new(CONNECTIONS)));
    loop {
        let Ok(place) = room.clone().acquire_owned().await else { return };
        while connections.try_join_next().is_some() {}
        let Ok((stream, _)) = listener.accept().await else {
            sleep(PAUSE).await;
            continue;
        };
        // Before there is a certificate nobody can be answered.
        let Some(config) = configs.borrow().clone() else { continue };
        let reviewers = reviewers.clone();
        connections.spawn(async move {
            connection(stream, config, reviewers).await;
            drop(place);
        });
    }
}

/// What goes wrong with a connection is told by the client alone.
async fn connection(stream: TcpStream, config: Arc<ServerConfig>, reviewers: Reviewers) {
    // Small answers go at once: a client that waits for the rest of one says nothing.
    let _ = stream.set_nodelay(true);
    let Ok(Ok(stream)) = timeout(PATIENCE, TlsAcceptor::from(config).accept(stream)).await else { return };
    let service = service_fn(move |request| {
        let reviewers = reviewers.clone();
        async move {
            let mut response = answer(request, &reviewers).await;
            if reviewers.leaves.load(Ordering::Relaxed) {
                response.headers_mut().insert(header::CONNECTION, header::HeaderValue::from_static("close"));
            }
            Ok::<_, Infallible>(response)
        }
    });
    let mut server = http1::Builder::new();
    server.timer(TokioTimer::new()).header_read_timeout(IDLE);
    let _ = server.serve_connection(TokioIo::new(stream), service).await;
}

async fn answer(request: Request<Incoming>, reviewers: &Reviewers) -> Response<Full<Bytes>> {
    let inject = match (request.uri().path(), &reviewers.inject) {
        (VALIDATE, _) => None,
        (INJECT, Some(inject)) => Some(inject),
        (INJECT, None) => return told(StatusCode::NOT_FOUND, "text/plain", "no sidecars are put into pods here\n".to_owned()),
        _ => return told(StatusCode::NOT_FOUND, "text/plain", format!("reviews are taken at {VALIDATE}\n")),
    };
    if request.method() != Method::POST {
        return told(StatusCode::METHOD_NOT_ALLOWED, "text/plain", "reviews are sent by POST\n".to_owned());
    }
    let body = match timeout(PATIENCE, Limited::new(request.into_body(), BODY).collect()).await {
        Ok(Ok(body)) => body.to_bytes(),
        Ok(Err(_)) => return told(StatusCode::PAYLOAD_TOO_LARGE, "text/plain", "the review breaks off, or is too long\n".to_owned()),
        Err(_) => return told(StatusCode::REQUEST_TIMEOUT, "text/plain", "the review takes too long\n".to_owned()),
    };
    let Ok(review) = serde_json::from_slice(&body) else {
        return told(StatusCode::BAD_REQUEST, "text/plain", "the review is not JSON\n".to_owned());
    };
    let begun = Instant::now();
    let answer = match inject {
        Some(inject) => pods::review(&review, inject),
        None => reviewers.desk.review(&review).await,
    };
    reviewers.metrics.reviewed(answer.as_ref().ok(), begun.elapsed());
    match answer {
        Ok(answer) => told(StatusCode::OK, "application/json", answer.to_string()),
        Err(why) => told(StatusCode::BAD_REQUEST, "text/plain", format!("{why}\n")),
    }
}

fn told(status: StatusCode, kind: &'static str, text: String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(text)));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static(kind));
    response
}
