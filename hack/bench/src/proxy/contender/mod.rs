//! Who is compared: each of them between the same caller and the same server, with one thread that serves.

mod haproxy;
mod mesh;
mod nginx;

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::child::Running;
use super::plane::Plane;
use super::server::Ports;

pub(crate) use mesh::{DataPlane, Sidecar};

/// What goes through it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sort {
    /// HTTP/1.1 in plain.
    Plain,
    /// The same between two proxies over mutual TLS.
    Mutual,
    Http2,
    Grpc,
    Bytes,
}

/// One that runs, and ends when this is dropped.
pub(crate) struct Contender {
    pub(crate) name: &'static str,
    /// Where it is called.
    pub(crate) port: u16,
    processes: Vec<Running>,
    sidecars: Vec<Sidecar>,
}

/// Starts one; `None`: it has nothing to do with that sort.
type Start = fn(Sort, &Place<'_>) -> io::Result<Option<Contender>>;

/// How long one may take to listen.
const PATIENCE: Duration = Duration::from_secs(10);

/// Where a contender and what it needs are.
pub(crate) struct Place<'p> {
    pub(crate) folder: &'p Path,
    pub(crate) server: Ports,
    pub(crate) plane: &'p Plane,
}

impl Contender {
    /// Of all its processes, in seconds.
    pub(crate) fn cpu(&self) -> f64 {
        let mesh = self.sidecars.iter().map(|sidecar| sidecar.process.cpu());
        self.processes.iter().map(Running::cpu).chain(mesh).sum()
    }

    /// Of all its processes, in MiB.
    pub(crate) fn memory(&self) -> f64 {
        let mesh = self.sidecars.iter().map(|sidecar| sidecar.process.memory());
        self.processes.iter().map(Running::memory).chain(mesh).sum()
    }
}

/// Everybody that is here, in the order of the tables; who is not is told in a line.
pub(crate) fn all(sort: Sort, place: &Place<'_>) -> io::Result<Vec<Contender>> {
    let mut all = mesh::start(sort, place)?;
    let others: [(&str, Start); 3] = [("haproxy", haproxy::start), ("nginx", nginx::start), ("bare hyper", bare)];
    for (name, start) in others {
        match start(sort, place) {
            Ok(started) => all.extend(started),
            Err(error) => println!("{name} is left out of {sort:?}: {error}"),
        }
    }
    Ok(all)
}

/// Hyper alone.
fn bare(sort: Sort, place: &Place<'_>) -> io::Result<Option<Contender>> {
    let (server, protocol) = match sort {
        Sort::Plain => (place.server.http1, "http1"),
        Sort::Http2 | Sort::Grpc => (place.server.http2, "http2"),
        Sort::Mutual | Sort::Bytes => return Ok(None),
    };
    let port = free_port()?;
    let process = Running::part(&["bare", &port.to_string(), &server.to_string(), protocol])?;
    started("bare hyper", port, vec![process]).map(Some)
}

/// One whose processes listen.
fn started(name: &'static str, port: u16, mut processes: Vec<Running>) -> io::Result<Contender> {
    listens(port, || processes.iter_mut().find_map(Running::ended))?;
    Ok(Contender { name, port, processes, sidecars: Vec::new() })
}

/// Waits until somebody listens.
fn listens(port: u16, mut ended: impl FnMut() -> Option<String>) -> io::Result<()> {
    let end = Instant::now() + PATIENCE;
    while TcpStream::connect(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).is_err() {
        if let Some(how) = ended() {
            return Err(io::Error::other(format!("it has ended: {how}")));
        }
        if Instant::now() > end {
            return Err(io::Error::other("it does not listen"));
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    Ok(())
}

/// A port that nobody has now.
pub(crate) fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}

/// A program of the system.
fn program(name: &str) -> io::Result<PathBuf> {
    let folders = std::env::var_os("PATH").unwrap_or_default();
    let all = std::env::split_paths(&folders).chain(["/usr/sbin", "/usr/local/sbin"].map(PathBuf::from));
    let found = all.map(|folder| folder.join(name)).find(|path| path.is_file());
    found.ok_or_else(|| io::Error::other(format!("it is not installed: apt-get install {name}")))
}

/// The certificate chain, its key and all roots, as the others read them: files beside each other.
fn certificates(place: &Place<'_>, name: &str) -> io::Result<(PathBuf, PathBuf)> {
    let held = place.plane.admit(&format!("bench/{name}"))?;
    let (own, roots) = (place.folder.join(format!("{name}.pem")), place.folder.join(format!("{name}-roots.pem")));
    std::fs::write(&own, format!("{}{}", held.chain_pem, held.key_pem))?;
    std::fs::write(&roots, &held.bundle_pem)?;
    Ok((own, roots))
}
