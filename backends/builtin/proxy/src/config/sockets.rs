//! Sockets of a listener, for every thread its own: the kernel spreads connections over them.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use socket2::{Domain, Protocol, Socket, Type};

/// Connections that wait to be accepted.
const BACKLOG: i32 = 1024;

/// Sockets that have an address and do not listen yet: by thread, one for each address.
pub(super) struct Sockets {
    addresses: Vec<SocketAddr>,
    bound: Vec<Vec<Socket>>,
}

impl Sockets {
    /// # Errors
    /// An address is somebody else's, or not to be had.
    pub(super) fn bind(addresses: &[SocketAddr], threads: usize) -> io::Result<Self> {
        let told = |address: &SocketAddr| {
            let address = *address;
            move |error: io::Error| io::Error::new(error.kind(), format!("{address} cannot be listened on: {error}"))
        };
        for address in addresses {
            // Those that share an address share it with everybody who does, another proxy among them: nobody must have it now.
            drop(socket(*address, false).map_err(told(address))?);
        }
        let of_thread = |_| addresses.iter().map(|address| socket(*address, true).map_err(told(address))).collect();
        Ok(Self { addresses: addresses.to_vec(), bound: (0..threads).map(of_thread).collect::<io::Result<_>>()? })
    }

    pub(super) fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// Begins to listen.
    ///
    /// # Errors
    /// Somebody else listens there meanwhile.
    pub(super) fn listen(self) -> io::Result<Vec<Arc<Vec<TcpListener>>>> {
        let listen = |socket: Socket| socket.listen(BACKLOG).map(|()| TcpListener::from(socket));
        let of_thread = |sockets: Vec<Socket>| sockets.into_iter().map(listen).collect::<io::Result<Vec<_>>>().map(Arc::new);
        self.bound.into_iter().map(of_thread).collect()
    }
}

fn socket(address: SocketAddr, shared: bool) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    // Connections of one that has ended are no reason to wait.
    socket.set_reuse_address(true)?;
    socket.set_reuse_port(shared)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    Ok(socket)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_that_somebody_has_is_not_shared() {
        let any = [SocketAddr::from(([127, 0, 0, 1], 0))];
        let first = Sockets::bind(&any, 1).expect("a port").listen().expect("it listens");
        let taken = first[0][0].local_addr().expect("an address");
        let error = Sockets::bind(&[taken], 2).err().map(|error| error.to_string()).unwrap_or_default();
        assert!(error.starts_with(&format!("{taken} cannot be listened on: ")), "{error}");
        drop(first);
        let both = Sockets::bind(&[taken], 2).expect("it is free again").listen().expect("they listen");
        assert_eq!(both.len(), 2);
    }
}
