//! A proxy beside a workload, whichever was chosen, with what keeps its secrets.

use std::fs::{File, OpenOptions};
use std::io;
use std::net::TcpListener;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use meshglot_agent::{Agent, AgentError, Event, Invitation, SecretsKept};
use meshglot_proxy::{RunError, Settings};
use tokio::sync::{mpsc, watch};

use super::ours::Ours;

/// Threads of our own proxy that serve: a sidecar shares its machine with what it stands beside.
const WORKERS: usize = 2;

/// How long calls may go on once it is to stop.
const DRAIN: Duration = Duration::from_secs(5);

/// One of the proxies there are.
#[derive(Clone, Debug)]
pub(super) enum Chosen {
    /// Our own, in this process.
    Meshglot(Ours),
    /// A process of this program.
    Envoy(PathBuf),
}

impl Chosen {
    /// By the word of `--proxy`, which the grammar has checked.
    pub(super) fn of(word: &str, envoy: &Path, ours: Ours) -> Self {
        if word == "meshglot" { Self::Meshglot(ours) } else { Self::Envoy(envoy.to_owned()) }
    }
}

/// A proxy that is to run.
pub(super) struct Beside {
    pub(super) chosen: Chosen,
    /// Who it is for, and how to join.
    pub(super) invitation: Invitation,
    /// A file with a token that may be used again.
    pub(super) token_file: Option<PathBuf>,
    /// The one of the workload's instances.
    pub(super) instance: String,
    /// Its folder.
    pub(super) folder: PathBuf,
    /// Where the control plane looks at our own.
    pub(super) looked: Option<TcpListener>,
}

/// Why it cannot run.
#[derive(Debug, thiserror::Error)]
pub(super) enum BesideError {
    #[error(transparent)]
    Agent(#[from] AgentError),
    #[error(transparent)]
    Run(#[from] RunError),
}

impl Beside {
    /// Runs until `stop` holds true or is gone, and lets calls end. Events go to `events` as long as somebody takes them.
    pub(super) async fn run(self, stop: watch::Receiver<bool>, events: mpsc::UnboundedSender<Event>) -> Result<(), BesideError> {
        let Self { chosen, invitation, token_file, instance, folder, looked } = self;
        match chosen {
            Chosen::Envoy(program) => Ok(Agent { invitation, token_file, instance, folder, program, log: None }.run(stop, events).await?),
            Chosen::Meshglot(Ours { log_share, metrics, metric_names }) => {
                let secrets = SecretsKept::begin(&invitation, token_file.as_deref(), &folder, &events)?;
                let settings = Settings {
                    id: format!("{}/{instance}", invitation.workload),
                    control_plane: invitation.control_plane,
                    control_plane_id: invitation.control_plane_id().map_err(AgentError::from)?,
                    held: secrets.held(),
                    clock: secrets.clock(),
                    log: Some(log(&folder).map_err(AgentError::Folder)?),
                    folder,
                    log_share,
                    metrics: metrics.map(|listener| listener.try_clone()).transpose().map_err(RunError::Socket)?,
                    looked,
                    metric_names,
                    workers: WORKERS,
                    drain: DRAIN,
                };
                // Nobody may be there to hear it.
                let _ = events.send(Event::Started { proxy: "meshglot" });
                Ok(meshglot_proxy::run(settings, stop).await?)
            }
        }
    }
}

/// The file `log` of the folder, as Envoy has it too.
fn log(folder: &Path) -> io::Result<File> {
    let path = folder.join("log");
    let opened = OpenOptions::new().append(true).create(true).mode(0o600).open(&path);
    opened.map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", path.display())))
}
