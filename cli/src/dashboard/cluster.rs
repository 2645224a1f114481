//! A cluster that is followed by watches. What may not be seen is told, and the last state stays while the cluster is away.

use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use meshglot_controller::{Follower, MetricsError, Seen};
use meshglot_translator::resolve::ReadOptions;
use meshglot_web::{Pipe, Snapshot, Source, Staleness};
use tokio::sync::watch;

use super::Told;
use crate::args::ClusterArgs;
use crate::cluster::Cluster;
use crate::exit::{Exit, Failure};
use crate::render::count;

/// The newest state of a cluster.
pub(super) struct Watched {
    options: ReadOptions,
    snapshot: RwLock<Arc<Snapshot>>,
    staleness: RwLock<Option<Staleness>>,
    hidden: RwLock<Vec<String>>,
    changes: watch::Sender<u64>,
    tell: Mutex<Sender<Told>>,
}

impl Source for Watched {
    fn snapshot(&self) -> Arc<Snapshot> {
        self.snapshot.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn staleness(&self) -> Option<Staleness> {
        self.staleness.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn hidden(&self) -> Vec<String> {
        self.hidden.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn changes(&self) -> Option<watch::Receiver<u64>> {
        Some(self.changes.subscribe())
    }
}

/// A cluster that was seen once, before it is followed.
pub(super) struct Opened {
    pub(super) watched: Arc<Watched>,
    /// What gives the command line the same policy.
    pub(super) pipe: Pipe,
    cluster: Cluster,
    follower: Follower,
}

/// Reads a cluster for the first time.
///
/// # Errors
/// Nothing of it may be seen, or it does not answer.
pub(super) fn open(cluster: Cluster, args: &ClusterArgs, options: ReadOptions, tell: Sender<Told>) -> Result<Opened, Failure> {
    let started = cluster.wait(async {
        let mut follower = Follower::start(&cluster.reader.client)?;
        let first = tokio::time::timeout(args.request_timeout, follower.next()).await;
        Ok((follower, first))
    });
    let (follower, first) = started.map_err(|error: MetricsError| Failure::new(Exit::Internal, error.to_string()))?;
    let silent = || Failure::new(Exit::Unreachable, format!("{} does not tell its objects", cluster.address));
    let seen = first.ok().flatten().ok_or_else(silent)?;
    if seen.kinds.is_empty() {
        return Err(match seen.trouble {
            Some(why) => Failure::new(Exit::Unreachable, why),
            None => Failure::new(Exit::Unreachable, "no kind of policy or inventory may be listed: forbidden")
                .help(format!("kubectl auth can-i list {} -A", seen.hidden.first().map_or("services", String::as_str))),
        });
    }
    let pipe = pipe(&cluster, args, &seen.kinds);
    let Seen { sources, hidden, trouble, .. } = seen;
    let snapshot = Snapshot::new(1, sources, Vec::new(), options.clone());
    let watched = Watched {
        options,
        snapshot: RwLock::new(Arc::new(snapshot)),
        staleness: RwLock::new(trouble.map(|why| Staleness { why })),
        hidden: RwLock::new(hidden),
        changes: watch::Sender::new(1),
        tell: Mutex::new(tell),
    };
    Ok(Opened { watched: Arc::new(watched), pipe, cluster, follower })
}

impl Opened {
    /// Follows the cluster on a thread of its own, as long as the process runs.
    pub(super) fn follow(self) {
        let Self { watched, cluster, mut follower, .. } = self;
        std::thread::spawn(move || {
            watched.snapshot().warm();
            while let Some(seen) = cluster.wait(follower.next()) {
                watched.show(seen);
            }
        });
    }
}

impl Watched {
    fn show(&self, seen: Seen) {
        let Seen { sources, hidden, trouble, .. } = seen;
        let stale = trouble.map(|why| Staleness { why });
        let was_stale = std::mem::replace(&mut *self.staleness.write().unwrap_or_else(PoisonError::into_inner), stale.clone());
        let was_hidden = std::mem::replace(&mut *self.hidden.write().unwrap_or_else(PoisonError::into_inner), hidden.clone());
        let is_told = was_stale.is_some() != stale.is_some();
        let old = self.snapshot();
        if old.has_texts(&sources) {
            // Open pages draw themselves again, with what is said above them.
            if is_told || was_hidden != hidden {
                self.changes.send_modify(|_| ());
            }
        } else {
            let next = Arc::new(Snapshot::new(old.revision() + 1, sources, Vec::new(), self.options.clone()));
            *self.snapshot.write().unwrap_or_else(PoisonError::into_inner) = next.clone();
            self.changes.send_replace(next.revision());
            next.warm();
        }
        match stale {
            Some(Staleness { why }) if is_told => self.tell(Told::Unread(why)),
            None if is_told => self.tell(Told::Back(count(self.snapshot().errors(), "mistake"))),
            _ => {}
        }
    }

    fn tell(&self, one: Told) {
        // Nobody listens any more when it ends.
        let _ = self.tell.lock().unwrap_or_else(PoisonError::into_inner).send(one);
    }
}

/// What prints the same objects, as far as they may be seen now.
fn pipe(cluster: &Cluster, args: &ClusterArgs, kinds: &[String]) -> Pipe {
    let mut words = vec!["kubectl".to_owned()];
    if let Some(file) = &args.kubeconfig {
        words.extend(["--kubeconfig".to_owned(), file.display().to_string()]);
    }
    if let Some(context) = &args.context {
        words.extend(["--context".to_owned(), context.clone()]);
    }
    let asks = words.clone();
    words.extend(["get".to_owned(), kinds.join(","), "-A".to_owned(), "-o".to_owned(), "yaml".to_owned()]);
    Pipe { name: cluster.address.trim_end_matches('/').to_owned(), words, asks }
}
