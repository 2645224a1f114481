//! The sockets that listen, by address: for every thread its own, and the kernel spreads connections over them.

use std::collections::BTreeMap;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use socket2::{Domain, Protocol, Socket, Type};

/// Connections that wait to be accepted.
const BACKLOG: i32 = 1024;

/// Those of all listeners. They belong to addresses and not to listeners, so that an address can go from one to the next without a moment
/// in which nobody listens there.
pub(super) struct Sockets {
    threads: usize,
    /// By thread.
    listening: BTreeMap<SocketAddr, Vec<Arc<TcpListener>>>,
}

impl Sockets {
    pub(super) fn new(threads: usize) -> Self {
        Self { threads, listening: BTreeMap::new() }
    }

    /// Listens at addresses where it does not yet. Who calls there waits in the kernel until somebody accepts: only what listens is held
    /// for certain, so that a resource can be acknowledged.
    ///
    /// # Errors
    /// One of them is somebody else's, or not to be had; then it listens at none of those that are new.
    pub(super) fn listen(&mut self, addresses: &[SocketAddr]) -> io::Result<()> {
        let new = addresses.iter().filter(|address| !self.listening.contains_key(address));
        let new = new.map(|address| {
            let sockets = listen(*address, self.threads);
            let told = |error: io::Error| io::Error::new(error.kind(), format!("{address} cannot be listened on: {error}"));
            sockets.map(|sockets| (*address, sockets)).map_err(told)
        });
        self.listening.extend(new.collect::<io::Result<Vec<_>>>()?);
        Ok(())
    }

    /// Those of a thread at some addresses.
    pub(super) fn of(&self, thread: usize, addresses: &[SocketAddr]) -> Vec<(SocketAddr, Arc<TcpListener>)> {
        let of = |address: &SocketAddr| Some((*address, self.listening.get(address)?.get(thread)?.clone()));
        addresses.iter().filter_map(of).collect()
    }

    /// Listens there alone from now on.
    pub(super) fn keep(&mut self, is_used: impl Fn(&SocketAddr) -> bool) {
        self.listening.retain(|address, _| is_used(address));
    }
}

fn listen(address: SocketAddr, threads: usize) -> io::Result<Vec<Arc<TcpListener>>> {
    // Those that share an address share it with everybody who does, another proxy among them: nobody must have it now.
    drop(socket(address, false)?);
    let shared = || {
        let socket = socket(address, true)?;
        socket.listen(BACKLOG)?;
        Ok(Arc::new(TcpListener::from(socket)))
    };
    (0..threads).map(|_| shared()).collect()
}

fn socket(address: SocketAddr, shared: bool) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    // Connections of one that has ended are no reason to wait.
    socket.set_reuse_address(true)?;
    socket.set_reuse_port(shared)?;
    socket.set_nonblocking(true)?;
    if address.is_ipv6() {
        // As Envoy does unless `ipv4_compat` says otherwise: who calls by IPv4 would be told by an address that no rule is written for.
        socket.set_only_v6(true)?;
    }
    socket.bind(&address.into())?;
    Ok(socket)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_that_somebody_has_is_not_shared() {
        let somebody = TcpListener::bind("127.0.0.1:0").expect("a port");
        let free = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a port");
        let taken = somebody.local_addr().expect("an address");
        let mut sockets = Sockets::new(2);
        let error = sockets.listen(&[free, taken]).err().map(|error| error.to_string()).unwrap_or_default();
        assert!(error.starts_with(&format!("{taken} cannot be listened on: ")), "{error}");
        assert!(sockets.of(0, &[free, taken]).is_empty(), "all or none");
        drop(somebody);
        sockets.listen(&[free, taken]).expect("both are free");
        sockets.listen(&[taken]).expect("it has it already");
        assert_eq!([0, 1, 2].map(|thread| sockets.of(thread, &[free, taken]).len()), [2, 2, 0]);
        sockets.keep(|address| *address == taken);
        drop(TcpListener::bind(free).expect("it is free again"));
        TcpListener::bind(taken).expect_err("it is kept");
    }
}
