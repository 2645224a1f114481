//! The process: started with its bootstrap, ended with the agent.

use std::fs::{self, File, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::bootstrap::Bootstrap;

/// How long connections are drained after a listener changed, in seconds.
const DRAIN: &str = "2";

/// How long a process may take to end by itself.
const END: Duration = Duration::from_secs(5);

/// The longest path of a Unix socket, without the zero at its end.
const SOCKET_PATH: usize = 107;

/// A running Envoy. It is ended when this is dropped.
#[derive(Debug)]
pub struct Envoy {
    child: Child,
    admin: PathBuf,
}

/// Why Envoy does not run.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Sockets cannot be made so deep.
    #[error("{path}: a socket's path has at most {SOCKET_PATH} bytes; choose a shorter folder")]
    Path {
        /// The socket.
        path: PathBuf,
    },
    /// Its folder, files or process cannot be made.
    #[error("{what}: {error}")]
    System {
        /// What was tried.
        what: String,
        /// Why it failed.
        #[source]
        error: io::Error,
    },
}

impl Bootstrap {
    /// Whether its sockets can be made.
    ///
    /// # Errors
    /// Their paths are too long.
    pub fn check_paths(&self) -> Result<(), StartError> {
        let too_long = |path: &PathBuf| path.as_os_str().len() > SOCKET_PATH;
        [self.agent_socket(), self.admin_socket()].into_iter().find(too_long).map_or(Ok(()), |path| Err(StartError::Path { path }))
    }
}

impl Envoy {
    /// Writes the bootstrap into its folder and starts the program with it; `log` takes what it says and the access log.
    ///
    /// # Errors
    /// The folder, the bootstrap or the process cannot be made.
    pub fn start(program: &Path, bootstrap: &Bootstrap, log: File) -> Result<Self, StartError> {
        let failed = |what: &Path| {
            let what = what.display().to_string();
            move |error| StartError::System { what, error }
        };
        bootstrap.check_paths()?;
        let folder = &bootstrap.folder;
        fs::create_dir_all(folder).map_err(failed(folder))?;
        fs::set_permissions(folder, Permissions::from_mode(0o700)).map_err(failed(folder))?;
        let file = folder.join("bootstrap.json");
        fs::write(&file, format!("{:#}\n", bootstrap.document())).map_err(failed(&file))?;
        let second = log.try_clone().map_err(failed(folder))?;
        let mut command = Command::new(program);
        command.arg("-c").arg(&file).args(["--drain-time-s", DRAIN, "--drain-strategy", "immediate"]);
        // Two of them on one machine would share memory otherwise.
        command.args(["--disable-hot-restart", "--concurrency", "1", "--log-level", "warning"]);
        let child = command.stdin(Stdio::null()).stdout(log).stderr(second).spawn().map_err(failed(program))?;
        Ok(Self { child, admin: bootstrap.admin_socket() })
    }

    /// Where its administration listens.
    pub fn admin(&self) -> &Path {
        &self.admin
    }

    /// Whether it ended by itself; then it is not started again by this.
    pub fn has_ended(&mut self) -> bool {
        self.child.try_wait().is_ok_and(|status| status.is_some())
    }

    /// Lets it finish what it does, for a while.
    fn end(&mut self) {
        let _ = kill_process(Pid::from_child(&self.child), Signal::TERM);
        let end = Instant::now() + END;
        while Instant::now() < end && !self.has_ended() {
            std::thread::sleep(Duration::from_millis(10));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Envoy {
    fn drop(&mut self) {
        self.end();
    }
}
