//! Our own proxy, as a process of its own: this very program, started once more with another first argument.
//!
//! Its secrets come in lines over its standard input, as often as they change. It ends with that at the latest, so that none is left
//! behind where a test is killed.

use std::fs::{self, File, Permissions};
use std::io::{self, BufRead as _};
use std::os::fd::OwnedFd;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use meshglot_agent::CONTROL_PLANE;
use meshglot_join::{Held, SystemClock};
use meshglot_proxy::{LogShare, MetricNames, Settings};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;
use tokio::net::unix::pipe;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::{Beside, DataPlane, Proxy};
use crate::network::PROXY_USER;

/// The first argument of a proxy.
const WORD: &str = "meshglot-proxy";

/// More than one, so that they share what there is to share.
const WORKERS: usize = 2;

/// How long calls may go on once it is to end.
const DRAIN: Duration = Duration::from_secs(3);

/// How long a process may take to end by itself.
const END: Duration = Duration::from_secs(5);

/// `meshglot-proxy`.
pub(super) struct Ours;

struct Running {
    child: Child,
    secrets: JoinHandle<()>,
}

impl DataPlane for Ours {
    fn name(&self) -> &'static str {
        "meshglot"
    }

    fn missing(&self) -> Option<String> {
        None
    }

    fn remembers(&self) -> bool {
        true
    }

    fn start(&self, beside: &Beside<'_>) -> io::Result<Box<dyn Proxy>> {
        let folder = beside.folder;
        fs::create_dir_all(folder)?;
        fs::set_permissions(folder, Permissions::from_mode(0o700))?;
        let log = File::options().create(true).append(true).open(folder.join("log"))?;
        for path in [folder, &folder.join("log")] {
            chown(path, Some(PROXY_USER), None)?;
        }
        let program = program(folder.parent().unwrap_or(folder))?;
        let user = PROXY_USER.to_string();
        let mut command = Command::new("nsenter");
        command.arg(format!("--net={}", beside.host.path().display()));
        command.args(["setpriv", "--reuid", &user, "--regid", &user, "--clear-groups"]);
        command.arg(program).arg(WORD).args([&beside.id, &beside.trust_domain, &beside.control_plane.to_string()]).arg(folder);
        command.stdin(Stdio::piped()).stdout(log.try_clone()?).stderr(log);
        let mut child = command.spawn()?;
        let stdin = child.stdin.take().ok_or_else(|| io::Error::other("no standard input"))?;
        let secrets = {
            let _runtime = beside.runtime.enter();
            tokio::spawn(hand_over(pipe::Sender::from_owned_fd(OwnedFd::from(stdin))?, beside.secrets.clone()))
        };
        Ok(Box::new(Running { child, secrets }))
    }
}

impl Proxy for Running {
    fn ask_to_end(&self) -> bool {
        kill_process(Pid::from_child(&self.child), Signal::INT).is_ok()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = kill_process(Pid::from_child(&self.child), Signal::TERM);
        let end = Instant::now() + END;
        while Instant::now() < end && self.child.try_wait().is_ok_and(|status| status.is_none()) {
            std::thread::sleep(Duration::from_millis(10));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
        self.secrets.abort();
    }
}

/// This program where the user of proxies can start it: once for all proxies of a mesh.
fn program(folder: &Path) -> io::Result<PathBuf> {
    let path = folder.join(WORD);
    if path.exists() {
        return Ok(path);
    }
    let own = std::env::current_exe()?;
    let is_everybodys = fs::metadata(&own)?.mode() & 0o005 == 0o005;
    // No link where the folder is on another disk.
    if !is_everybodys || fs::hard_link(&own, &path).is_err() {
        fs::copy(&own, &path)?;
        fs::set_permissions(&path, Permissions::from_mode(0o755))?;
    }
    Ok(path)
}

/// Writes secrets until nobody reads them any more.
async fn hand_over(mut to: pipe::Sender, mut secrets: watch::Receiver<Option<Arc<Held>>>) {
    loop {
        let held = secrets.borrow_and_update().clone();
        if let Some(held) = held {
            let line = format!("{}\n", json!({ "chain": held.chain_pem, "key": held.key_pem, "roots": held.bundle_pem }));
            if to.write_all(line.as_bytes()).await.is_err() {
                return;
            }
        }
        if secrets.changed().await.is_err() {
            return;
        }
    }
}

/// Runs a proxy to its end where this program was started to be one; `None`: it was not.
pub fn as_proxy() -> Option<ExitCode> {
    let mut words = std::env::args().skip(1);
    words.next().filter(|word| word == WORD)?;
    let words: Vec<String> = words.collect();
    Some(match run(&words) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    })
}

fn run(words: &[String]) -> io::Result<()> {
    let [id, trust_domain, control_plane, folder] = words else { return Err(io::Error::other("a proxy has four words")) };
    let ((held, holds), (stop, stops)) = (watch::channel(None), watch::channel(false));
    let settings = Settings {
        id: id.clone(),
        control_plane: control_plane.parse().map_err(io::Error::other)?,
        control_plane_id: format!("spiffe://{trust_domain}/{CONTROL_PLANE}").parse().map_err(io::Error::other)?,
        held: holds,
        clock: Arc::new(SystemClock),
        folder: folder.into(),
        log: None,
        log_share: LogShare::ALL,
        metrics: None,
        looked: None,
        metric_names: MetricNames::default(),
        workers: WORKERS,
        drain: DRAIN,
    };
    let gone = stop.clone();
    std::thread::spawn(move || {
        take_over(&held);
        gone.send_replace(true);
    });
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    runtime.spawn(async move {
        if tokio::signal::ctrl_c().await.is_ok() {
            stop.send_replace(true);
        }
    });
    runtime.block_on(meshglot_proxy::run(settings, stops)).map_err(io::Error::other)
}

/// Reads secrets until nobody writes them any more. Whether they are good the agent has seen to, by a clock of its own.
fn take_over(to: &watch::Sender<Option<Arc<Held>>>) {
    for line in io::stdin().lock().lines().map_while(Result::ok) {
        match read(&line) {
            Some(held) => drop(to.send_replace(Some(Arc::new(held)))),
            None => eprintln!("secrets came that cannot be read"),
        }
    }
}

fn read(line: &str) -> Option<Held> {
    let texts: Value = serde_json::from_str(line).ok()?;
    let text = |name: &str| texts[name].as_str().map(str::to_owned);
    Held::handed_over(text("chain")?, text("key")?, text("roots")?).ok()
}
