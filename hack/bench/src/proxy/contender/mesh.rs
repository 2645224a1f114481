//! The two data planes of the mesh: the same resources over the same stream, from a control plane that admits by identity.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use meshglot_agent::{Bootstrap, SecretService};
use meshglot_translator::render::RenderedObject;
use tokio::net::UnixListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_stream::wrappers::UnixListenerStream;
use tonic::transport::Server;

use super::super::child::Running;
use super::super::ours;
use super::super::plane::Plane;
use super::super::resources::{self as made, TRUST_DOMAIN};
use super::{Contender, Place, Sort, free_port, listens};

/// A sort of proxy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DataPlane {
    Ours,
    Envoy,
}

/// One proxy, with what stands beside it.
pub(crate) struct Sidecar {
    pub(crate) process: Running,
    secrets: Option<JoinHandle<Result<(), tonic::transport::Error>>>,
}

impl Drop for Sidecar {
    fn drop(&mut self) {
        if let Some(secrets) = &self.secrets {
            secrets.abort();
        }
    }
}

impl DataPlane {
    /// Those that are here.
    pub(crate) fn all() -> Vec<Self> {
        let all = [Self::Ours, Self::Envoy];
        all.into_iter().filter(|one| *one == Self::Ours || envoy().is_ok()).collect()
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Ours => "meshglot",
            Self::Envoy => "Envoy",
        }
    }

    /// Starts it as a workload `NAMESPACE/NAME`.
    pub(crate) fn start(self, workload: &str, plane: &Plane, folder: &Path) -> io::Result<Sidecar> {
        let held = plane.admit(workload)?;
        let folder = folder.join(workload.replace('/', "-"));
        fs::create_dir_all(&folder)?;
        fs::set_permissions(&folder, Permissions::from_mode(0o700))?;
        if self == Self::Ours {
            let mut process = Running::silent_part(&["ours", workload, &plane.address.to_string(), &folder.display().to_string()])?;
            process.say(&ours::secrets(&held))?;
            return Ok(Sidecar { process, secrets: None });
        }
        let bootstrap = Bootstrap {
            id: format!("{workload}/0"),
            trust_domain: TRUST_DOMAIN.to_owned(),
            control_plane: plane.address,
            folder: folder.clone(),
        };
        bootstrap.check_paths().map_err(io::Error::other)?;
        let secrets = {
            let _runtime = plane.runtime().enter();
            let listener = UnixListener::bind(bootstrap.agent_socket())?;
            let service = SecretService::new(watch::channel(Some(Arc::new(held))).1).service();
            tokio::spawn(Server::builder().add_service(service).serve_with_incoming(UnixListenerStream::new(listener)))
        };
        let file = folder.join("bootstrap.json");
        fs::write(&file, bootstrap.document().to_string())?;
        let mut command = Command::new(envoy()?);
        command.arg("-c").arg(&file).args(["--disable-hot-restart", "--concurrency", "1", "--log-level", "error"]);
        Ok(Sidecar { process: Running::start(&mut command)?, secrets: Some(secrets) })
    }
}

/// Envoy, as its variable names it or as `hack/peers/install` left it.
fn envoy() -> io::Result<PathBuf> {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let cache = || {
        set("MESHGLOT_PEERS").or_else(|| Some(set("XDG_CACHE_HOME").or_else(|| Some(set("HOME")?.join(".cache")))?.join("meshglot-peers")))
    };
    let program = set("MESHGLOT_ENVOY").or_else(|| Some(cache()?.join("current/envoy")));
    let program = program.map(|path| if path.is_dir() { path.join("bin/envoy") } else { path });
    program.filter(|path| path.is_file()).ok_or_else(|| io::Error::other("it is not installed: hack/peers/install envoy"))
}

/// Both of them, where they are.
pub(super) fn start(sort: Sort, place: &Place<'_>) -> io::Result<Vec<Contender>> {
    if let Err(error) = envoy() {
        println!("Envoy is left out of {sort:?}: {error}");
    }
    let mut objects = made::constants();
    let mut all = Vec::new();
    for data_plane in DataPlane::all() {
        let workload = format!("bench/{data_plane:?}").to_lowercase();
        let port = free_port()?;
        let mut sidecars = Vec::new();
        objects.extend(between(sort, &workload, port, place, |server| {
            sidecars.push(data_plane.start(server, place.plane, place.folder)?);
            Ok(())
        })?);
        sidecars.push(data_plane.start(&workload, place.plane, place.folder)?);
        all.push(Contender { name: data_plane.name(), port, processes: Vec::new(), sidecars });
    }
    place.plane.serve(&objects);
    place.plane.wait(all.iter().map(|one| one.sidecars.len()).sum());
    for one in &mut all {
        let sidecars = &mut one.sidecars;
        listens(one.port, || sidecars.iter_mut().find_map(|sidecar| sidecar.process.ended()))?;
    }
    Ok(all)
}

/// What leads from a caller's proxy to the server; `second` starts the proxy there, where there is one.
fn between(
    sort: Sort,
    workload: &str,
    port: u16,
    place: &Place<'_>,
    second: impl FnOnce(&str) -> io::Result<()>,
) -> io::Result<Vec<RenderedObject>> {
    let cluster = format!("{workload}-server/80");
    let server = match sort {
        Sort::Plain => place.server.http1,
        Sort::Http2 | Sort::Grpc => place.server.http2,
        Sort::Bytes => {
            let bytes = made::bytes(workload, port, &cluster);
            return Ok(vec![bytes, made::assigned(&cluster, None, false), made::assigned_to(&cluster, place.server.bytes, false)]);
        }
        Sort::Mutual => {
            let (peer, entry) = (format!("{workload}-server"), free_port()?);
            second(&peer)?;
            return Ok(vec![
                made::explicit(workload, port, &cluster),
                made::to_cluster(&cluster),
                made::assigned(&cluster, Some(&peer), true),
                made::assigned_to(&cluster, entry, true),
                made::inbound(&peer, entry),
                made::open(&peer, entry),
                made::application(&peer, entry, place.server.http1),
            ]);
        }
    };
    let explicit = made::explicit(workload, port, &cluster);
    Ok(vec![explicit, made::to_cluster(&cluster), made::assigned(&cluster, None, true), made::assigned_to(&cluster, server, false)])
}
