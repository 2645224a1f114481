//! The server's threads, and the signals that end it.

use std::net::{SocketAddr, TcpListener};
use std::sync::mpsc::Sender;
use std::time::Duration;

use axum::Router;
use tokio::runtime::{Builder, Runtime};

use super::Told;
use crate::ends::Ends;

/// How long answers under way may take when it ends.
const GRACE: Duration = Duration::from_millis(500);

/// A port that is taken.
pub(super) struct Server {
    runtime: Runtime,
    listener: TcpListener,
    address: SocketAddr,
}

/// A server that answers; it ends when this is dropped.
pub(super) struct Running(Option<Runtime>);

impl Server {
    /// Takes a port.
    pub(super) fn bind(address: SocketAddr) -> std::io::Result<Self> {
        let listener = TcpListener::bind(address)?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        Ok(Self { runtime, listener, address })
    }

    /// Where it listens.
    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Answers until a signal comes, which is told.
    pub(super) fn start(self, router: Router, tell: Sender<Told>) -> std::io::Result<Running> {
        let Self { runtime, listener, .. } = self;
        let mut ends = Ends::of(&runtime)?;
        runtime.spawn(async move {
            let ended = tokio::select! {
                served = serve(listener, router) => served,
                () = ends.asked() => Ok(()),
            };
            // Nobody listens any more when it has ended already.
            let _ = tell.send(Told::End(ended));
        });
        Ok(Running(Some(runtime)))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Pages that follow edits never end by themselves.
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_timeout(GRACE);
        }
    }
}

async fn serve(listener: TcpListener, router: Router) -> std::io::Result<()> {
    axum::serve(tokio::net::TcpListener::from_std(listener)?, router).await
}
