//! Work that stays on the thread that it is on.

use hyper::rt::Executor;

/// Runs what a connection needs beside it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Local;

impl<F: Future + 'static> Executor<F> for Local {
    fn execute(&self, future: F) {
        drop(tokio::task::spawn_local(async move { drop(future.await) }));
    }
}
