//! What runs in the mesh: its name, its identity, its address, and what its application serves.

use std::net::Ipv4Addr;

/// What an application does on its port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Serves {
    /// Answers requests of HTTP with what came: 200, or what the path `/status/N` asks for.
    Http,
    /// Answers calls of gRPC with what came.
    Grpc,
    /// The same, and the Service says nothing about it.
    GrpcUnsaid,
    /// Sends back what comes, as bytes.
    Echo,
    /// Says a word before anything came, then sends back what comes.
    Banner,
    /// Requests or bytes, whatever comes: the Service says nothing about it.
    Either,
}

/// Where something runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// With a proxy beside it.
    Meshed,
    /// Without.
    Plain,
}

/// A workload of one instance.
#[derive(Clone, Copy, Debug)]
pub struct Workload {
    /// Its name.
    pub name: &'static str,
    /// A number of its own, from 1: the last part of its addresses.
    pub number: u8,
    /// Its namespace.
    pub namespace: &'static str,
    /// Its service account.
    pub account: &'static str,
    /// The Service that leads to it, and perhaps to others.
    pub service: &'static str,
    /// Whether that Service has no address of its own.
    pub headless: bool,
    /// Whether it has a proxy.
    pub place: Place,
    /// Ports of the Service, each with the port of the application and what that does. Port 0: nobody declares what is served there.
    pub ports: &'static [(u16, u16, Serves)],
}

impl Workload {
    /// With a proxy, in the namespace `shop`, with an account and a Service of its name.
    pub const fn new(name: &'static str, number: u8, ports: &'static [(u16, u16, Serves)]) -> Self {
        Self { name, number, namespace: "shop", account: name, service: name, headless: false, place: Place::Meshed, ports }
    }

    /// Without a proxy.
    #[must_use]
    pub const fn plain(self) -> Self {
        Self { place: Place::Plain, ..self }
    }

    /// Of another namespace, where it runs as this account.
    #[must_use]
    pub const fn of(self, namespace: &'static str, account: &'static str) -> Self {
        Self { namespace, account, ..self }
    }

    /// Behind a Service of another name.
    #[must_use]
    pub const fn behind(self, service: &'static str) -> Self {
        Self { service, ..self }
    }

    /// Behind a Service without an address.
    #[must_use]
    pub const fn headless(self) -> Self {
        Self { headless: true, ..self }
    }

    /// The address of its instance.
    pub fn address(&self) -> Ipv4Addr {
        Ipv4Addr::new(10, 77, 1, self.number)
    }

    /// The address of its Service, if it is the first behind it.
    pub fn cluster_ip(&self) -> Ipv4Addr {
        Ipv4Addr::new(10, 96, 0, self.number)
    }

    /// The port of its Service that leads to a port of the application.
    pub fn service_port(&self, target: u16) -> Option<u16> {
        self.declared().find(|(_, known, _)| *known == target).map(|(port, _, _)| *port)
    }

    /// Ports that somebody declares.
    pub(crate) fn declared(&self) -> impl Iterator<Item = &'static (u16, u16, Serves)> {
        self.ports.iter().filter(|(port, _, _)| *port != 0)
    }
}
