//! Peers that are no proxies of the mesh: a server and a client that show whatever certificate they were given.

use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use rustls::pki_types::ServerName;
use rustls::{ClientConnection, ServerConfig, ServerConnection, StreamOwned};

use crate::application::converse;
use crate::client::{Answer, Call, PATIENCE, exchange, unless_refused};
use crate::credentials::{Credentials, client};
use crate::namespace::Namespace;

/// What proxies of the mesh offer where requests are read.
const ALPN: &str = "meshglot";

/// What they offer where bytes are passed on.
pub(crate) const ALPN_TCP: &str = "meshglot-tcp";

/// A server of requests; it ends when this is dropped.
pub struct Stranger {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Stranger {
    /// `shows`: `None`: it speaks no TLS.
    pub(crate) fn listen(host: &Namespace, port: u16, shows: Option<&Credentials>) -> io::Result<Self> {
        let config = shows.map(|shows| shows.server(ALPN)).transpose()?;
        let listener = host.within(|| TcpListener::bind(SocketAddr::from(([0, 0, 0, 0], port))))?;
        listener.set_nonblocking(true)?;
        let stop = Arc::new(AtomicBool::new(false));
        let ended = stop.clone();
        let thread = std::thread::spawn(move || {
            while !ended.load(Ordering::Relaxed) {
                match listener.accept() {
                    Ok((stream, _)) => {
                        let config = config.clone();
                        // Who does not like what it is shown hangs up.
                        std::thread::spawn(move || serve(stream, config));
                    }
                    Err(_) => std::thread::sleep(Duration::from_millis(2)),
                }
            }
        });
        Ok(Self { stop, thread: Some(thread) })
    }
}

impl Drop for Stranger {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn serve(stream: TcpStream, config: Option<Arc<ServerConfig>>) -> io::Result<()> {
    stream.set_nonblocking(false)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    match config {
        None => converse(stream, "stranger", &|| ()),
        Some(config) => {
            let connection = ServerConnection::new(config).map_err(io::Error::other)?;
            converse(StreamOwned::new(connection, stream), "stranger", &|| ())
        }
    }
}

/// One request straight to a proxy, over TLS as a caller's proxy speaks it.
pub(crate) fn call_as(shows: Option<&Credentials>, from: &Namespace, to: SocketAddr, host: &str, call: &Call) -> io::Result<Answer> {
    let mut stream = handshake(shows, ALPN, (from, to), || ())?;
    unless_refused(exchange(&mut stream, host, call, false), Answer::Closed)
}

/// A connection over TLS whose handshake waits, once the proxy has said its part, until something is done.
pub(crate) fn handshake(
    shows: Option<&Credentials>,
    alpn: &str,
    (from, to): (&Namespace, SocketAddr),
    meanwhile: impl FnOnce(),
) -> io::Result<StreamOwned<ClientConnection, TcpStream>> {
    let config = client(shows, alpn)?;
    let mut stream = from.within(|| {
        let stream = TcpStream::connect_timeout(&to, PATIENCE)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let connection = ClientConnection::new(config, ServerName::IpAddress(to.ip().into())).map_err(io::Error::other)?;
        Ok(StreamOwned::new(connection, stream))
    })?;
    let StreamOwned { conn, sock } = &mut stream;
    conn.write_tls(sock)?;
    while conn.is_handshaking() && !conn.wants_write() {
        if conn.read_tls(sock)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        conn.process_new_packets().map_err(io::Error::other)?;
    }
    meanwhile();
    Ok(stream)
}
