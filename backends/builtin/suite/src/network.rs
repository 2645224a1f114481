//! Hosts on one bridge: a namespace for each, and one for whatever stands in the middle.

use std::io;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use meshglot_agent::Capture;

use crate::namespace::Namespace;

/// The middle: the control plane listens there, and it is everybody's gateway.
pub const GATEWAY: Ipv4Addr = Ipv4Addr::new(10, 77, 0, 1);

/// The user of proxies: what it sends is not redirected.
pub const PROXY_USER: u32 = 2102;

/// Namespaces of one test, and the bridge between them.
#[derive(Debug)]
pub struct Network {
    prefix: String,
    pub(crate) middle: Arc<Namespace>,
    hosts: AtomicU32,
}

impl Network {
    /// An empty one.
    ///
    /// # Errors
    /// Namespaces cannot be made here.
    pub fn new() -> io::Result<Self> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let prefix = format!("mgs{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let middle = Arc::new(Namespace::new(format!("{prefix}-m"))?);
        // Without an address of its own a bridge takes the lowest of its ports, another one whenever a host comes.
        middle.run("ip", &["link", "add", "br0", "address", "02:4d:67:00:00:01", "type", "bridge"], "")?;
        middle.run("ip", &["addr", "add", &format!("{GATEWAY}/16"), "dev", "br0"], "")?;
        middle.run("ip", &["link", "set", "br0", "up"], "")?;
        Ok(Self { prefix, middle, hosts: AtomicU32::new(0) })
    }

    /// Where [`GATEWAY`] is.
    pub fn middle(&self) -> &Namespace {
        &self.middle
    }

    /// A host with an address on the bridge. `captured`: its calls, and calls to it, go to its proxy; these are the ports that it serves.
    ///
    /// # Errors
    /// A program of the system complains.
    pub fn host(&self, address: Ipv4Addr, captured: Option<&[u16]>) -> io::Result<Namespace> {
        let number = self.hosts.fetch_add(1, Ordering::Relaxed);
        let host = Namespace::new(format!("{}-{number}", self.prefix))?;
        let port = format!("p{number}");
        self.middle.run("ip", &["link", "add", &port, "type", "veth", "peer", "name", "eth0", "netns", host.name()], "")?;
        self.middle.run("ip", &["link", "set", &port, "master", "br0", "up"], "")?;
        host.run("ip", &["addr", "add", &format!("{address}/16"), "dev", "eth0"], "")?;
        host.run("ip", &["link", "set", "eth0", "up"], "")?;
        host.run("ip", &["route", "add", "default", "via", &GATEWAY.to_string()], "")?;
        if let Some(ports) = captured {
            host.run("nft", &["-f", "-"], &capture(ports))?;
        }
        Ok(host)
    }
}

/// Every connection goes to the proxy, but for its own and those that never leave the host.
fn capture(served: &[u16]) -> String {
    Capture { inbound: 15006, outbound: 15001, user: PROXY_USER, served: served.to_vec(), leave: Vec::new(), leave_outbound: Vec::new() }
        .ruleset()
}
