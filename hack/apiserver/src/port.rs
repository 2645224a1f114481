//! A port that stays one's own, also while nobody listens on it.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};

use socket2::{Domain, Socket, Type};

/// A port of 127.0.0.1 that the system has given. It is held by a socket that does not listen: whoever connects meanwhile is refused,
/// and a program that shares ports (SO_REUSEPORT) may listen there.
#[derive(Debug)]
pub(crate) struct Port {
    _held: Socket,
    address: SocketAddr,
}

impl Port {
    pub(crate) fn new() -> io::Result<Self> {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
        socket.set_reuse_port(true)?;
        socket.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into())?;
        let address = socket.local_addr()?.as_socket().ok_or_else(|| io::Error::other("a socket without an address"))?;
        Ok(Self { _held: socket, address })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }
}
