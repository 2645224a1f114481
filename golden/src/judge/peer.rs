//! Where the peers' programs and the vendors' definitions are, and how their processes end.

use super::Absent;
use std::env;
use std::io;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Output, Stdio};

/// What to do about a missing peer.
const INSTALL: &str = "run hack/peers/install";

/// The program of a peer: as its variable says (`MESHGLOT_ENVOY` for `envoy`), else as
/// `hack/peers/install` left it.
pub(super) fn program(peer: &'static str) -> Result<PathBuf, Absent> {
    let variable = format!("MESHGLOT_{}", peer.to_uppercase());
    if let Some(named) = set(&variable) {
        let named = PathBuf::from(named);
        return if named.is_file() { Ok(named) } else { Err(Absent { peer, why: format!("{variable} names no file") }) };
    }
    let installed = cache(peer)?.join("current").join(peer);
    if installed.is_file() { Ok(installed) } else { Err(Absent { peer, why: format!("not installed: {INSTALL}") }) }
}

/// The folder of a vendor's definitions: below `MESHGLOT_CRDS`, else in `shared/crds` beside the
/// checkout, else what `hack/peers/install` took from the vendor's Go module.
pub(super) fn definitions(peer: &'static str, set_of: &str) -> Result<PathBuf, Absent> {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut places = match set("MESHGLOT_CRDS") {
        Some(named) => vec![PathBuf::from(named)],
        None => vec![repository.join("../shared/crds")],
    };
    places.push(cache(peer)?.join("current/crds"));
    places
        .into_iter()
        .map(|place| place.join(set_of))
        .find(|folder| folder.is_dir())
        .ok_or_else(|| Absent { peer, why: format!("no definitions of {set_of}: name their parent folder in MESHGLOT_CRDS") })
}

fn cache(peer: &'static str) -> Result<PathBuf, Absent> {
    if let Some(named) = set("MESHGLOT_PEERS") {
        return Ok(PathBuf::from(named));
    }
    let home = || set("HOME").map(|home| Path::new(&home).join(".cache"));
    let caches = set("XDG_CACHE_HOME").map(PathBuf::from).or_else(home);
    caches
        .map(|caches| caches.join("meshglot-peers"))
        .ok_or_else(|| Absent { peer, why: "neither MESHGLOT_PEERS nor HOME is set".to_owned() })
}

fn set(variable: &str) -> Option<std::ffi::OsString> {
    env::var_os(variable).filter(|value| !value.is_empty())
}

/// Runs a program to its end and collects what it says.
pub(super) fn run(command: &mut Command) -> io::Result<Output> {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).output()
}

/// A program that runs as long as this value lives, and not longer than this process: a small
/// shell waits for our end of its input to close, which the system does however we end.
#[derive(Debug)]
pub(super) struct Guarded {
    shell: Child,
    /// Closing it ends the program.
    leash: Option<ChildStdin>,
}

const LEASH: &str = r#"exec 3<&0
"$@" 3<&- </dev/null &
program=$!
{ cat <&3; kill -9 $program; } >/dev/null 2>&1 &
exec 3<&-
wait $program"#;

impl Guarded {
    /// Starts `program` with `arguments`; what it says goes to `log`.
    pub(super) fn start(program: &Path, arguments: &[&str], log: std::fs::File) -> io::Result<Self> {
        let errors = log.try_clone()?;
        let mut shell = Command::new("sh")
            .args(["-c", LEASH, "sh"])
            .arg(program)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(log)
            .stderr(errors)
            .spawn()?;
        let leash = shell.stdin.take();
        Ok(Self { shell, leash })
    }

    /// True once the program has ended by itself.
    pub(super) fn ended(&mut self) -> bool {
        !matches!(self.shell.try_wait(), Ok(None))
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        drop(self.leash.take());
        // The shell ends as soon as the program has; there is nothing to do about a failure here.
        let _ = self.shell.wait();
    }
}

/// Ports on the loopback that were free a moment ago, all different.
pub(super) fn free_ports<const N: usize>() -> io::Result<[u16; N]> {
    let mut ports = [0; N];
    // Held until all are known, so that no port comes twice.
    let mut held = Vec::new();
    for port in &mut ports {
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        *port = listener.local_addr()?.port();
        held.push(listener);
    }
    Ok(ports)
}
