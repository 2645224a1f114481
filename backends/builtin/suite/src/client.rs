//! Calls as applications make them: to the address of a Service, in plain, knowing nothing of a mesh.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use crate::application::BANNER;
use crate::namespace::Namespace;

/// How long an answer is waited for.
const PATIENCE: Duration = Duration::from_secs(10);

/// What is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Call {
    /// A request, word by word as it goes over the wire.
    Http {
        /// Such as `GET`.
        method: String,
        /// Path and query as they are sent.
        target: String,
        /// Name and value.
        headers: Vec<(String, String)>,
    },
    /// Bytes, and whether they come back.
    Tcp,
    /// A connection on which nothing is sent: what does the server say?
    Listen,
}

/// What came of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// A response.
    Http {
        /// Its status.
        status: u16,
        /// The name of the workload whose application answered; empty: a proxy did.
        served_by: String,
        /// The lines of the request as it came there, or what the proxy says.
        body: String,
    },
    /// The bytes came back.
    Echoed,
    /// The server spoke first.
    Banner,
    /// The connection was closed without a byte.
    Closed,
}

/// Makes one call from a host.
pub(crate) fn call(from: &Namespace, to: SocketAddr, host: &str, call: &Call) -> io::Result<Answer> {
    from.within(|| one(to, host, call))
}

/// Makes equal calls from a host, one after the other.
pub(crate) fn calls(from: &Namespace, to: SocketAddr, host: &str, call: &Call, count: usize) -> io::Result<Vec<Answer>> {
    from.within(|| (0..count).map(|_| one(to, host, call)).collect())
}

fn one(to: SocketAddr, host: &str, call: &Call) -> io::Result<Answer> {
    let mut stream = TcpStream::connect_timeout(&to, PATIENCE)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    match call {
        Call::Http { method, target, headers } => {
            let mut head = format!("{method} {target} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n");
            for (name, value) in headers {
                head.push_str(&format!("{name}: {value}\r\n"));
            }
            head.push_str("\r\n");
            sent(stream.write_all(head.as_bytes()))?;
            Ok(response(&whole(&mut stream, method == "HEAD")?))
        }
        Call::Tcp => {
            sent(stream.write_all(b"ping\n"))?;
            Ok(if read(&mut stream, BANNER.len().max(5))?.contains("ping") { Answer::Echoed } else { Answer::Closed })
        }
        Call::Listen => Ok(if read(&mut stream, BANNER.len())? == BANNER { Answer::Banner } else { Answer::Closed }),
    }
}

/// Who refuses may reset the connection before everything was said.
fn sent(done: io::Result<()>) -> io::Result<()> {
    match done {
        Err(error) if matches!(error.kind(), io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe) => Ok(()),
        done => done,
    }
}

/// What comes until there are so many bytes, a line ends, or nothing more comes.
fn read(stream: &mut TcpStream, most: usize) -> io::Result<String> {
    let mut text = Vec::new();
    let mut byte = [0];
    while text.len() < most && !text.ends_with(b"\n") {
        match stream.read(&mut byte) {
            Ok(0) => break,
            Ok(_) => text.push(byte[0]),
            Err(error) if error.kind() == io::ErrorKind::ConnectionReset => break,
            Err(error) => return Err(error),
        }
    }
    Ok(String::from_utf8_lossy(&text).into_owned())
}

/// A response to its end: a proxy takes its time to close.
fn whole(stream: &mut TcpStream, without_body: bool) -> io::Result<String> {
    let mut text = Vec::new();
    let mut part = [0; 16 * 1024];
    loop {
        let so_far = String::from_utf8_lossy(&text);
        if let Some((head, body)) = so_far.split_once("\r\n\r\n") {
            let length = field(head, "content-length").and_then(|length| length.parse().ok());
            if without_body || length.is_some_and(|length: usize| body.len() >= length) {
                return Ok(so_far.into_owned());
            }
        }
        match stream.read(&mut part) {
            Ok(0) => return Ok(String::from_utf8_lossy(&text).into_owned()),
            Ok(count) => text.extend_from_slice(&part[..count]),
            Err(error) => return sent(Err(error)).map(|()| String::from_utf8_lossy(&text).into_owned()),
        }
    }
}

/// A header of a response.
fn field<'h>(head: &'h str, name: &str) -> Option<&'h str> {
    head.lines().filter_map(|line| line.split_once(": ")).find(|(field, _)| field.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

fn response(text: &str) -> Answer {
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return Answer::Closed };
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_default();
    let served_by = field(head, "x-served-by").unwrap_or_default();
    Answer::Http { status, served_by: served_by.to_owned(), body: body.to_owned() }
}
