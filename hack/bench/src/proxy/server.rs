//! The server behind all proxies, as a process: 1 KiB over HTTP/1.1, HTTP/2 and gRPC, and bytes without end.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, Request, Response};
use http_body_util::{BodyExt as _, Full, combinators::BoxBody};
use hyper::body::{Frame, Incoming};
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpStream};

/// What it answers.
const BODY: &[u8] = &[b'x'; 1024];

/// So much is written at once where bytes alone are measured.
const PIECE: &[u8] = &[b'x'; 64 << 10];

/// Where it listens.
#[derive(Clone, Copy)]
pub(crate) struct Ports {
    pub(crate) http1: u16,
    pub(crate) http2: u16,
    pub(crate) bytes: u16,
}

impl Ports {
    /// From its first line.
    pub(crate) fn read(line: &str) -> io::Result<Self> {
        let ports: Vec<u16> = line.split(' ').filter_map(|word| word.parse().ok()).collect();
        let [http1, http2, bytes] = ports[..] else { return Err(io::Error::other("the server names three ports")) };
        Ok(Self { http1, http2, bytes })
    }
}

/// Serves until it is ended.
pub(crate) async fn run() -> io::Result<()> {
    let listeners =
        [TcpListener::bind("127.0.0.1:0").await?, TcpListener::bind("127.0.0.1:0").await?, TcpListener::bind("127.0.0.1:0").await?];
    let ports = listeners.iter().map(|listener| Ok(listener.local_addr()?.port().to_string())).collect::<io::Result<Vec<_>>>()?;
    println!("{}", ports.join(" "));
    let [one, two, bytes] = listeners;
    tokio::join!(
        accept(one, |stream| async { drop(http1::Builder::new().serve_connection(TokioIo::new(stream), service_fn(plain)).await) }),
        accept(two, |stream| async {
            let mut builder = http2::Builder::new(TokioExecutor::new());
            drop(builder.max_concurrent_streams(10_000).serve_connection(TokioIo::new(stream), service_fn(answer)).await);
        }),
        accept(bytes, |mut stream| async move { while stream.write_all(PIECE).await.is_ok() {} }),
    );
    Ok(())
}

/// The same answers over HTTP/1.1 alone, to whoever reaches this address.
pub(crate) async fn serve(address: SocketAddr) -> io::Result<()> {
    accept(TcpListener::bind(address).await?, |stream| async {
        drop(http1::Builder::new().serve_connection(TokioIo::new(stream), service_fn(plain)).await);
    })
    .await;
    Ok(())
}

async fn accept<F: Future<Output = ()> + Send + 'static>(listener: TcpListener, serve: impl Fn(TcpStream) -> F) {
    while let Ok((stream, _)) = listener.accept().await {
        let _ = stream.set_nodelay(true);
        tokio::spawn(serve(stream));
    }
}

async fn plain(_: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    Ok(Response::new(Full::new(Bytes::from_static(BODY))))
}

/// A call of gRPC ends with trailers.
async fn answer(request: Request<Incoming>) -> Result<Response<BoxBody<Bytes, Infallible>>, Infallible> {
    let is_grpc = request.headers().get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"application/grpc"));
    let body = Full::new(Bytes::from_static(BODY));
    if !is_grpc {
        return Ok(Response::new(body.boxed()));
    }
    let _ = request.into_body().collect().await;
    let body = body.with_trailers(async {
        let mut trailers = HeaderMap::new();
        trailers.insert("grpc-status", HeaderValue::from_static("0"));
        Some(Ok(trailers))
    });
    let mut response = Response::new(body.map_frame(|frame: Frame<Bytes>| frame).boxed());
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
    Ok(response)
}
