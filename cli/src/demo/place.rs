//! Where the demo's services and proxies are: loopback addresses and ports that nobody has.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};

/// The port of every Service, at each caller's own address.
pub(super) const DOOR: u16 = 9080;

/// Where the sample application is, if that is free.
const SHOP: u16 = 18080;

/// Third numbers of addresses that are tried: 127.0.10.1 and so on.
const NETWORKS: std::ops::RangeInclusive<u8> = 10..=250;

/// The last number of an address that a demo holds while it uses the network.
const HELD: u8 = 254;

/// A sample service.
pub(super) struct Service {
    pub(super) name: &'static str,
    /// What selects it.
    pub(super) labels: &'static str,
    pub(super) account: &'static str,
    /// Where its proxy is.
    pub(super) address: Ipv4Addr,
    /// Its own socket.
    pub(super) listener: TcpListener,
}

const SERVICES: [(&str, &str, &str); 6] = [
    ("frontend", "app: frontend", "frontend"),
    ("details", "app: details", "details"),
    ("reviews-v1", "app: reviews, version: v1", "reviews"),
    ("reviews-v2", "app: reviews, version: v2", "reviews"),
    ("ratings", "app: ratings", "ratings"),
    ("batch", "app: batch", "batch"),
];

/// All of them, and the promise that no other demo takes their addresses.
pub(super) struct Place {
    pub(super) services: Vec<Service>,
    _held: TcpListener,
}

impl Place {
    /// `port`: where the sample application is to listen; `None`: at its usual place or anywhere.
    ///
    /// # Errors
    /// There are no such addresses, or the port is taken.
    pub(super) fn take(port: Option<u16>) -> io::Result<Self> {
        let mut last = io::Error::new(io::ErrorKind::AddrNotAvailable, "no loopback address can be used");
        let network = NETWORKS.into_iter().find_map(|third| free(third).map_err(|error| last = error).ok());
        let (third, held) = network.ok_or(last)?;
        let services = SERVICES.iter().zip(1..).map(|(&(name, labels, account), number)| {
            let listener = if name == "frontend" { shop(port)? } else { TcpListener::bind((Ipv4Addr::LOCALHOST, 0))? };
            Ok(Service { name, labels, account, address: Ipv4Addr::new(127, 0, third, number), listener })
        });
        Ok(Self { services: services.collect::<io::Result<_>>()?, _held: held })
    }

    /// The sample application.
    pub(super) fn shop(&self) -> io::Result<SocketAddr> {
        self.services[0].listener.local_addr()
    }
}

/// Holds a network in which nobody listens where proxies will.
fn free(third: u8) -> io::Result<(u8, TcpListener)> {
    let held = TcpListener::bind((Ipv4Addr::new(127, 0, third, HELD), DOOR))?;
    for (number, _) in (1..).zip(SERVICES) {
        TcpListener::bind((Ipv4Addr::new(127, 0, third, number), DOOR))?;
    }
    Ok((third, held))
}

fn shop(port: Option<u16>) -> io::Result<TcpListener> {
    match port {
        Some(port) => TcpListener::bind((Ipv4Addr::LOCALHOST, port)),
        None => first_free(SHOP),
    }
}

/// A socket on that port, or on any.
fn first_free(port: u16) -> io::Result<TcpListener> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).or_else(|_| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)))
}

/// Where the web view is to listen: one port after the sample application if that is where it was asked for or usual, else anywhere.
pub(super) fn web(shop: SocketAddr) -> SocketAddr {
    let wanted = shop.port().saturating_add(1);
    let port = if TcpListener::bind((Ipv4Addr::LOCALHOST, wanted)).is_ok() { wanted } else { 0 };
    SocketAddr::from((Ipv4Addr::LOCALHOST, port))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_take_other_places() {
        let (one, other) = (Place::take(None).expect("a place"), Place::take(None).expect("another"));
        assert_ne!(one.services[0].address, other.services[0].address);
        assert_ne!(one.shop().expect("an address"), other.shop().expect("an address"));
        let taken = one.shop().expect("an address").port();
        assert_eq!(Place::take(Some(taken)).map(|_| ()).expect_err("it is taken").kind(), io::ErrorKind::AddrInUse);
    }
}
