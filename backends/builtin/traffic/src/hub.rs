//! Looks at all proxies of this machine.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use meshglot_observed::Edges;
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::{MissedTickBehavior, interval};

use crate::clock;
use crate::edges;
use crate::follow::Follower;
use crate::history::{Difference, History, KEPT};
use crate::names::Names;
use crate::reading::{Reading, reading};
use crate::ring::Ring;
use crate::socket::{SOCKET, Silence, text};
use crate::watchers::{Watcher, Watchers};

/// The longest window of [`Hub::edges`].
pub const LONGEST: Duration = KEPT;

/// Why a workload with an Envoy is silent: its calls are told, and nobody counts them.
pub const UNCOUNTED: &str = "an Envoy, whose calls are told (tap) and not counted";

/// How often counters are read.
const EVERY: Duration = Duration::from_secs(1);

/// How often one looks for proxies that were not there before.
const BEAT: Duration = Duration::from_millis(250);

/// So many proxies are looked at; the others are said to be silent.
const PROXIES: usize = 512;

/// What is seen of the proxies of this machine. It looks until it is dropped.
pub struct Hub {
    shared: Arc<Shared>,
    _looking: JoinSet<()>,
}

/// What the tasks of a hub work on.
struct Shared {
    /// Where each proxy has its folder, named `NAMESPACE:NAME`.
    folder: PathBuf,
    names: Arc<dyn Names>,
    ring: Arc<Ring>,
    watchers: Arc<Watchers>,
    proxies: Mutex<BTreeMap<String, Proxy>>,
}

/// One proxy.
struct Proxy {
    history: History,
    /// Why its counters cannot be read; `None`: they can.
    silence: Option<Silence>,
    /// Somebody asks it right now.
    is_asked: bool,
    /// When it is to be asked next.
    next: Instant,
}

impl Hub {
    /// Begins to look at the proxies whose folders are in `folder`, within a runtime. What a proxy has counted when it is first seen
    /// counts as counted since its folder was: the hub has to be there before they are.
    pub fn new(folder: PathBuf, names: Arc<dyn Names>) -> Self {
        let shared = Arc::new(Shared { folder, names, ring: Arc::new(Ring::new()), watchers: Arc::default(), proxies: Mutex::default() });
        let mut looking = JoinSet::new();
        looking.spawn(look(shared.clone()));
        Self { shared, _looking: looking }
    }

    /// Begins to look at calls, or goes on; for as long as the guard is there, and half a minute longer.
    pub fn watch(&self) -> Watcher {
        self.shared.watchers.watch(self.shared.ring.clone())
    }

    /// Who called whom within so long a time before now: at most [`LONGEST`]. The counters are a second old at most.
    pub fn edges(&self, window: Duration) -> Edges {
        let (now, window) = (Instant::now(), window.min(LONGEST));
        let proxies = self.shared.proxies();
        let parts: Vec<(&str, Difference<'_>)> =
            proxies.iter().filter_map(|(workload, proxy)| Some((workload.as_str(), proxy.history.difference(now, window)?))).collect();
        let span = parts.iter().map(|(_, difference)| difference.span).max().unwrap_or_default();
        let names = &*self.shared.names;
        let silent = names.workloads().into_iter().filter_map(|workload| {
            let why = match proxies.get(&workload) {
                None => "no proxy of it runs on this machine".to_owned(),
                Some(proxy) => proxy.silence.as_ref()?.to_string(),
            };
            Some(format!("{workload}: {why}"))
        });
        Edges { at: clock::now(), window_seconds: span.as_secs_f64(), edges: edges::edges(&parts, names), silent: silent.collect() }
    }
}

impl std::fmt::Debug for Hub {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Hub").field("folder", &self.shared.folder).finish_non_exhaustive()
    }
}

impl Shared {
    fn proxies(&self) -> MutexGuard<'_, BTreeMap<String, Proxy>> {
        self.proxies.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn folder_of(&self, workload: &str) -> PathBuf {
        self.folder.join(workload.replace('/', ":"))
    }

