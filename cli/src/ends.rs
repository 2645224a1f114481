//! The signals that end a command that lasts: Ctrl-C and SIGTERM.

use std::io;

use tokio::runtime::Runtime;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Both signals, which find this process listening from now on.
pub(crate) struct Ends {
    interrupt: Signal,
    terminate: Signal,
}

impl Ends {
    /// Within a runtime.
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    /// For a runtime, before anybody learns that the command is there: a signal that comes at once must not find the system's own
    /// handler.
    pub(crate) fn of(runtime: &Runtime) -> io::Result<Self> {
        let _context = runtime.enter();
        Self::new()
    }

    /// Until one of them comes.
    pub(crate) async fn asked(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}
