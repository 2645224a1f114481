//! Looking again and again until somebody has seen enough.

use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};

use crate::exit::{Exit, Failure, Outcome};

/// Does something after each pause, until Ctrl-C or SIGTERM.
pub(crate) fn until_signal(pause: Duration, mut look: impl FnMut() -> Result<(), Failure>) -> Outcome {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (mut interrupt, mut terminate) = {
        let _context = runtime.enter();
        (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?)
    };
    loop {
        let ended = runtime.block_on(async {
            tokio::select! {
                _ = interrupt.recv() => true,
                _ = terminate.recv() => true,
                () = tokio::time::sleep(pause) => false,
            }
        });
        if ended {
            return Ok(Exit::Ok);
        }
        look()?;
    }
}
