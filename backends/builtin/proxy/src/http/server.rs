//! HTTP on one connection, whichever version its first bytes say.

use std::io;
use std::pin::pin;
use std::rc::Rc;

use bytes::Bytes;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite};

use super::service::handle;
use crate::connection::{Connection, Phase};
use crate::io::Rewind;
use crate::table::HttpManager;
use crate::worker::Local;

/// How HTTP/2 begins.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// All headers of a request together, as Envoy has it.
const HEADERS: usize = 60 << 10;

/// How much may come of one request, and of all on a connection, before somebody has taken it.
const STREAM_WINDOW: u32 = 256 << 10;
const CONNECTION_WINDOW: u32 = 1 << 20;

/// Requests at once on one connection.
const STREAMS: u32 = 1024;

/// So much of an answer waits for a caller that reads slowly.
const SEND_BUFFER: usize = 64 << 10;

/// Lets a connection go on until it ends, or has to.
macro_rules! drive {
    ($connection:expr, $serving:expr) => {
        loop {
            tokio::select! {
                _ = $serving.as_mut() => return,
                phase = $connection.changes() => match phase {
                    Phase::Open => {}
                    Phase::Draining => $serving.as_mut().graceful_shutdown(),
                    Phase::Closed => return,
                },
            }
        }
    };
}

/// Serves requests until one of both ends has had enough.
pub(crate) async fn serve(
    connection: Rc<Connection>,
    manager: &HttpManager,
    mut stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
) {
    let begun = tokio::select! {
        begun = begin(&mut stream) => begun,
        // Nothing is under way yet, so that it need not wait for anything.
        _ = connection.changes() => return,
    };
    let Ok((is_http2, before)) = begun else { return };
    let stream = TokioIo::new(Rewind::new(before, stream));
    let served = connection.clone();
    if is_http2 {
        // A task for each request would move the whole of it, which is large, more than once.
        let service = service_fn(move |request| Box::pin(handle(served.clone(), request)));
        connection.activity.framed();
        let mut builder = http2::Builder::new(Local);
        builder
            .initial_stream_window_size(STREAM_WINDOW)
            .initial_connection_window_size(CONNECTION_WINDOW)
            .max_concurrent_streams(STREAMS)
            .max_header_list_size(HEADERS as u32)
            .max_send_buf_size(SEND_BUFFER);
        let mut serving = pin!(builder.serve_connection(stream, service));
        drive!(connection, serving);
    } else {
        let service = service_fn(move |request| handle(served.clone(), request));
        let mut builder = http1::Builder::new();
        builder.max_headers(manager.max_headers).max_header_size(HEADERS).max_buf_size(HEADERS + 4096);
        let mut serving = pin!(builder.serve_connection(stream, service).with_upgrades());
        drive!(connection, serving);
    }
}

/// Reads as much as tells which version it is.
async fn begin(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<(bool, Bytes)> {
    let mut buffer = [0; PREFACE.len()];
    let mut length = 0;
    while length < buffer.len() && PREFACE.starts_with(&buffer[..length]) {
        let read = stream.read(&mut buffer[length..]).await?;
        if read == 0 {
            break;
        }
        length += read;
    }
    Ok((buffer == *PREFACE, Bytes::copy_from_slice(&buffer[..length])))
}