    /// The workloads that have to be asked now. Each has its place from now on, and those that are gone have none any more.
    fn to_ask(&self, found: BTreeSet<String>, now: Instant) -> Vec<String> {
        let mut proxies = self.proxies();
        proxies.retain(|workload, proxy| {
            let is_remembered = proxy.history.newest().is_some_and(|newest| now.saturating_duration_since(newest) < KEPT);
            found.contains(workload) || is_remembered || proxy.is_asked
        });
        for workload in found {
            if proxies.len() < PROXIES {
                let new = || Proxy { history: History::new(now), silence: Some(Silence::Nobody), is_asked: false, next: now };
                proxies.entry(workload).or_insert_with(new);
            }
        }
        let due = proxies.iter_mut().filter(|(_, proxy)| !proxy.is_asked && proxy.next <= now);
        due.map(|(workload, proxy)| {
            proxy.is_asked = true;
            // One that does not run may do so at any time, and then nobody should have to wait.
            proxy.next = now + if proxy.silence == Some(Silence::Nobody) { BEAT } else { EVERY - BEAT / 2 };
            workload.clone()
        })
        .collect()
    }

    /// The workloads whose proxy is there, as far as one knows.
    fn running(&self) -> BTreeSet<String> {
        let proxies = self.proxies();
        let running = proxies.iter().filter(|(_, proxy)| proxy.silence != Some(Silence::Nobody));
        running.map(|(workload, _)| workload.clone()).collect()
    }

    /// Takes what a proxy has said.
    fn answered(&self, workload: &str, answer: Result<Reading, Silence>, now: Instant) {
        let mut proxies = self.proxies();
        let Some(proxy) = proxies.get_mut(workload) else { return };
        proxy.is_asked = false;
        proxy.silence = match answer {
            Ok(reading) => {
                proxy.history.look(now, reading);
                None
            }
            Err(silence) => {
                if silence == Silence::Nobody {
                    proxy.history.end();
                }
                Some(silence)
            }
        };
    }
}

async fn look(shared: Arc<Shared>) {
    let mut beat = interval(BEAT);
    beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut asking = JoinSet::new();
    let mut followed = Followed::default();
    loop {
        tokio::select! {
            _ = beat.tick() => {
                let folder = shared.folder.clone();
                // Without an answer there is nothing to look at, until the next time.
                let found = tokio::task::spawn_blocking(move || workloads(&folder)).await.unwrap_or_default();
                for workload in shared.to_ask(found, Instant::now()) {
                    asking.spawn(ask(shared.clone(), workload));
                }
                while asking.try_join_next().is_some() {}
            }
            () = shared.watchers.came.notified() => {}
        }
        followed.follow(&shared);
    }
}

async fn ask(shared: Arc<Shared>, workload: String) {
    let answer = text(&shared.folder_of(&workload).join(SOCKET), "/metrics").await;
    shared.answered(&workload, answer.map(|text| reading(&text)), Instant::now());
}

/// Those whose calls are listened to.
#[derive(Default)]
struct Followed {
    tasks: JoinSet<()>,
    handles: BTreeMap<String, AbortHandle>,
}

impl Followed {
    fn follow(&mut self, shared: &Arc<Shared>) {
        let wanted = if shared.watchers.want(Instant::now()) { shared.running() } else { BTreeSet::new() };
        self.handles.retain(|workload, handle| {
            let stays = wanted.contains(workload);
            if !stays {
                handle.abort();
            }
            stays && !handle.is_finished()
        });
        for workload in wanted {
            if !self.handles.contains_key(&workload) {
                let folder = shared.folder_of(&workload);
                let follower = Follower { workload: workload.clone(), folder, names: shared.names.clone(), ring: shared.ring.clone() };
                self.handles.insert(workload, self.tasks.spawn(follower.run()));
            }
        }
        while self.tasks.try_join_next().is_some() {}
    }
}

/// The workloads that have a folder: `/` occurs in no part of a name, and neither does `:`.
fn workloads(folder: &Path) -> BTreeSet<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let name = |entry: std::fs::DirEntry| Some(entry.file_name().to_str()?.replace(':', "/"));
    entries.filter_map(name).filter(|name| name.split('/').count() == 2).collect()
}

#[cfg(test)]
mod tests {
    use meshglot_observed::Verdict;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::UnixListener;
    use tokio::time::{sleep, timeout};

