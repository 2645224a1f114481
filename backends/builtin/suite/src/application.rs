//! Applications: what they answer tells who answered, and what came.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::namespace::Namespace;
use crate::workload::Serves;

/// What a server that speaks first says.
pub(crate) const BANNER: &str = "welcome\n";

/// One port of one application; it ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Application {
    stop: Arc<AtomicBool>,
}

impl Application {
    /// Listens on a port of a host.
    pub(crate) fn start(host: &Namespace, name: &'static str, port: u16, serves: Serves) -> io::Result<Self> {
        let listener = host.within(|| TcpListener::bind(SocketAddr::from(([0, 0, 0, 0], port))))?;
        listener.set_nonblocking(true)?;
        let stop = Arc::new(AtomicBool::new(false));
        let ended = stop.clone();
        std::thread::spawn(move || {
            while !ended.load(Ordering::Relaxed) {
                match listener.accept() {
                    Ok((stream, _)) => {
                        // Who hangs up in the middle is no mistake of the application.
                        std::thread::spawn(move || serve(stream, name, serves));
                    }
                    Err(_) => std::thread::sleep(Duration::from_millis(2)),
                }
            }
        });
        Ok(Self { stop })
    }
}

impl Drop for Application {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

fn serve(mut stream: TcpStream, name: &str, serves: Serves) -> io::Result<()> {
    stream.set_nonblocking(false)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(Duration::from_secs(30)))?;
    if serves == Serves::Banner {
        stream.write_all(BANNER.as_bytes())?;
    }
    if serves != Serves::Http {
        return io::copy(&mut stream.try_clone()?, &mut stream).map(drop);
    }
    let mut reader = BufReader::new(stream.try_clone()?);
    loop {
        let mut head = Vec::new();
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line)? == 0 {
                return Ok(());
            }
            if line.trim_end().is_empty() {
                break;
            }
            head.push(line.trim_end().to_owned());
        }
        let length = head.iter().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
        io::copy(&mut reader.by_ref().take(length.unwrap_or(0)), &mut io::sink())?;
        let first = head.first().map(String::as_str).unwrap_or_default();
        let path = first.split(' ').nth(1).unwrap_or_default();
        let status = path.strip_prefix("/status/").and_then(|rest| rest.get(..3)).unwrap_or("200");
        let body = head.join("\n");
        let mut answer = format!("HTTP/1.1 {status} Told\r\ncontent-length: {}\r\nx-served-by: {name}\r\n\r\n", body.len());
        if !first.starts_with("HEAD ") {
            answer.push_str(&body);
        }
        // In one piece: two would wait for each other's acknowledgement.
        stream.write_all(answer.as_bytes())?;
    }
}
