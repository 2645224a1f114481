//! A cluster in which pods run: `hack/cluster`, ended with whoever started it.

use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};

use rustix::process::geteuid;

use crate::audit::{Asked, asked};
use crate::peer::{program, say_once, skipped};
use crate::process::spawn;

/// What it needs beside an API server.
const PROGRAMS: [&str; 8] =
    ["etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet", "kube-proxy", "kubectl", "coredns"];

/// The system closes the pipe at the end of this process, whatever that was; then the shell ends the cluster.
const END: &str = "trap '' HUP INT TERM; read -r _; exec \"$0\" down --index \"$1\" --state \"$2\"";

/// A Kubernetes of one node; ended when it is dropped.
#[derive(Debug)]
pub struct Node {
    index: String,
    state: PathBuf,
    ender: Child,
    pipe: Option<ChildStdin>,
}

impl Node {
    /// One beside all others of this machine. `None`: there can be none, which one line says.
    ///
    /// # Panics
    /// As [`crate::installed`].
    ///
    /// # Errors
    /// It does not come up.
    pub fn up() -> io::Result<Option<Self>> {
        if !geteuid().is_root() {
            say_once("root", "skip: a cluster with pods: only root can make one");
            return Ok(None);
        }
        if let Some(missing) = PROGRAMS.into_iter().find(|name| program(name).is_none()) {
            skipped("a cluster with pods", missing);
            return Ok(None);
        }
        let said = told(Command::new(script()).args(["up", "--index", "any"]))?;
        let state = Path::new(said.trim()).parent().ok_or_else(|| io::Error::other("no kubeconfig was told"))?.to_owned();
        let index = std::fs::read_to_string(state.join("index"))?.trim().to_owned();
        let mut command = Command::new("sh");
        command.args(["-c", END]).arg(script()).arg(&index).arg(&state);
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut ender = spawn(command)?;
        let pipe = ender.stdin.take();
        Ok(Some(Self { index, state, ender, pipe }))
    }

    /// For its administrator.
    pub fn kubeconfig(&self) -> PathBuf {
        self.state.join("admin.kubeconfig")
    }

    /// What the controllers of `meshglot install` have asked its API server, by their rights.
    ///
    /// # Errors
    /// There is no log.
    pub fn asked(&self) -> io::Result<Asked> {
        asked(&self.state.join("log/audit.log"), "system:serviceaccount:meshglot-system:meshglot-controller")
    }

    /// Takes the power from it, and starts it again with what is on its disk.
    ///
    /// # Errors
    /// It does not come up.
    pub fn reboot(&self) -> io::Result<()> {
        told(Command::new(script()).args(["reboot", "--index", &self.index, "--state"]).arg(&self.state)).map(drop)
    }

    /// Brings a program there as an image of this name: the program with its libraries, and nothing else.
    ///
    /// # Errors
    /// It cannot be packed or taken.
    pub fn image(&self, name: &str, path: &Path) -> io::Result<()> {
        self.image_with(name, path, &[])
    }

    /// The same, with other programs at their own places.
    ///
    /// # Errors
    /// As [`Node::image`].
    pub fn image_with(&self, name: &str, path: &Path, others: &[&Path]) -> io::Result<()> {
        let folder = tempfile::tempdir()?;
        let (stripped, archive) = (folder.path().join("program"), folder.path().join("image.tar"));
        // What a debugger reads is two thirds of it.
        told(Command::new("strip").arg("-o").arg(&stripped).arg(path))?;
        let whole = format!("{}=/meshglot", stripped.display());
        let mut image = Command::new(hack().join("node/image"));
        image.arg(&archive).args([name, "--entry", "/meshglot", "--whole", &whole]);
        for other in others {
            image.arg("--whole").arg(other);
        }
        told(&mut image)?;
        told(Command::new(script()).args(["import", "--index", &self.index, "--state"]).arg(&self.state).arg(&archive)).map(drop)
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        drop(self.pipe.take());
        // What it leaves somebody else has to look at.
        let _ = self.ender.wait();
    }
}

fn hack() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn script() -> PathBuf {
    hack().join("cluster")
}

/// What a command prints; with what it says else it is an error that it fails.
fn told(command: &mut Command) -> io::Result<String> {
    let output = command.stdin(Stdio::null()).output()?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    Err(io::Error::other(format!("{command:?}: {}", String::from_utf8_lossy(&output.stderr))))
}