    use super::*;
    use crate::edges::tests::Bank;

    /// Listens in the folder of a workload. `says`: what it answers to everything; absent: nothing, ever.
    fn proxy(folder: &Path, name: &str, says: Option<(u16, &'static str)>) -> JoinSet<()> {
        let folder = folder.join(name);
        std::fs::create_dir_all(&folder).expect("made");
        let _ = std::fs::remove_file(folder.join(SOCKET));
        let listener = UnixListener::bind(folder.join(SOCKET)).expect("a socket");
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            let mut silent = Vec::new();
            while let Ok((mut stream, _)) = listener.accept().await {
                let Some((status, text)) = says else {
                    silent.push(stream);
                    continue;
                };
                let _ = stream.read(&mut [0; 1024]).await;
                let answer = format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{text}", text.len());
                let _ = stream.write_all(answer.as_bytes()).await;
            }
        });
        tasks
    }

    async fn until(what: &str, holds: impl Fn() -> bool) {
        let holds = async {
            while !holds() {
                sleep(Duration::from_millis(20)).await;
            }
        };
        timeout(Duration::from_secs(20), holds).await.unwrap_or_else(|_| panic!("{what}: never"));
    }

    const COUNTED: &str = "meshglot_proxy_requests_total{direction=\"inbound\",cluster=\"inbound/80\",status=\"200\",flags=\"-\"} 3\n";

    #[tokio::test]
    async fn who_is_slow_or_away_hinders_nobody_and_is_named() {
        let folder = tempfile::tempdir().expect("a folder");
        let hub = Hub::new(folder.path().to_owned(), Arc::new(Bank));
        let _slow = proxy(folder.path(), "bank:batch-1", None);
        std::fs::create_dir(folder.path().join("bank:teller")).expect("made");
        std::fs::create_dir(folder.path().join("no-workload")).expect("made");
        let ledger = proxy(folder.path(), "bank:ledger", Some((200, COUNTED)));
        let edges = || hub.edges(Duration::from_secs(60));
        until("the ledger is counted", || edges().edges.iter().any(|edge| edge.calls == 3 && edge.verdict == Verdict::Allowed)).await;
        let slow = "bank/batch-1: it does not answer within 2 s".to_owned();
        until("the slow one is named", || edges().silent.contains(&slow)).await;
        let away = ["bank/batch-2: no proxy of it runs on this machine", "bank/teller: its proxy does not run"].map(str::to_owned);
        assert_eq!(edges().silent, [slow, away[0].clone(), away[1].clone()]);

        // Another process in its place counts from nothing, and what both have counted is kept.
        drop(ledger);
        until("it is told that it is gone", || edges().silent.len() == 4).await;
        let _ledger = proxy(folder.path(), "bank:ledger", Some((200, COUNTED)));
        until("both are counted", || edges().edges.iter().any(|edge| edge.calls == 6)).await;
    }

    #[tokio::test]
    async fn an_envoy_is_followed_by_its_log_while_somebody_looks() {
        let folder = tempfile::tempdir().expect("a folder");
        let _envoy = proxy(folder.path(), "bank:ledger", Some((404, "invalid path")));
        let log = folder.path().join("bank:ledger/log");
        std::fs::write(&log, "").expect("written");
        let hub = Hub::new(folder.path().to_owned(), Arc::new(Bank));
        until("it is known", || hub.edges(Duration::from_secs(1)).silent.contains(&format!("bank/ledger: {UNCOUNTED}"))).await;
        let line = "{\"direction\":\"inbound\",\"method\":\"GET\",\"status\":200,\"start\":\"t\"}\n";
        let call =
            || std::fs::File::options().append(true).open(&log).and_then(|mut file| std::io::Write::write_all(&mut file, line.as_bytes()));
        call().expect("written");
        let (one, other) = (hub.watch(), hub.watch());
        // What was written before is nobody's.
        sleep(Duration::from_millis(500)).await;
        assert_eq!(*one.newest().borrow(), 0);
        call().expect("written");
        until("both see it", || one.after(0).len() == 1 && other.after(0).len() == 1).await;
        assert_eq!(one.after(0)[0].destination.workload.as_deref(), Some("bank/ledger"));
    }
}
