//! A client that runs, and what it has taken.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use meshglot_join::Held;
use meshglot_proxy::ads::{Client, Settings, Status};
use meshglot_proxy::store::Store;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::plane::{Plane, control_plane, within};
use crate::take::Words;

pub(crate) struct UnderTest {
    pub(crate) words: Words,
    pub(crate) held: watch::Sender<Option<Arc<Held>>>,
    pub(crate) status: watch::Receiver<Status>,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
    /// Its store, where the test has none of its own.
    _folder: Option<tempfile::TempDir>,
}

impl UnderTest {
    pub(crate) fn start(plane: &Plane) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let started = Self::kept_in(plane, folder.path());
        Self { _folder: Some(folder), ..started }
    }

    pub(crate) fn kept_in(plane: &Plane, folder: &Path) -> Self {
        Self::with(plane, Some(plane.held()), Duration::from_millis(10), folder)
    }

    /// With a first pause of its own, and what it holds at first.
    pub(crate) fn with(plane: &Plane, held: Option<Arc<Held>>, pause: Duration, folder: &Path) -> Self {
        let (held, receiver) = watch::channel(held);
        let mut settings = Settings::new("shop/web/web-1".to_owned(), plane.address, control_plane(), receiver);
        settings.clock = plane.clock.clone();
        settings.random = Arc::new(|| 1.0);
        settings.first_pause = pause;
        settings.longest_pause = pause.max(Duration::from_millis(50));
        let client = Client::new(settings);
        let (status, words, (stop, stops)) = (client.status(), Words::default(), watch::channel(false));
        let task = tokio::spawn(client.run(words.clone(), Store::of(folder), stops));
        Self { words, held, status, stop, task, _folder: None }
    }

    /// Waits for a status.
    pub(crate) async fn until(&mut self, holds: impl FnMut(&Status) -> bool) -> Status {
        within(self.status.wait_for(holds)).await.expect("it runs").clone()
    }

    /// As a proxy ends that is asked to.
    pub(crate) async fn stop(self) {
        self.stop.send_replace(true);
        within(self.task).await.expect("it ends");
    }

    /// As a proxy ends that crashes.
    pub(crate) async fn crash(self) {
        self.task.abort();
        let _ = self.task.await;
    }

    /// As a proxy ends whose owner is gone.
    pub(crate) async fn abandon(self) {
        drop(self.stop);
        within(self.task).await.expect("it ends");
    }
}
