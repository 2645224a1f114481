//! A control plane that calls its proxies: it is to them who it is when they call it.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use meshglot_ca::SpiffeId;
use meshglot_join::{Clock, Dialled, Held, dial};
use tokio::sync::watch;

/// Calls proxies, each time with the newest certificate.
#[derive(Clone)]
pub struct Caller {
    pub(crate) own: watch::Receiver<Arc<Held>>,
    pub(crate) clock: Arc<dyn Clock>,
}

impl Caller {
    /// Connects to the proxy at `address` (the port of `meshglot proxy run --look`) that has this SPIFFE ID.
    ///
    /// # Errors
    /// Nobody listens there, or somebody who is not that proxy does.
    pub async fn call(&self, address: SocketAddr, id: &str) -> io::Result<Dialled> {
        let peer: SpiffeId = id.parse().map_err(io::Error::other)?;
        let held = self.own.borrow().clone();
        dial(address, &held, &peer, self.clock.clone()).await
    }
}

impl std::fmt::Debug for Caller {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Caller")
    }
}
