//! A folder that is gone when nobody needs it any more, also where this process is killed.

use std::io;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};

use tempfile::TempDir;

use crate::process::spawn;

/// The system closes the pipe at the end of this process, whatever that was; then the shell removes the folder. Twice, since those that
/// are just being ended may still write.
const REMOVE: &str = "trap '' HUP INT TERM; read -r _; rm -rf -- \"$1\"; [ ! -e \"$1\" ] || { sleep 1; rm -rf -- \"$1\"; }";

/// Removed when it is dropped.
#[derive(Debug)]
pub(crate) struct Folder {
    folder: TempDir,
    remover: Child,
    pipe: Option<ChildStdin>,
}

impl Folder {
    pub(crate) fn new() -> io::Result<Self> {
        let folder = tempfile::Builder::new().prefix("mga").tempdir()?;
        let mut command = Command::new("sh");
        command.args(["-c", REMOVE, "sh"]).arg(folder.path());
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut remover = spawn(command)?;
        let pipe = remover.stdin.take();
        Ok(Self { folder, remover, pipe })
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(self.pipe.take());
        // What it has left the field removes.
        let _ = self.remover.wait();
    }
}
