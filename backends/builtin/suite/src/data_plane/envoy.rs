//! An unmodified Envoy, with the agent's parts beside it.

use std::fs::{self, File, Permissions};
use std::io;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};

use meshglot_agent::{Bootstrap, Envoy, SecretService};
use tokio::net::UnixListener;
use tokio::task::JoinHandle;
use tokio_stream::wrappers::UnixListenerStream;
use tonic::transport::Server;

use super::{Beside, DataPlane, Proxy};
use crate::namespace::Namespace;
use crate::network::PROXY_USER;
use crate::peer::peer;

/// As its vendor built it.
pub(super) struct Unmodified;

struct Running {
    _envoy: Envoy,
    secrets: JoinHandle<Result<(), tonic::transport::Error>>,
}

impl DataPlane for Unmodified {
    fn name(&self) -> &'static str {
        "envoy"
    }

    fn missing(&self) -> Option<String> {
        peer("envoy").is_none().then(|| "envoy is not installed: run hack/peers/install".to_owned())
    }

    fn remembers(&self) -> bool {
        false
    }

    fn start(&self, beside: &Beside<'_>) -> io::Result<Box<dyn Proxy>> {
        let folder = beside.folder.to_owned();
        fs::create_dir_all(&folder)?;
        let (id, trust_domain) = (beside.id.clone(), beside.trust_domain.clone());
        let bootstrap = Bootstrap { id, trust_domain, control_plane: beside.control_plane, folder: folder.clone() };
        for socket in [bootstrap.agent_socket(), bootstrap.admin_socket()] {
            // The one before has left it there.
            if socket.exists() {
                fs::remove_file(socket)?;
            }
        }
        let secrets = {
            let _runtime = beside.runtime.enter();
            let listener = UnixListener::bind(bootstrap.agent_socket())?;
            let service = SecretService::new(beside.secrets.clone()).service();
            tokio::spawn(Server::builder().add_service(service).serve_with_incoming(UnixListenerStream::new(listener)))
        };
        let launcher = launcher(&folder, beside.host)?;
        let log = File::options().create(true).append(true).open(folder.join("log"))?;
        for path in [folder.clone(), bootstrap.agent_socket(), folder.join("log")] {
            chown(path, Some(PROXY_USER), None)?;
        }
        let envoy = Envoy::start(&launcher, &bootstrap, log).map_err(io::Error::other)?;
        Ok(Box::new(Running { _envoy: envoy, secrets }))
    }
}

impl Proxy for Running {}

impl Drop for Running {
    fn drop(&mut self) {
        self.secrets.abort();
    }
}

/// A program that starts Envoy on its host, as the user whose calls are not redirected.
fn launcher(folder: &Path, host: &Namespace) -> io::Result<PathBuf> {
    let envoy = peer("envoy").ok_or_else(|| io::Error::other("envoy is not installed"))?;
    let path = folder.with_extension("sh");
    let text = format!(
        "#!/bin/sh\nexec nsenter --net={} setpriv --reuid {PROXY_USER} --regid {PROXY_USER} --clear-groups {} \"$@\"\n",
        host.path().display(),
        envoy.display()
    );
    fs::write(&path, text)?;
    fs::set_permissions(&path, Permissions::from_mode(0o755))?;
    Ok(path)
}
