//! A mesh that runs, as it is looked at: by commands, and by the web view.

mod log;
mod router;
mod who;

use std::sync::Arc;

use meshglot_observed::Call;
use meshglot_traffic::Watcher;
use meshglot_web::Calls;
use tokio::sync::watch;

pub(crate) use log::EventLog;
pub(crate) use router::router;
pub(crate) use who::Who;

/// Somebody who looks at calls.
pub(crate) struct Looks(pub(crate) Watcher);

impl Calls for Looks {
    fn after(&self, id: u64) -> Vec<Arc<Call>> {
        self.0.after(id)
    }

    fn newest(&self) -> watch::Receiver<u64> {
        self.0.newest()
    }
}
