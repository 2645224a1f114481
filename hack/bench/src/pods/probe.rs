//! Whoever calls many pods all the time, in a pod: it tells each answer that is another than the one before, and when it came.

use std::io;
use std::net::IpAddr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval, sleep};

/// What is asked of it.
#[derive(Serialize, Deserialize)]
pub(crate) struct Asked {
    pub(crate) hosts: Vec<IpAddr>,
    pub(crate) port: u16,
    pub(crate) path: String,
    /// Milliseconds between calls of one host.
    pub(crate) every: u64,
}

/// One line.
#[derive(Serialize, Deserialize)]
pub(crate) struct Told {
    /// The number of the host.
    pub(crate) host: usize,
    /// Of HTTP; 0: there was no answer.
    pub(crate) status: u16,
    /// Microseconds of the clock that all of the machine share, as the answer came.
    pub(crate) at: u64,
    /// Calls of this host so far.
    pub(crate) calls: u64,
}

/// The longest head of an answer, and its body.
const ROOM: usize = 16 << 10;

/// Until who does not answer is called again.
const PAUSE: Duration = Duration::from_millis(50);

/// Calls until it is ended.
pub(crate) async fn run(asked: &Asked) -> io::Result<()> {
    let mut tasks = JoinSet::new();
    for (host, address) in asked.hosts.iter().enumerate() {
        let request = format!("GET {} HTTP/1.1\r\nhost: {address}:{}\r\nuser-agent: probe\r\n\r\n", asked.path, asked.port);
        tasks.spawn(one(host, (*address, asked.port), request, Duration::from_millis(asked.every)));
    }
    tasks.join_next().await;
    Err(io::Error::other("a caller has ended"))
}

/// The microseconds of the machine's clock.
pub(crate) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_micros() as u64
}

async fn one(host: usize, address: (IpAddr, u16), request: String, every: Duration) {
    let (mut stream, mut last, mut calls) = (None, None, 0);
    let mut ticks = interval(every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        // An idle connection may be closed as a call begins: that is no answer, and the call is made again.
        let had = stream.is_some();
        let mut status = call(&mut stream, address, &request).await.unwrap_or_default();
        if status == 0 && had {
            status = call(&mut stream, address, &request).await.unwrap_or_default();
        }
        calls += 1;
        if last != Some(status) {
            let told = Told { host, status, at: now(), calls };
            println!("{}", serde_json::to_string(&told).expect("JSON"));
            last = Some(status);
        }
        if status == 0 {
            sleep(PAUSE).await;
        }
    }
}

/// The status of one call. A connection that failed is gone.
async fn call(kept: &mut Option<TcpStream>, address: (IpAddr, u16), request: &str) -> io::Result<u16> {
    let mut stream = match kept.take() {
        Some(stream) => stream,
        None => TcpStream::connect(address).await?,
    };
    stream.set_nodelay(true)?;
    stream.write_all(request.as_bytes()).await?;
    let (mut buffer, mut filled) = ([0; ROOM], 0);
    loop {
        let read = stream.read(&mut buffer[filled..]).await?;
        filled += read;
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        if let Some((status, whole)) = head(&buffer[..filled])?
            && filled >= whole
        {
            *kept = Some(stream);
            return Ok(status);
        }
    }
}

/// The status of an answer and how long it is, when its head is there.
fn head(answer: &[u8]) -> io::Result<Option<(u16, usize)>> {
    let Some(end) = answer.windows(4).position(|four| four == b"\r\n\r\n") else { return Ok(None) };
    let text = String::from_utf8_lossy(&answer[..end]).to_ascii_lowercase();
    let status = text.split(' ').nth(1).and_then(|word| word.parse().ok());
    let length = text.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse::<usize>().ok());
    let (Some(status), Some(length)) = (status, length) else { return Err(io::Error::other(text)) };
    Ok(Some((status, end + 4 + length)))
}
