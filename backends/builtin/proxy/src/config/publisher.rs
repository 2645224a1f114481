//! Gives all threads the same.

use std::sync::mpsc::channel;
use std::time::Duration;

use crate::worker::{Change, Command, Thread};

/// A thread that does not answer for so long is not waited for.
const PATIENCE: Duration = Duration::from_secs(2);

/// All threads.
pub(crate) struct Publisher {
    threads: Vec<Thread>,
}

impl Publisher {
    pub(crate) fn new(threads: Vec<Thread>) -> Self {
        Self { threads }
    }

    pub(crate) fn threads(&self) -> usize {
        self.threads.len()
    }

    /// Returns when every thread has put it into force. `changes`: those of a thread, by its number.
    pub(crate) fn publish(&self, mut changes: impl FnMut(usize) -> Vec<Change>) {
        let (sender, receiver) = channel();
        for (number, thread) in self.threads.iter().enumerate() {
            thread.tell(Command::Apply(changes(number), sender.clone()));
        }
        drop(sender);
        for _ in &self.threads {
            // What was acknowledged is in force, but for a thread that hangs.
            if receiver.recv_timeout(PATIENCE).is_err() {
                return;
            }
        }
    }

    /// Lets all of them end within so long, and waits until they have.
    ///
    /// # Errors
    /// One has panicked, or could not begin.
    pub(crate) fn finish(self, drain: Duration) -> std::io::Result<()> {
        self.threads.iter().for_each(|thread| thread.tell(Command::Drain(drain)));
        self.threads.into_iter().map(Thread::finish).fold(Ok(()), std::io::Result::and)
    }
}
