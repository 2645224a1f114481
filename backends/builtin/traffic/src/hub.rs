//! Looks at all proxies.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use meshglot_observed::Edges;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};

use crate::clock;
use crate::edges;
use crate::followed::Followed;
use crate::history::{Difference, KEPT};
use crate::known::{Answer, BEAT, Known, Question};
use crate::names::Names;
use crate::places::Places;
use crate::reading::reading;
use crate::ring::Ring;
use crate::socket::text;
use crate::status::{ProxySays, Status};
use crate::watchers::{Watcher, Watchers};

/// The longest window of [`Hub::edges`].
pub const LONGEST: Duration = KEPT;

/// Why a workload with an Envoy is silent: its calls are told, and nobody counts them.
pub const UNCOUNTED: &str = "an Envoy, whose calls are told (tap) and not counted";

/// What is seen of proxies. It looks until it is dropped.
pub struct Hub {
    shared: Arc<Shared>,
    _looking: JoinSet<()>,
}

/// What the tasks of a hub work on.
struct Shared {
    places: Arc<dyn Places>,
    names: Arc<dyn Names>,
    ring: Arc<Ring>,
    watchers: Arc<Watchers>,
    known: Mutex<Known>,
}

impl Hub {
    /// Begins to look, within a runtime. Where counters are [always read](Places::are_always_read), what a proxy has counted when it is first
    /// seen counts as counted since its place was: the hub has to be there before they are.
    pub fn new(places: Arc<dyn Places>, names: Arc<dyn Names>) -> Self {
        let shared = Arc::new(Shared { places, names, ring: Arc::new(Ring::new()), watchers: Arc::default(), known: Mutex::default() });
        let mut looking = JoinSet::new();
        looking.spawn(look(shared.clone()));
        Self { shared, _looking: looking }
    }

    /// Begins to look at calls, or goes on; for as long as the guard is there, and half a minute longer.
    pub fn watch(&self) -> Watcher {
        self.shared.watchers.watch(self.shared.ring.clone())
    }

    /// Whether counters are read now.
    pub fn reads(&self) -> bool {
        self.shared.reads(Instant::now())
    }

    /// Who called whom within so long a time before now: at most [`LONGEST`]. The counters are a second old at most. Where they are read only
    /// while somebody asks, this is asking: the first answer knows nothing, and says that it is of no time at all.
    pub fn edges(&self, window: Duration) -> Edges {
        let (now, window) = (Instant::now(), window.min(LONGEST));
        self.shared.watchers.asked(now);
        let known = self.shared.known();
        let parts: Vec<(&str, Difference<'_>)> =
            known.histories().filter_map(|(workload, history)| Some((workload, history.difference(now, window)?))).collect();
        let span = parts.iter().map(|(_, difference)| difference.span).max().unwrap_or_default();
        let (names, places) = (&*self.shared.names, &*self.shared.places);
        let edges = edges::edges(&parts, names);
        Edges { at: clock::now(), window_seconds: span.as_secs_f64(), edges, silent: known.silent(names, places) }
    }

    /// Every proxy that answers, as it says itself that it is. This is asking, as [`Hub::edges`] is.
    pub fn proxies(&self) -> Vec<ProxySays> {
        self.shared.watchers.asked(Instant::now());
        self.shared.known().says()
    }
}

impl std::fmt::Debug for Hub {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Hub")
    }
}

impl Shared {
    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn reads(&self, now: Instant) -> bool {
        self.places.are_always_read() || self.watchers.read(now)
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
                if shared.reads(Instant::now()) {
                    let places = shared.places.clone();
                    // Without an answer there is nothing to look at, until the next time.
                    let found = tokio::task::spawn_blocking(move || places.found()).await.unwrap_or_default();
                    let always = shared.places.are_always_read();
                    let questions = found.map(|found| shared.known().due(found, always, Instant::now()));
                    for question in questions.unwrap_or_default() {
                        asking.spawn(ask(shared.clone(), question));
                    }
                } else {
                    shared.known().rest();
                }
                while asking.try_join_next().is_some() {}
            }
            () = shared.watchers.came.notified() => {}
        }
        let wanted = if shared.watchers.want(Instant::now()) { shared.known().running() } else { Default::default() };
        followed.follow(wanted, &shared.names, &shared.ring);
    }
}

async fn ask(shared: Arc<Shared>, question: Question) {
    let Question { name, place, mut conversation } = question;
    let way = &*place.way;
    let said = match text(&mut conversation, way, "/metrics").await {
        // An older proxy says no more than that it counts.
        Ok(counted) => {
            let status = text(&mut conversation, way, "/status").await.ok().and_then(|text| Status::of(&text));
            Ok((reading(&counted), status.unwrap_or_default()))
        }
        Err(silence) => Err(silence),
    };
    shared.known().answered(&name, Answer { said, conversation }, Instant::now());
}

#[cfg(test)]
mod tests {
    use meshglot_observed::Verdict;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::UnixListener;
    use tokio::time::{sleep, timeout};

    use std::path::Path;

    use super::*;
    use crate::edges::tests::Bank;
    use crate::folders::{Folders, SOCKET};

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
        let hub = Hub::new(Arc::new(Folders(folder.path().to_owned())), Arc::new(Bank));
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

    /// Those of a folder, as of a cluster: read while somebody asks.
    struct Lazy(Folders);

    impl Places for Lazy {
        fn found(&self) -> Option<std::collections::BTreeMap<Arc<str>, crate::places::Place>> {
            self.0.found()
        }

        fn are_always_read(&self) -> bool {
            false
        }

        fn nobody(&self) -> &'static str {
            self.0.nobody()
        }
    }

    #[tokio::test]
    async fn where_nobody_asks_nothing_is_read_and_what_was_before_is_not_counted() {
        let folder = tempfile::tempdir().expect("a folder");
        let ledger = proxy(folder.path(), "bank:ledger", Some((200, COUNTED)));
        let hub = Hub::new(Arc::new(Lazy(Folders(folder.path().to_owned()))), Arc::new(Bank));
        sleep(BEAT * 3).await;
        assert!(!hub.reads() && hub.shared.known().says().is_empty(), "nobody has asked");
        let edges = || hub.edges(Duration::from_secs(60));
        assert_eq!((edges().edges, edges().silent), (Vec::new(), Vec::new()), "nothing is known, and so nobody is silent");
        until("it is looked at for a second", || edges().window_seconds > 0.5).await;
        assert_eq!(edges().edges, [], "they were called before");
        assert_eq!(hub.proxies().len(), 1);
        // Another process has counted what it has counted since it is there.
        drop(ledger);
        until("it is told that it is gone", || edges().silent.contains(&"bank/ledger: its proxy does not run".to_owned())).await;
        let _ledger = proxy(folder.path(), "bank:ledger", Some((200, COUNTED)));
        until("its calls are counted", || edges().edges.iter().any(|edge| edge.calls == 3)).await;
        // One that comes while somebody looks counts from nothing.
        let _teller = proxy(folder.path(), "bank:teller", Some((200, COUNTED)));
        until("both are", || edges().edges.iter().filter(|edge| edge.calls == 3).count() == 2).await;
    }

    #[tokio::test]
    async fn an_envoy_is_followed_by_its_log_while_somebody_looks() {
        let folder = tempfile::tempdir().expect("a folder");
        let _envoy = proxy(folder.path(), "bank:ledger", Some((404, "invalid path")));
        let log = folder.path().join("bank:ledger/log");
        std::fs::write(&log, "").expect("written");
        let hub = Hub::new(Arc::new(Folders(folder.path().to_owned())), Arc::new(Bank));
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
