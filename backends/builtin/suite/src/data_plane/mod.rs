//! The data plane as a parameter: what starts a proxy beside a workload.
//!
//! Scenarios know no data plane. One more is a file here and a line in [`ALL`].

mod envoy;
mod ours;

use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use meshglot_join::Held;
use tokio::runtime::Handle;
use tokio::sync::watch;

use crate::namespace::Namespace;

pub use ours::as_proxy;

/// Its variable.
const VARIABLE: &str = "MESHGLOT_DATA_PLANE";

/// Every data plane.
const ALL: [&dyn DataPlane; 2] = [&envoy::Unmodified, &ours::Ours];

/// A sort of proxy.
pub trait DataPlane: Send + Sync {
    /// What it is called in its variable.
    fn name(&self) -> &'static str;

    /// What has to be installed for it; `None`: nothing more.
    fn missing(&self) -> Option<String>;

    /// Whether one that is started again has what it had before, though there is no control plane.
    fn remembers(&self) -> bool;

    /// Starts one, which ends when it is dropped. Calls out of the host come to its port 15001, calls into it to 15006, each with the
    /// address that was called.
    ///
    /// # Errors
    /// It cannot be started.
    fn start(&self, beside: &Beside<'_>) -> io::Result<Box<dyn Proxy>>;
}

/// A proxy that runs. It ends when this is dropped.
pub trait Proxy: Send {
    /// Asks it to end when its calls have ended, if it can be asked here. It takes no others meanwhile.
    fn ask_to_end(&self) -> bool {
        false
    }
}

/// Where a proxy runs, and as whom.
pub struct Beside<'a> {
    /// `NAMESPACE/WORKLOAD/INSTANCE`.
    pub id: String,
    /// The trust domain of the mesh.
    pub trust_domain: String,
    /// Where the control plane listens.
    pub control_plane: SocketAddr,
    /// A folder of its own; it stays from one start to the next. What it says goes into the file `log` there.
    pub folder: &'a Path,
    /// Its host.
    pub(crate) host: &'a Namespace,
    /// What it proves who it is with, always the newest.
    pub secrets: watch::Receiver<Option<Arc<Held>>>,
    /// Runs what stands beside it.
    pub runtime: &'a Handle,
}

/// The data plane that the environment names, or all there are.
///
/// # Errors
/// There is none of that name.
pub fn data_planes() -> Result<Vec<&'static dyn DataPlane>, String> {
    let value = std::env::var_os(VARIABLE).filter(|value| !value.is_empty());
    named(value.as_deref().map(|value| value.to_string_lossy()).as_deref())
}

fn named(name: Option<&str>) -> Result<Vec<&'static dyn DataPlane>, String> {
    let Some(name) = name else { return Ok(ALL.to_vec()) };
    ALL.into_iter().find(|known| known.name() == name).map(|found| vec![found]).ok_or_else(|| {
        let names: Vec<&str> = ALL.into_iter().map(DataPlane::name).collect();
        format!("{VARIABLE}={name} names no data plane: choose one of {}", names.join(", "))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_data_plane_is_named_or_told_to_be_none() {
        let names = |name| named(name).map(|found| found.iter().map(|plane| plane.name()).collect::<Vec<_>>());
        assert_eq!(names(None), Ok(vec!["envoy", "meshglot"]));
        assert_eq!(names(Some("envoy")), Ok(vec!["envoy"]));
        assert_eq!(names(Some("meshglot")), Ok(vec!["meshglot"]));
        let wrong = "MESHGLOT_DATA_PLANE=nginx names no data plane: choose one of envoy, meshglot";
        assert_eq!(names(Some("nginx")), Err(wrong.to_owned()));
    }
}
