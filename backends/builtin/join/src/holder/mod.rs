//! Keeps the secrets of a proxy fresh for as long as it runs.

mod backoff;
mod error;
mod settings;
mod task;

use std::sync::Arc;

use tokio::sync::watch;
use tokio::task::JoinHandle;

pub use self::backoff::Backoff;
pub use self::settings::{Settings, random};

use self::task::Task;
use crate::held::Held;

/// A task that joins, renews and follows the roots. It stops when this is dropped.
///
/// It joins with the token where no held certificate lives, then renews at about half of each life, with a new key each time. It follows
/// the bundle of the control plane, and reconnects with growing pauses (0.1 s to 30 s, less up to a half by chance). While the control
/// plane is away, and even after the certificate ended, the last secrets stay where they are: what they are worth, `not_after` says.
#[derive(Debug)]
pub struct Holder {
    held: watch::Receiver<Option<Arc<Held>>>,
    error: watch::Receiver<Option<String>>,
    task: JoinHandle<()>,
}

impl Holder {
    /// Begins. Held secrets that can be used are there when this returns.
    ///
    /// # Panics
    /// Outside of a runtime of tokio.
    pub fn run(settings: Settings) -> Self {
        let (held_sender, held) = watch::channel(None);
        let (error_sender, error) = watch::channel(None);
        let task = Task::new(settings, held_sender, error_sender);
        Self { held, error, task: tokio::spawn(task.run()) }
    }

    /// The newest secrets; none before the first join.
    pub fn held(&self) -> watch::Receiver<Option<Arc<Held>>> {
        self.held.clone()
    }

    /// What is wrong now and what to do about it, for people; none while all is well.
    pub fn error(&self) -> watch::Receiver<Option<String>> {
        self.error.clone()
    }
}

impl Drop for Holder {
    fn drop(&mut self) {
        self.task.abort();
    }
}
