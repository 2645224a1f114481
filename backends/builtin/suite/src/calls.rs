//! Calls in a running mesh, from where its workloads run.

use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use rustls::{ClientConnection, StreamOwned};

use crate::client::{self, Answer, Call, Connection};
use crate::credentials::Credentials;
use crate::mesh::Mesh;
use crate::namespace::Namespace;
use crate::stranger::{ALPN_TCP, Stranger, call_as, handshake};
use crate::workload::Workload;

/// Calls one address from one workload.
pub struct Caller {
    namespace: Arc<Namespace>,
    server: SocketAddr,
    host: String,
}

impl Caller {
    /// One call.
    ///
    /// # Errors
    /// Nothing answers, not even by closing.
    pub fn call(&self, what: &Call) -> io::Result<Answer> {
        client::call(&self.namespace, self.server, &self.host, what)
    }

    /// The same call so often, one after the other: requests over one connection, bytes over one each.
    ///
    /// # Errors
    /// Nothing answers one of them, not even by closing.
    pub fn calls(&self, what: &Call, count: usize) -> io::Result<Vec<Answer>> {
        client::calls(&self.namespace, self.server, &self.host, what, count)
    }

    /// A connection that stays open.
    ///
    /// # Errors
    /// Nobody listens.
    pub fn connect(&self) -> io::Result<Connection> {
        Connection::new(&self.namespace, self.server, self.host.clone())
    }

    /// A connection for bytes of one's own: a read that nothing comes of for ten seconds fails.
    ///
    /// # Errors
    /// Nobody listens.
    pub fn stream(&self) -> io::Result<TcpStream> {
        self.namespace.within(|| client::connected(self.server))
    }

    /// What is called: an address, and by which name.
    pub fn called(&self) -> (SocketAddr, &str) {
        (self.server, &self.host)
    }

    /// One request over TLS, as somebody who has this certificate, or none.
    ///
    /// # Errors
    /// Nothing answers, not even by closing.
    pub fn call_as(&self, shows: Option<&Credentials>, what: &Call) -> io::Result<Answer> {
        call_as(shows, &self.namespace, self.server, &self.host, what)
    }

    /// A connection of bytes over TLS, as somebody who has this certificate. Its handshake waits, once the proxy has said its part, until something
    /// is done.
    ///
    /// # Errors
    /// Nobody listens, or who does wants no such connection.
    pub fn stream_as(&self, shows: &Credentials, meanwhile: impl FnOnce()) -> io::Result<StreamOwned<ClientConnection, TcpStream>> {
        handshake(Some(shows), ALPN_TCP, (&self.namespace, self.server), meanwhile)
    }
}

impl Mesh {
    /// Somebody who calls a Service.
    ///
    /// # Panics
    /// There is no workload or no Service of such a name.
    pub fn caller(&self, from: &str, to: &str, port: u16) -> Caller {
        let workload = self.behind(to);
        let target = workload.ports.iter().find(|(known, _, _)| *known == port).map_or(port, |(_, target, _)| *target);
        // Of a headless Service clients get the addresses of its instances.
        let server = if workload.headless { (workload.address(), target) } else { (workload.cluster_ip(), port) };
        self.caller_of(from, server.into(), format!("{to}.{}", workload.namespace))
    }

    /// Somebody who calls the address of an instance, past its Service.
    ///
    /// # Panics
    /// There is no workload of such a name.
    pub fn caller_of_instance(&self, from: &str, to: &str, port: u16) -> Caller {
        let workload = &self.hosts[to].workload;
        self.caller_of(from, (workload.address(), port).into(), format!("{to}.{}", workload.namespace))
    }

    /// Somebody who calls any address, by some name.
    ///
    /// # Panics
    /// There is no workload of such a name.
    pub fn caller_of(&self, from: &str, server: SocketAddr, host: String) -> Caller {
        Caller { namespace: self.hosts[from].namespace.clone(), server, host }
    }

    /// A server on the host of a workload that shows this certificate and speaks as a proxy would; `None`: it speaks no TLS.
    ///
    /// # Errors
    /// The port is taken.
    ///
    /// # Panics
    /// There is no workload of such a name.
    pub fn stranger(&self, on: &str, port: u16, shows: Option<&Credentials>) -> io::Result<Stranger> {
        Stranger::listen(&self.hosts[on].namespace, port, shows)
    }

    /// A port on the host of a workload, for a server of one's own in place of its application.
    ///
    /// # Errors
    /// The port is taken.
    ///
    /// # Panics
    /// There is no workload of such a name.
    pub fn listen(&self, on: &str, port: u16) -> io::Result<TcpListener> {
        self.hosts[on].namespace.within(|| TcpListener::bind(SocketAddr::from(([0, 0, 0, 0], port))))
    }

    /// A program that will run on the host of a workload, beside its application.
    ///
    /// # Panics
    /// There is no workload of such a name.
    pub fn command(&self, on: &str, program: &Path) -> Command {
        let mut command = Command::new("nsenter");
        command.arg(format!("--net={}", self.hosts[on].namespace.path().display())).arg(program);
        command
    }

    fn behind(&self, service: &str) -> &Workload {
        let found = self.hosts.values().map(|host| &host.workload).filter(|workload| workload.service == service);
        // The one whose number the address of the Service has.
        found.min_by_key(|workload| workload.number).unwrap_or_else(|| panic!("there is no Service {service}"))
    }
}
