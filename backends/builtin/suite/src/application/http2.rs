//! The same application for callers of HTTP/2: each answer tells the request as it came.

use std::io;
use std::net::TcpStream;
use std::time::Duration;

use h2::RecvStream;
use h2::server::SendResponse;
use tonic::codegen::Bytes;
use tonic::codegen::http::{Request, Response};

/// Whether somebody begins so.
pub(super) fn begins(stream: &TcpStream) -> io::Result<bool> {
    let mut first = [0; 3];
    Ok(stream.peek(&mut first)? == first.len() && first == *b"PRI")
}

/// One connection to its end.
pub(super) fn serve(stream: TcpStream, name: &'static str) -> io::Result<()> {
    stream.set_nonblocking(true)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let stream = tokio::net::TcpStream::from_std(stream)?;
        let mut connection = h2::server::handshake(stream).await.map_err(io::Error::other)?;
        while let Some(request) = connection.accept().await {
            let (request, respond) = request.map_err(io::Error::other)?;
            // Who takes a request back is no mistake of the application.
            tokio::spawn(async move { drop(answer(request, respond, name).await) });
        }
        Ok(())
    })
}

async fn answer(request: Request<RecvStream>, mut respond: SendResponse<Bytes>, name: &'static str) -> Result<(), h2::Error> {
    let (parts, mut body) = request.into_parts();
    let mut received = 0;
    while let Some(piece) = body.data().await {
        let length = piece?.len();
        body.flow_control().release_capacity(length)?;
        received += length;
    }
    let target = parts.uri.path_and_query().map_or("", |target| target.as_str());
    let mut told = format!("{} {target} HTTP/2", parts.method);
    for (name, value) in &parts.headers {
        told.push_str(&format!("\n{name}: {}", String::from_utf8_lossy(value.as_bytes())));
    }
    if let Some(pause) = target.strip_prefix("/slow/").and_then(|pause| pause.parse().ok()) {
        tokio::time::sleep(Duration::from_millis(pause)).await;
    }
    let told = match target.strip_prefix("/bytes/").and_then(|length| length.parse().ok()) {
        Some(length) => "x".repeat(length),
        None => told,
    };
    let response = Response::builder().header("x-served-by", name).header("x-received", received);
    let Ok(response) = response.body(()) else { return Ok(()) };
    let is_head = parts.method == "HEAD";
    let mut sending = respond.send_response(response, is_head)?;
    if is_head { Ok(()) } else { sending.send_data(told.into(), true) }
}
