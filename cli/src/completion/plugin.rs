//! `meshglot completion --install-kubectl DIR`: this binary as a plugin of kubectl, with its completion.

use std::fs;
use std::io::Error;
use std::path::Path;

use clap_complete::env::EnvCompleter as _;

use super::VARIABLE;
use super::kubectl::Kubectl;
use crate::Io;
use crate::exit::{Exit, Failure};

/// Writes `kubectl-meshglot` and `kubectl_complete-meshglot` into a folder. What is there and not ours stays.
pub(super) fn install(folder: &Path, io: &mut Io<'_>) -> Result<(), Failure> {
    let mut script = Vec::new();
    Kubectl.write_registration(VARIABLE, "", "", "", &mut script)?;
    let (plugin, completer) = (folder.join("kubectl-meshglot"), folder.join("kubectl_complete-meshglot"));
    let binary = std::env::current_exe().map_err(|error| stopped(&plugin, &error))?;
    if let Some(path) = [&plugin, &completer].into_iter().find(|path| is_taken(path) && !is_ours(path, &binary)) {
        let failure = Failure::new(Exit::Conflict, format!("{}: not written by meshglot: nothing was written", path.display()));
        return Err(failure.help("move it, or choose another folder"));
    }
    fs::create_dir_all(folder).map_err(|error| stopped(folder, &error))?;
    afresh(&plugin, |path| link(&binary, path))?;
    afresh(&completer, |path| executable(path, &script))?;
    if !io.quiet {
        let (mark, plugin, completer) = (io.mark(true), plugin.display(), completer.display());
        writeln!(io.stderr, "{mark} {plugin}\n{mark} {completer}\nnote: kubectl finds them where {} is on the PATH", folder.display())?;
    }
    Ok(())
}

/// Whether something is there, be it a link that leads nowhere.
fn is_taken(path: &Path) -> bool {
    path.symlink_metadata().is_ok()
}

/// Whether it was written by this or another version: a link to the binary's name, or a script that asks it.
fn is_ours(path: &Path, binary: &Path) -> bool {
    let linked = fs::read_link(path).is_ok_and(|target| target.file_name() == binary.file_name());
    linked || fs::read_to_string(path).is_ok_and(|text| text.contains(VARIABLE))
}

fn afresh(path: &Path, write: impl FnOnce(&Path) -> Result<(), Error>) -> Result<(), Failure> {
    let gone = if is_taken(path) { fs::remove_file(path) } else { Ok(()) };
    gone.and_then(|()| write(path)).map_err(|error| stopped(path, &error))
}

/// A link by name, so that an upgrade of the binary is one of the plugin.
#[cfg(unix)]
fn link(binary: &Path, plugin: &Path) -> Result<(), Error> {
    std::os::unix::fs::symlink(binary, plugin)
}

#[cfg(not(unix))]
fn link(binary: &Path, plugin: &Path) -> Result<(), Error> {
    let plugin = plugin.with_extension("exe");
    fs::hard_link(binary, &plugin).or_else(|_| fs::copy(binary, &plugin).map(|_| ()))
}

fn executable(path: &Path, script: &[u8]) -> Result<(), Error> {
    fs::write(path, script)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(path, fs::Permissions::from_mode(0o755))?;
    }
    Ok(())
}

fn stopped(path: &Path, error: &Error) -> Failure {
    Failure::new(Exit::Conflict, format!("{}: {error}", path.display()))
}
