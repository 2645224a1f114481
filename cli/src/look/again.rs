//! Looking again and again until somebody has seen enough.

use std::time::Duration;

use crate::ends::Ends;
use crate::exit::{Exit, Failure, Outcome};

/// Does something after each pause, until Ctrl-C or SIGTERM.
pub(crate) fn until_signal(pause: Duration, mut look: impl FnMut() -> Result<(), Failure>) -> Outcome {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut ends = Ends::of(&runtime)?;
    loop {
        let ended = runtime.block_on(async {
            tokio::select! {
                () = ends.asked() => true,
                () = tokio::time::sleep(pause) => false,
            }
        });
        if ended {
            return Ok(Exit::Ok);
        }
        look()?;
    }
}
