//! Writes what was taken, not too often.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::{Notify, oneshot, watch};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::{Resources, Store};
use crate::ads::{Status, lock};

/// How long changes are gathered before they are written: an update comes in several responses.
const GATHER: Duration = Duration::from_millis(50);

/// How long after they were written they are written again.
const PAUSE: Duration = Duration::from_secs(1);

/// A task that writes resources some time after they changed. Dropped before it was finished it ends as it is.
#[derive(Debug)]
pub(crate) struct Keeper {
    changed: Arc<Notify>,
    finish: Option<oneshot::Sender<()>>,
    task: JoinHandle<()>,
}

struct Writer {
    store: Store,
    resources: Arc<Mutex<Resources>>,
    status: watch::Sender<Status>,
    /// What the file has.
    written: Resources,
}

impl Keeper {
    /// Begins with what was read from `store`.
    pub(crate) fn run(store: Store, resources: Arc<Mutex<Resources>>, status: watch::Sender<Status>) -> Self {
        let written = lock(&resources).clone();
        let (changed, (finish, finishes)) = (Arc::new(Notify::new()), oneshot::channel());
        let writer = Writer { store, resources, status, written };
        Self { changed: changed.clone(), finish: Some(finish), task: tokio::spawn(writer.run(changed, finishes)) }
    }

    /// Something may have changed.
    pub(crate) fn wake(&self) {
        self.changed.notify_one();
    }

    /// Writes what is not written yet, and ends.
    pub(crate) async fn finish(&mut self) {
        drop(self.finish.take());
        let _ = (&mut self.task).await;
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Writer {
    async fn run(mut self, changed: Arc<Notify>, mut finishes: oneshot::Receiver<()>) {
        let (mut goes_on, mut soonest) = (true, Instant::now());
        while goes_on {
            goes_on = tokio::select! {
                () = gathered(&changed, soonest) => true,
                _ = &mut finishes => false,
            };
            self.write().await;
            soonest = Instant::now() + PAUSE;
        }
    }

    async fn write(&mut self) {
        let now = lock(&self.resources).clone();
        if now == self.written {
            return;
        }
        let store = self.store.clone();
        let written = tokio::task::spawn_blocking(move || (store.write(&now), now)).await;
        let Ok((result, now)) = written else { return };
        let error = result.err().map(|error| error.to_string());
        if error.is_none() {
            self.written = now;
        }
        self.status.send_if_modified(|status| {
            let changed = status.store_error != error;
            status.store_error = error;
            changed
        });
    }
}

async fn gathered(changed: &Notify, soonest: Instant) {
    changed.notified().await;
    tokio::time::sleep_until(soonest.max(Instant::now() + GATHER)).await;
}
