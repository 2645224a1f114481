//! What a proxy takes of its machine.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use crate::mesh::Mesh;
use crate::namespace::Namespace;
use crate::network::PROXY_USER;

/// What one process has at the moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Taken {
    /// Memory that is its own or shared, in KiB.
    pub resident: u64,
    /// Open files; nearly all of them are connections.
    pub files: usize,
}

impl Mesh {
    /// What the proxy of a workload has taken.
    ///
    /// # Errors
    /// It does not run.
    ///
    /// # Panics
    /// There is no workload of such a name.
    pub fn taken(&self, by: &str) -> io::Result<Taken> {
        let process = proxy(&self.hosts[by].namespace)?;
        let resident = field(&process, "VmRSS:").ok_or_else(|| io::Error::other("it has no memory"))?;
        Ok(Taken { resident, files: fs::read_dir(process.join("fd"))?.count() })
    }
}

/// The process of the user of proxies on a host.
fn proxy(host: &Namespace) -> io::Result<PathBuf> {
    let own = fs::metadata(host.path())?.ino();
    let is_its = |process: &Path| {
        let is_here = fs::metadata(process.join("ns/net")).is_ok_and(|space| space.ino() == own);
        is_here && field(process, "Uid:") == Some(PROXY_USER.into())
    };
    let mut found = fs::read_dir("/proc")?.filter_map(|entry| Some(entry.ok()?.path())).filter(|process| is_its(process));
    found.next().ok_or_else(|| io::Error::other("no proxy runs there"))
}

/// The first number of a line.
fn field(process: &Path, name: &str) -> Option<u64> {
    let status = fs::read_to_string(process.join("status")).ok()?;
    status.lines().find_map(|line| line.strip_prefix(name))?.split_whitespace().next()?.parse().ok()
}
