//! Where lines go: each thread gathers its own, and one thread writes what all have gathered.

use std::cell::RefCell;
use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;

use super::share::LogShare;

/// So much is gathered before it is handed over.
const GATHERED: usize = 16 << 10;

/// So many pieces wait to be written. Who reads the log too slowly loses lines; no call waits for them.
const WAITING: usize = 256;

/// Hands lines to whoever writes.
pub(crate) struct LogSink {
    /// Of the calls that end well.
    pub(crate) share: LogShare,
    gathered: RefCell<Vec<u8>>,
    sender: SyncSender<Vec<u8>>,
    lost: Arc<AtomicU64>,
}

/// Writes what comes, until nobody has a sink any more.
pub(crate) struct LogWriter {
    sender: SyncSender<Vec<u8>>,
    lost: Arc<AtomicU64>,
    thread: JoinHandle<()>,
}

/// How many pieces were lost.
#[derive(Clone, Debug, Default)]
pub(crate) struct LogLosses(Arc<AtomicU64>);

impl LogLosses {
    pub(crate) fn count(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl LogWriter {
    /// Begins.
    ///
    /// # Errors
    /// There is no place for another thread.
    pub(crate) fn start(mut to: impl Write + Send + 'static) -> std::io::Result<Self> {
        let (sender, receiver): (_, Receiver<Vec<u8>>) = sync_channel(WAITING);
        let lost = Arc::new(AtomicU64::new(0));
        let count = lost.clone();
        let thread = std::thread::Builder::new().name("log".to_owned()).spawn(move || {
            for piece in receiver {
                if to.write_all(&piece).and_then(|()| to.flush()).is_err() {
                    count.fetch_add(1, Ordering::Relaxed);
                }
            }
        })?;
        Ok(Self { sender, lost, thread })
    }

    /// One for a thread, and for a share of the calls that end well.
    pub(crate) fn sink(&self, share: LogShare) -> LogSink {
        LogSink { share, gathered: RefCell::default(), sender: self.sender.clone(), lost: self.lost.clone() }
    }

    /// What was lost.
    pub(crate) fn losses(&self) -> LogLosses {
        LogLosses(self.lost.clone())
    }

    /// Writes a line for people among the others.
    pub(crate) fn tell(&self, line: &str) {
        if self.sender.try_send(format!("{line}\n").into_bytes()).is_err() {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Waits until all that was handed over is written. All sinks have to be gone.
    pub(crate) fn finish(self) {
        drop(self.sender);
        // It ends by itself, and a panic of it is nobody's business any more.
        let _ = self.thread.join();
    }
}

impl LogSink {
    /// Adds a line that is written into a buffer.
    pub(crate) fn add(&self, write: impl FnOnce(&mut Vec<u8>)) {
        let mut gathered = self.gathered.borrow_mut();
        write(&mut gathered);
        if gathered.len() >= GATHERED {
            drop(gathered);
            self.flush();
        }
    }

    /// Hands over what was gathered.
    pub(crate) fn flush(&self) {
        let mut gathered = self.gathered.borrow_mut();
        if gathered.is_empty() {
            return;
        }
        // The next grows as long: one piece of memory instead of a dozen.
        let next = Vec::with_capacity(gathered.len() * 9 / 8);
        let piece = std::mem::replace(&mut *gathered, next);
        drop(gathered);
        if let Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) = self.sender.try_send(piece) {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl Drop for LogSink {
    fn drop(&mut self) {
        self.flush();
    }
}
