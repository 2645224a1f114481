//! The folder of keys, sockets and logs of a running mesh.

use std::fs::{self, DirBuilder, Permissions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use tokio::net::UnixListener;
use tokio::runtime::Runtime;

use crate::args::RunArgs;
use crate::exit::{Exit, Failure};

/// The name of the folder beside the policy; hidden, so that it is not read as policy.
const NAME: &str = ".meshglot";

/// The socket of the administration.
const SOCKET: &str = "admin.sock";

pub(super) struct StateFolder(PathBuf);

/// Where the administration of the mesh of a folder listens.
pub(crate) fn admin_socket(config_dir: &Path) -> PathBuf {
    config_dir.join(NAME).join(SOCKET)
}

/// Where the proxy of a workload of this machine has its files.
pub(crate) fn proxy_folder(config_dir: &Path, workload: &str) -> PathBuf {
    proxies_in(&config_dir.join(NAME)).join(folder_name(workload))
}

/// `/` occurs in no part of a name, and neither does `:`.
pub(super) fn folder_name(workload: &str) -> String {
    workload.replace('/', ":")
}

fn proxies_in(state: &Path) -> PathBuf {
    state.join("proxies")
}

impl StateFolder {
    /// Makes it where it is missing: nobody but its owner may enter.
    pub(super) fn open(args: &RunArgs) -> Result<Self, Failure> {
        let path = args.state_dir.clone().unwrap_or_else(|| args.config_dir.join(NAME));
        let failed = |error: io::Error| {
            let failure = Failure::new(Exit::Invalid, format!("{}: {error}", path.display()));
            failure.help("--state-dir names another folder for keys, sockets and logs")
        };
        if !path.is_dir() {
            DirBuilder::new().recursive(true).mode(0o700).create(&path).map_err(failed)?;
        }
        // Keys do not belong into a repository of policy.
        fs::write(path.join(".gitignore"), "*\n").map_err(failed)?;
        Ok(Self(path))
    }

    pub(super) fn authority(&self) -> PathBuf {
        self.0.join("authority")
    }

    pub(super) fn proxies(&self) -> PathBuf {
        proxies_in(&self.0)
    }

    pub(super) fn socket(&self) -> PathBuf {
        self.0.join(SOCKET)
    }

    /// The administration's socket. One of before is nobody's: whoever has the authority's folder has this one.
    pub(super) fn listen(&self, runtime: &Runtime) -> Result<UnixListener, Failure> {
        let path = self.socket();
        let failed = |error: io::Error| Failure::new(Exit::Invalid, format!("{}: {error}", path.display()));
        match fs::remove_file(&path) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(failed(error)),
            _ => {}
        }
        let _context = runtime.enter();
        let listener = UnixListener::bind(&path).map_err(failed)?;
        fs::set_permissions(&path, Permissions::from_mode(0o600)).map_err(failed)?;
        Ok(listener)
    }

    /// Leaves no socket behind.
    pub(super) fn close(self) {
        let _ = fs::remove_file(self.socket());
    }
}
