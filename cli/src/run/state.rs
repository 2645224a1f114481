//! The folder of keys, sockets and logs of a running mesh.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, ErrorKind, Write as _};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::Mode;
use rustix::process::umask;
use tokio::net::UnixListener;
use tokio::runtime::Runtime;

use crate::args::RunArgs;
use crate::exit::{Exit, Failure};

/// The name of the folder beside the policy; hidden, so that it is not read as policy.
pub(crate) const STATE_FOLDER: &str = ".meshglot";

/// The socket of the administration.
const SOCKET: &str = "admin.sock";

pub(super) struct StateFolder(PathBuf);

/// Where the administration of the mesh of a folder listens.
pub(crate) fn admin_socket(config_dir: &Path) -> PathBuf {
    config_dir.join(STATE_FOLDER).join(SOCKET)
}

/// Where the proxy of a workload of this machine has its files.
pub(crate) fn proxy_folder(config_dir: &Path, workload: &str) -> PathBuf {
    proxies_in(&config_dir.join(STATE_FOLDER)).join(folder_name(workload))
}

/// Whether a folder lies below that of the policy, and is not hidden there.
fn is_read_as_policy(state: &Path, config_dir: &Path) -> bool {
    let (Ok(state), Ok(config_dir)) = (state.canonicalize(), config_dir.canonicalize()) else { return false };
    let hidden = |part: std::path::Component<'_>| part.as_os_str().to_string_lossy().starts_with('.');
    state.strip_prefix(config_dir).is_ok_and(|below| !below.components().any(hidden))
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
        let path = args.state_dir.clone().unwrap_or_else(|| args.config_dir.join(STATE_FOLDER));
        let failed = |error: io::Error| {
            let failure = Failure::new(Exit::Invalid, format!("{}: {error}", path.display()));
            failure.help("--state-dir names another folder for keys, sockets and logs")
        };
        if !path.is_dir() {
            DirBuilder::new().recursive(true).mode(0o700).create(&path).map_err(failed)?;
        }
        if is_read_as_policy(&path, &args.config_dir) {
            let failure = Failure::new(Exit::Usage, format!("{}: keys would be read as policy there", path.display()));
            return Err(failure.help("choose a folder elsewhere, or one whose name begins with a dot"));
        }
        // Keys do not belong into a repository of policy. What somebody has written there stays.
        match OpenOptions::new().write(true).create_new(true).open(path.join(".gitignore")).and_then(|mut file| file.write_all(b"*\n")) {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(failed(error)),
            _ => Ok(Self(path)),
        }
    }

    pub(super) fn authority(&self) -> PathBuf {
        self.0.join("authority")
    }

    /// Where programs that run beside the mesh leave what they say; made where it is missing.
    pub(super) fn units(&self) -> Result<PathBuf, Failure> {
        let path = self.0.join("units");
        let made = DirBuilder::new().recursive(true).mode(0o700).create(&path);
        made.map(|()| path.clone()).map_err(|error| Failure::new(Exit::Invalid, format!("{}: {error}", path.display())))
    }

    pub(super) fn proxies(&self) -> PathBuf {
        proxies_in(&self.0)
    }

    /// The administration's socket. One of before is nobody's: whoever has the authority's folder has this one.
    pub(super) fn listen(&self, runtime: &Runtime) -> Result<(UnixListener, Socket), Failure> {
        let path = self.0.join(SOCKET);
        let failed = |error: io::Error| Failure::new(Exit::Invalid, format!("{}: {error}", path.display()));
        match fs::remove_file(&path) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(failed(error)),
            _ => {}
        }
        let _context = runtime.enter();
        // From its first moment on: the folder may be one that others enter.
        let before = umask(Mode::from_raw_mode(0o177));
        let listener = UnixListener::bind(&path);
        umask(before);
        Ok((listener.map_err(failed)?, Socket(path)))
    }
}

/// A socket of this process; it is removed when this is dropped.
pub(super) struct Socket(PathBuf);

impl Socket {
    pub(super) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}
