//! A proxy that runs: threads that serve, a client that follows the control plane, and certificates that change.

use std::fs::File;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use meshglot_ca::SpiffeId;
use meshglot_join::{Clock, Held};
use time::OffsetDateTime;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::admin::{Admin, Answers};
use crate::ads;
use crate::config::{Config, Publisher};
use crate::looked::Looked;
use crate::observe::{LogShare, LogWriter, MetricNames, Registry, Tap};
use crate::store::Store;
use crate::tls::Identity;
use crate::worker::{Change, Thread};

/// What a proxy needs.
pub struct Settings {
    /// `NAMESPACE/WORKLOAD/INSTANCE`.
    pub id: String,
    /// Where the control plane listens.
    pub control_plane: SocketAddr,
    /// Who it is.
    pub control_plane_id: SpiffeId,
    /// What the proxy proves who it is with, always the newest.
    pub held: watch::Receiver<Option<Arc<Held>>>,
    /// The time of day, by which certificates live.
    pub clock: Arc<dyn Clock>,
    /// The last good resources are kept there, and its own socket is made there. Only its user may enter it.
    pub folder: PathBuf,
    /// Takes the access log, and what people have to know of the control plane; `None`: the standard output and the standard error.
    pub log: Option<File>,
    /// How many of the calls that end well are in the access log; those that do not all are.
    pub log_share: LogShare,
    /// Where counters are told besides, for Prometheus, to whoever can call it.
    pub metrics: Option<TcpListener>,
    /// Where the control plane, and nobody else, is told all that the own socket tells; over TLS.
    pub looked: Option<TcpListener>,
    /// Under which names besides their own.
    pub metric_names: MetricNames,
    /// Threads that serve, at least 1.
    pub workers: usize,
    /// How long connections may go on after it was told to stop.
    pub drain: Duration,
}

/// Why a proxy cannot run.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// A thread cannot be started, or has panicked.
    #[error("a thread of the proxy does not run: {0}")]
    Thread(#[source] io::Error),
    /// A socket of its own cannot be listened on.
    #[error("{0}")]
    Socket(#[source] io::Error),
}

/// Runs until `stop` holds true or its sender is gone, then drains.
///
/// # Errors
/// Its threads cannot run.
pub async fn run(settings: Settings, stop: watch::Receiver<bool>) -> Result<(), RunError> {
    let Settings { id, control_plane, control_plane_id, held, clock, folder, log, log_share, .. } = settings;
    let Settings { metrics, looked, metric_names, workers, drain, .. } = settings;
    let looked =
        looked.map(|listener| Looked { listener, held: held.clone(), clock: clock.clone(), control_plane: control_plane_id.clone() });
    let began = (Instant::now(), OffsetDateTime::now_utc());
    let tells = Tells { is_file: log.is_some() };
    let log = match log {
        Some(file) => LogWriter::start(file),
        None => LogWriter::start(io::stdout()),
    };
    let log = Arc::new(log.map_err(RunError::Thread)?);
    let (registry, tap, own) = (Registry::default(), Tap::new(), Arc::from(id.as_str()));
    let client =
        ads::Client::new(ads::Settings { clock: clock.clone(), ..ads::Settings::new(id, control_plane, control_plane_id, held.clone()) });
    let status = client.status();
    let answers =
        Answers { metrics: registry.clone(), names: metric_names, id: own, losses: log.losses(), tap: tap.clone(), status: status.clone() };
    let admin = Admin::start(answers, &folder, metrics, looked).await.map_err(RunError::Socket)?;
    let start = |number| Thread::start(number, (log.sink(log_share), registry.thread(), tap.clone()), began);
    let threads = (0..workers.max(1)).map(start).collect::<io::Result<_>>();
    let publisher = Arc::new(Publisher::new(threads.map_err(RunError::Thread)?));
    let mut beside = JoinSet::new();
    beside.spawn(follow(held, clock, publisher.clone(), (tells, log.clone())));
    beside.spawn(tell(status, (tells, log.clone())));
    client.run(Config::new(publisher.clone(), began.0), Store::of(&folder), stop).await;
    // They end with this, and hold neither the threads nor the log any longer.
    beside.shutdown().await;
    let finish = move || {
        let finished = Arc::into_inner(publisher).map_or(Ok(()), |publisher| publisher.finish(drain));
        if let Some(log) = Arc::into_inner(log) {
            log.finish();
        }
        finished
    };
    let finished = tokio::task::spawn_blocking(finish).await;
    drop(admin);
    finished.unwrap_or_else(|error| Err(io::Error::other(error))).map_err(RunError::Thread)
}

/// Where words for people go: to the file of the log, or to the standard error beside a log on the standard output.
#[derive(Clone, Copy)]
struct Tells {
    is_file: bool,
}

impl Tells {
    fn tell(self, log: &LogWriter, line: &str) {
        let line = format!("meshglot-proxy: {line}");
        if self.is_file {
            log.tell(&line);
        } else {
            eprintln!("{line}");
        }
    }
}

/// Gives the threads every certificate that comes.
async fn follow(
    mut held: watch::Receiver<Option<Arc<Held>>>,
    clock: Arc<dyn Clock>,
    publisher: Arc<Publisher>,
    (tells, log): (Tells, Arc<LogWriter>),
) {
    loop {
        let newest = held.borrow_and_update().clone();
        if let Some(newest) = newest {
            match Identity::new(&newest, clock.clone()) {
                Ok(identity) => {
                    let identity = Arc::new(identity);
                    publisher.publish(|_| vec![Change::Identity(identity.clone())]);
                }
                Err(error) => tells.tell(&log, &format!("the new certificate is not used: {error}")),
            }
        }
        if held.changed().await.is_err() {
            return std::future::pending().await;
        }
    }
}

/// Tells people what they have to know.
async fn tell(mut status: watch::Receiver<ads::Status>, (tells, log): (Tells, Arc<LogWriter>)) {
    let mut before = ads::Status::default();
    loop {
        let now = status.borrow_and_update().clone();
        now.news(&before).iter().for_each(|line| tells.tell(&log, line));
        before = now;
        if status.changed().await.is_err() {
            return;
        }
    }
}
