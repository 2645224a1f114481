//! What hyper costs alone: a forwarder without routes, rules, log or limits, on one thread.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use http::Request;
use hyper::body::Incoming;
use hyper::client::conn::{http1 as client1, http2 as client2};
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::{TcpListener, TcpStream};

/// Connections to the server that wait for a request.
type Pool = Arc<Mutex<Vec<client1::SendRequest<Incoming>>>>;

/// Listens at one port and forwards to the other, until it is ended.
pub(crate) async fn run(port: u16, server: u16, is_http2: bool) -> io::Result<()> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
    let server = SocketAddr::from((Ipv4Addr::LOCALHOST, server));
    if is_http2 { serve_http2(listener, server).await } else { serve_http1(listener, server).await }
}

async fn serve_http1(listener: TcpListener, server: SocketAddr) -> io::Result<()> {
    let pool = Pool::default();
    loop {
        let stream = accepted(&listener).await?;
        let pool = pool.clone();
        let service = service_fn(move |request| forward(pool.clone(), server, request));
        tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
    }
}

async fn forward(pool: Pool, server: SocketAddr, request: Request<Incoming>) -> io::Result<http::Response<Incoming>> {
    let idle = {
        let mut pool = pool.lock().unwrap_or_else(PoisonError::into_inner);
        pool.retain(|sender| !sender.is_closed());
        pool.iter().rposition(client1::SendRequest::is_ready).map(|at| pool.swap_remove(at))
    };
    let mut sender = match idle {
        Some(sender) => sender,
        None => {
            let (sender, connection) = client1::handshake(TokioIo::new(connected(server).await?)).await.map_err(io::Error::other)?;
            tokio::spawn(connection);
            sender
        }
    };
    let response = sender.send_request(request).await.map_err(io::Error::other);
    // It is ready again when the body has gone through.
    pool.lock().unwrap_or_else(PoisonError::into_inner).push(sender);
    response
}

async fn serve_http2(listener: TcpListener, server: SocketAddr) -> io::Result<()> {
    let builder = client2::Builder::new(TokioExecutor::new());
    let (sender, connection) = builder.handshake(TokioIo::new(connected(server).await?)).await.map_err(io::Error::other)?;
    tokio::spawn(connection);
    loop {
        let stream = accepted(&listener).await?;
        let sender = sender.clone();
        let service = service_fn(move |request: Request<Incoming>| {
            let mut sender = sender.clone();
            async move { sender.send_request(request).await }
        });
        let mut builder = http2::Builder::new(TokioExecutor::new());
        builder.max_concurrent_streams(1024);
        tokio::spawn(builder.serve_connection(TokioIo::new(stream), service));
    }
}

async fn accepted(listener: &TcpListener) -> io::Result<TcpStream> {
    let (stream, _) = listener.accept().await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

async fn connected(server: SocketAddr) -> io::Result<TcpStream> {
    let stream = TcpStream::connect(server).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}
