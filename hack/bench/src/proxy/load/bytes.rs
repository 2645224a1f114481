//! Bytes from one connection, as many as come.

use std::io;
use std::time::Instant;

use tokio::io::AsyncReadExt as _;
use tokio::net::TcpStream;

use super::{Asked, Tally, done};

pub(super) async fn read(asked: &Asked, tally: &Tally) -> io::Result<()> {
    let mut stream = TcpStream::connect((asked.host, asked.port)).await?;
    let mut buffer = vec![0; 256 << 10];
    loop {
        let began = Instant::now();
        let read = stream.read(&mut buffer).await?;
        if read == 0 {
            return Err(io::Error::other("the connection has ended"));
        }
        done(tally, began, read);
    }
}
