//! Calls as applications make them: to the address of a Service, in plain, knowing nothing of a mesh.

mod bytes;
mod grpc;
mod http;

use std::io;
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use crate::namespace::Namespace;

pub(crate) use http::exchange;

/// How long an answer is waited for.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

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
        /// How many bytes follow.
        body: usize,
    },
    /// A call of gRPC over HTTP/2.
    Grpc {
        /// `/PACKAGE.SERVICE/METHOD`.
        path: String,
        /// Name and value.
        metadata: Vec<(String, String)>,
        /// How many messages are sent, each when the one before was answered. One: the call is unary.
        messages: usize,
    },
    /// Bytes, and whether they come back.
    Tcp,
    /// So many bytes; the sender ends first, and reads on.
    Bulk(usize),
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
        /// The lines before the body.
        head: String,
        /// The lines of the request as it came there, or what the proxy says.
        body: String,
    },
    /// The end of a call of gRPC.
    Grpc {
        /// `grpc-status`.
        status: i32,
        /// The name of the workload whose application answered; empty: a proxy did.
        served_by: String,
        /// How many messages came.
        messages: usize,
    },
    /// The bytes came back from this workload.
    Echoed(String),
    /// This workload spoke first.
    Banner(String),
    /// The connection was closed without a byte.
    Closed,
}

/// Makes one call from a host.
pub(crate) fn call(from: &Namespace, to: SocketAddr, host: &str, call: &Call) -> io::Result<Answer> {
    from.within(|| one(to, host, call))
}

/// Makes equal calls from a host, one after the other: requests over one connection, bytes over one each.
pub(crate) fn calls(from: &Namespace, to: SocketAddr, host: &str, call: &Call, count: usize) -> io::Result<Vec<Answer>> {
    from.within(|| match call {
        Call::Http { .. } => {
            let mut stream = connected(to)?;
            (0..count).map(|_| exchange(&mut stream, host, call, true)).collect()
        }
        Call::Grpc { .. } => grpc::calls(to, host, call, count),
        Call::Tcp | Call::Bulk(_) | Call::Listen => (0..count).map(|_| one(to, host, call)).collect(),
    })
}

fn one(to: SocketAddr, host: &str, call: &Call) -> io::Result<Answer> {
    match call {
        Call::Http { .. } => exchange(&mut connected(to)?, host, call, false),
        Call::Grpc { .. } => Ok(grpc::calls(to, host, call, 1)?.pop().unwrap_or(Answer::Closed)),
        Call::Tcp => bytes::echoed(&mut connected(to)?, true),
        Call::Bulk(length) => bytes::bulk(&mut connected(to)?, *length),
        Call::Listen => bytes::listened(&mut connected(to)?),
    }
}

pub(crate) fn connected(to: SocketAddr) -> io::Result<TcpStream> {
    let stream = TcpStream::connect_timeout(&to, PATIENCE)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    Ok(stream)
}

/// A connection that stays open between calls.
#[derive(Debug)]
pub struct Connection {
    stream: TcpStream,
    host: String,
    used: bool,
}

impl Connection {
    /// Begins one; `host` is what requests name.
    ///
    /// # Errors
    /// Nobody answers there.
    pub fn new(from: &Namespace, to: SocketAddr, host: String) -> io::Result<Self> {
        Ok(Self { stream: from.within(|| connected(to))?, host, used: false })
    }

    /// The next request, or the next bytes.
    ///
    /// # Errors
    /// Nothing answers, not even by closing.
    pub fn call(&mut self, call: &Call) -> io::Result<Answer> {
        let first = !std::mem::replace(&mut self.used, true);
        match call {
            Call::Http { .. } => exchange(&mut self.stream, &self.host, call, true),
            _ => bytes::echoed(&mut self.stream, first),
        }
    }

    /// Asks for a websocket, and sends bytes over it. `true`: they came back.
    ///
    /// # Errors
    /// Nothing answers, not even by closing.
    pub fn upgrade(&mut self) -> io::Result<bool> {
        http::upgrade(&mut self.stream, &self.host)
    }
}

/// Who refuses may reset the connection before everything was said, or say so in TLS.
pub(crate) fn unless_refused<T>(done: io::Result<T>, refused: T) -> io::Result<T> {
    let is_refusal = |error: &io::Error| {
        let reset = [io::ErrorKind::ConnectionReset, io::ErrorKind::BrokenPipe, io::ErrorKind::UnexpectedEof, io::ErrorKind::NotConnected];
        reset.contains(&error.kind()) || error.kind() == io::ErrorKind::InvalidData
    };
    match done {
        Err(error) if is_refusal(&error) => Ok(refused),
        done => done,
    }
}
