//! What the policy becomes on each mesh, kept beside it for `--backend all`.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::supervise::own_program;

/// The folder, which `.meshglotskip` names.
pub(super) const FOLDER: &str = "rendered";

/// Renders it again. Policy that is wrong, or that a mesh cannot hold, is told elsewhere; what was there stays.
pub(super) fn again(folder: &Path) {
    let mut command = Command::new(own_program());
    command.args(["render", "--quiet", "--backend", "all"]);
    for name in ["policies", "services.yaml", "kubernetes"] {
        command.arg("-f").arg(folder.join(name));
    }
    command.arg("-o").arg(format!("dir={}", folder.join(FOLDER).display()));
    let _ = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
}
