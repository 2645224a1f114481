//! The policy that a controller knows, as the web view shows it. It is rendered when somebody looks, and at most once a second.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::thread;
use std::time::Duration;

use meshglot_controller::{Desk, Texts};
use meshglot_translator::resolve::ReadOptions;
use meshglot_web::{Live, Snapshot, Source, Staleness};
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use super::look::Look;

/// Open pages hear of no more than one state in so long.
const PAUSE: Duration = Duration::from_secs(1);

/// How long the controller may take to say what it knows: it may be rendering.
const PATIENCE: Duration = Duration::from_secs(10);

/// What a controller knows.
pub(super) struct View {
    desk: Desk,
    /// The mesh that runs by it, where this is its control plane.
    look: Option<Arc<Look>>,
    handle: Handle,
    /// Numbers the states; another one is there where it is ahead of what was rendered.
    changes: watch::Sender<u64>,
    /// The newest state that somebody has looked at. Whoever renders holds it.
    shown: Mutex<Arc<Snapshot>>,
    staleness: RwLock<Option<Staleness>>,
}

impl View {
    /// Of a controller; what changes is told as long as the runtime lives.
    pub(super) fn new(desk: Desk, look: Option<Arc<Look>>, handle: &Handle) -> Arc<Self> {
        let nothing = Arc::new(Snapshot::new(0, Vec::new(), Vec::new(), ReadOptions::default()));
        let changes = watch::Sender::new(1);
        let view = Arc::new(Self { desk, look, handle: handle.clone(), changes, shown: Mutex::new(nothing), staleness: RwLock::default() });
        handle.spawn(view.clone().count());
        view
    }

    /// Counts states, an edit storm as one a second. Where not everything is known, more of it may come without an edit.
    async fn count(self: Arc<Self>) {
        let mut edits = self.desk.changes();
        loop {
            match timeout(PAUSE, edits.changed()).await {
                Ok(Ok(())) => {}
                Ok(Err(_)) => return,
                Err(_) if self.staleness().is_some() => {}
                Err(_) => continue,
            }
            self.changes.send_modify(|number| *number += 1);
            sleep(PAUSE).await;
        }
    }

    /// Asks on a thread of its own: whoever looks may be where nobody may wait for a future.
    fn asked(&self) -> Option<Texts> {
        // A timer is made within a runtime, which that thread enters only to wait.
        let ask = || self.handle.block_on(async { timeout(PATIENCE, self.desk.texts()).await });
        thread::scope(|scope| scope.spawn(ask).join()).ok()?.ok()?
    }

    fn stand(&self, why: Option<&str>) {
        let staleness = why.map(|why| Staleness { why: why.to_owned() });
        *self.staleness.write().unwrap_or_else(PoisonError::into_inner) = staleness;
    }

    fn last(&self) -> MutexGuard<'_, Arc<Snapshot>> {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Source for View {
    fn snapshot(&self) -> Arc<Snapshot> {
        let mut shown = self.last();
        let number = *self.changes.borrow();
        if shown.revision() == number {
            return shown.clone();
        }
        let Some(mut texts) = self.asked() else {
            self.stand(Some("The controller does not say what it knows."));
            return shown.clone();
        };
        self.stand((!texts.is_complete).then_some("The controller has not read all of the cluster yet."));
        // They come in no order, and pages should not move.
        texts.sources.sort_by(|one, other| one.name().cmp(other.name()));
        *shown = Arc::new(Snapshot::new(number, texts.sources, Vec::new(), ReadOptions::default()));
        shown.clone()
    }

    fn shown(&self) -> Arc<Snapshot> {
        self.last().clone()
    }

    fn staleness(&self) -> Option<Staleness> {
        self.staleness.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn live(&self) -> Option<Arc<dyn Live>> {
        self.look.clone().map(|look| look as Arc<dyn Live>)
    }

    fn changes(&self) -> Option<watch::Receiver<u64>> {
        Some(self.changes.subscribe())
    }
}
