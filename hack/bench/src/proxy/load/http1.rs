//! Requests of HTTP/1.1 over one connection, one after the other.

use std::io;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::{Asked, Pace, Tally, done};

pub(super) async fn call(asked: &Asked, paces: Vec<Pace>, tally: &Tally) -> io::Result<()> {
    let mut stream = connect(asked).await?;
    let request = format!("GET {} HTTP/1.1\r\nhost: server\r\nuser-agent: bench\r\naccept: */*\r\n\r\n", asked.path);
    let Some(mut pace) = paces.into_iter().next() else { return Ok(()) };
    let mut buffer = vec![0; 16 << 10];
    loop {
        let began = pace.begin().await;
        if asked.is_anew {
            stream = connect(asked).await?;
        }
        stream.write_all(request.as_bytes()).await?;
        let (mut filled, mut whole) = (0, None);
        while whole.is_none_or(|whole| filled < whole) {
            let read = stream.read(&mut buffer[filled..]).await?;
            if read == 0 {
                return Err(io::Error::other("the connection has ended"));
            }
            filled += read;
            if whole.is_none() {
                whole = length(&buffer[..filled])?;
            }
        }
        done(tally, began, filled);
    }
}

async fn connect(asked: &Asked) -> io::Result<TcpStream> {
    let stream = TcpStream::connect((asked.host, asked.port)).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// How long an answer is, when its head is there.
fn length(answer: &[u8]) -> io::Result<Option<usize>> {
    let Some(head) = answer.windows(4).position(|four| four == b"\r\n\r\n") else { return Ok(None) };
    let text = String::from_utf8_lossy(&answer[..head]);
    if !text.starts_with("HTTP/1.1 200") {
        return Err(io::Error::other(text.into_owned()));
    }
    let mut lines = text.lines().filter_map(|line| line.split_once(':'));
    let body =
        lines.find(|(name, _)| name.eq_ignore_ascii_case("content-length")).and_then(|(_, value)| value.trim().parse::<usize>().ok());
    body.map(|body| Some(head + 4 + body)).ok_or_else(|| io::Error::other(format!("an answer without a length: {text}")))
}
