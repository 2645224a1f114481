//! Requests of HTTP/2 over one connection, many at once; those of gRPC have a message, and trailers are awaited.

use std::io;

use bytes::Bytes;
use h2::client::{Builder, SendRequest};
use http::Request;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use super::{Asked, Pace, Speaks, Tally, done};

/// An empty prefix and 64 bytes.
const MESSAGE: &[u8] = &{
    let mut message = [b'x'; 69];
    (message[0], message[1], message[2], message[3], message[4]) = (0, 0, 0, 0, 64);
    message
};

pub(super) async fn call(asked: &Asked, paces: Vec<Pace>, tally: &Tally) -> io::Result<()> {
    let stream = TcpStream::connect((asked.host, asked.port)).await?;
    stream.set_nodelay(true)?;
    let mut builder = Builder::new();
    builder.initial_window_size(1 << 20).initial_connection_window_size(16 << 20);
    let (sender, connection) = builder.handshake::<_, Bytes>(stream).await.map_err(io::Error::other)?;
    let mut tasks = JoinSet::new();
    tasks.spawn_local(async move { connection.await.map_err(io::Error::other) });
    for pace in paces {
        tasks.spawn_local(one_after_the_other(sender.clone(), asked.clone(), pace, tally.clone()));
    }
    while let Some(ended) = tasks.join_next().await {
        ended.map_err(io::Error::other)??;
    }
    Ok(())
}

async fn one_after_the_other(mut sender: SendRequest<Bytes>, asked: Asked, mut pace: Pace, tally: Tally) -> io::Result<()> {
    let is_grpc = asked.speaks == Speaks::Grpc;
    let uri = format!("http://server{}", asked.path);
    loop {
        let began = pace.begin().await;
        let request = Request::builder().uri(&uri);
        let request =
            if is_grpc { request.method("POST").header("content-type", "application/grpc").header("te", "trailers") } else { request };
        sender = sender.ready().await.map_err(io::Error::other)?;
        let (response, mut body) = sender.send_request(request.body(()).map_err(io::Error::other)?, !is_grpc).map_err(io::Error::other)?;
        if is_grpc {
            body.send_data(Bytes::from_static(MESSAGE), true).map_err(io::Error::other)?;
        }
        let response = response.await.map_err(io::Error::other)?;
        if response.status() != http::StatusCode::OK {
            return Err(io::Error::other(response.status().to_string()));
        }
        let mut body = response.into_body();
        let mut bytes = 0;
        while let Some(data) = body.data().await {
            let length = data.map_err(io::Error::other)?.len();
            bytes += length;
            body.flow_control().release_capacity(length).map_err(io::Error::other)?;
        }
        let trailers = body.trailers().await.map_err(io::Error::other)?;
        if is_grpc && trailers.is_none_or(|trailers| trailers.get("grpc-status").is_none_or(|status| status != "0")) {
            return Err(io::Error::other("an answer without its status"));
        }
        done(&tally, began, bytes);
    }
}
