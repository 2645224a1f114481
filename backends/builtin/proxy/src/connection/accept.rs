//! Takes a connection in: what was called, what it begins with, which chain that is, and who calls.

use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use socket2::SockRef;
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;

use super::inspect::inspect;
use super::{Connection, tcp};
use crate::http;
use crate::io::{Activity, Rewind, Stream};
use crate::routing::{Facts, ServedAction, ServedChain, ServedListener};
use crate::table::ServerTls;
use crate::tls::Peer;
use crate::worker::Worker;

/// A handshake that takes longer is given up.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// Serves a connection to its end.
pub(crate) async fn accept(worker: Rc<Worker>, served: Arc<ServedListener>, mut stream: TcpStream, remote: SocketAddr) {
    let Ok(called) = called(&stream, &served) else { return };
    let looked = if served.asks(called) {
        inspect(&mut stream, &served.listener, called).await
    } else {
        Ok(Some((Facts { called, is_tls: false, server_name: None, protocols: Vec::new() }, Bytes::new())))
    };
    let Ok(Some((facts, before))) = looked else { return };
    // It may have been looked at for seconds.
    let Some(served) = worker.listener(&served.listener.name) else { return };
    let Some(chain) = served.choose(&facts).cloned() else { return };
    let activity = Activity::new(worker.seconds.clone());
    let stream = Rewind::new(before, stream);
    let secured = match &chain.tls {
        None => Ok((Stream::plain(stream, activity.clone()), None)),
        Some(tls) => secure(&worker, tls, &facts, stream, activity.clone()).await,
    };
    let Ok((stream, peer)) = secured else { return };
    // The handshake may have taken seconds, too: what is in force now decides, and nothing waits from here to where edits find it.
    let Some(served) = worker.listener(&served.listener.name) else { return };
    let Some(chain) = served.choose(&facts).filter(|chain| chain.admits(peer.as_ref())).cloned() else { return };
    let listener = (served.listener.name.clone(), served.listener.direction);
    serve(Connection::new(worker, listener, (remote, facts), peer, chain, activity), stream).await;
}

async fn serve(connection: Connection, stream: Stream) {
    let connection = Rc::new(connection);
    let registered = Rc::new(connection.worker.clone().register(&connection));
    connection.hold_by(&registered);
    let chain: Arc<ServedChain> = connection.chain();
    match &chain.action {
        ServedAction::Http { manager, .. } => http::serve(connection, manager, stream).await,
        ServedAction::Tcp { proxy, access } => tcp::serve(connection, proxy, access, stream).await,
    }
}

/// What the caller called.
///
/// # Errors
/// The caller called the proxy itself: to pass that on would be to call itself, again and again.
fn called(stream: &TcpStream, served: &ServedListener) -> io::Result<SocketAddr> {
    stream.set_nodelay(true)?;
    let local = stream.local_addr()?;
    if !served.listener.original_destination {
        return Ok(local);
    }
    let socket = SockRef::from(stream);
    let asked = if local.is_ipv4() { socket.original_dst_v4() } else { socket.original_dst_v6() };
    // The kernel knows of no other where nothing was redirected.
    let called = asked.ok().and_then(|address| address.as_socket()).unwrap_or(local);
    if called == local { Err(io::Error::other("the proxy itself was called")) } else { Ok(called) }
}

async fn secure(
    worker: &Worker,
    tls: &Arc<ServerTls>,
    facts: &Facts,
    stream: Rewind<TcpStream>,
    activity: Arc<Activity>,
) -> io::Result<(Stream, Option<Peer>)> {
    let agrees = tls.alpn.iter().any(|own| facts.protocols.iter().any(|offered| offered.as_bytes() == own));
    let (identity, config) = worker.server_config(tls, agrees).ok_or_else(|| io::Error::other("there is no certificate yet"))?;
    let accepted = tokio::time::timeout(HANDSHAKE, TlsAcceptor::from(config).accept(stream)).await;
    let stream = accepted.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??;
    identity.lets_in(tls, stream.get_ref().1).map_err(io::Error::other)?;
    let peer = Peer::of(stream.get_ref().1.peer_certificates(), &identity.id);
    // A certificate is always asked for, and was verified.
    let peer = peer.ok_or_else(|| io::Error::other("the caller has proven nothing"))?;
    Ok((Stream::server(stream, activity), Some(peer)))
}
