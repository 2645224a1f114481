//! Asks the application what the kubelet wants to know of it: the kubelet has no identity of the mesh.
//!
//! Whoever can call the pod can call this port: what was declared is asked, and the status alone is told.

mod ask;
mod tls;

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use meshglot_inject::Probe;
use tokio::net::TcpListener;
use tokio::time::{sleep, timeout};

/// The kubelet gives up sooner, unless somebody says otherwise.
const PATIENCE: Duration = Duration::from_secs(60);

/// Whoever says nothing for so long is not waited for.
const SILENCE: Duration = Duration::from_secs(10);

/// Before another connection is taken where none could be: there are no more files, mostly.
const PAUSE: Duration = Duration::from_secs(1);

/// Answers until it is dropped.
///
/// # Errors
/// The listener is none for tokio.
pub(super) async fn serve(listener: std::net::TcpListener, probes: Vec<Probe>) -> std::io::Result<Infallible> {
    listener.set_nonblocking(true)?;
    let (listener, probes) = (TcpListener::from_std(listener)?, Arc::new(probes));
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            sleep(PAUSE).await;
            continue;
        };
        let probes = probes.clone();
        let service = service_fn(move |request| answer(probes.clone(), request));
        // It ends with an error where a hook got no answer: it is then cut, as the application's own would be.
        tokio::spawn(
            http1::Builder::new().timer(TokioTimer::new()).header_read_timeout(SILENCE).serve_connection(TokioIo::new(stream), service),
        );
    }
}

/// `Err`: it is a hook, and there was no answer. The kubelet takes any answer to a hook for success, ours too.
async fn answer(probes: Arc<Vec<Probe>>, request: Request<Incoming>) -> Result<Response<String>, String> {
    let name = request.uri().path().strip_prefix("/probe/");
    let Some(probe) = probes.iter().find(|probe| Some(probe.name.as_str()) == name) else {
        return Ok(told(StatusCode::NOT_FOUND, "no such probe"));
    };
    let asked = timeout(PATIENCE, ask::ask(probe, request.headers())).await;
    match asked.unwrap_or_else(|_| Err("it does not answer".to_owned())) {
        Ok(status) => Ok(told(status, status)),
        Err(why) if probe.is_hook() => Err(why),
        Err(why) => Ok(told(StatusCode::SERVICE_UNAVAILABLE, why)),
    }
}

fn told(status: StatusCode, words: impl std::fmt::Display) -> Response<String> {
    let mut answer = Response::new(format!("{words}\n"));
    *answer.status_mut() = status;
    answer
}

#[cfg(test)]
mod tests;
