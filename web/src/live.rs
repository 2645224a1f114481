//! How the view asks a mesh that runs.

use std::sync::Arc;
use std::time::Duration;

use meshglot_observed::{Call, Edges, Events, Proxies};
use tokio::sync::watch;

/// A mesh that runs.
pub trait Live: Send + Sync + 'static {
    /// Begins to look at calls, or goes on: proxies tell calls only while somebody looks, and a short time longer.
    fn calls(&self) -> Box<dyn Calls>;

    /// Who called whom, of so long a time before now.
    fn edges(&self, window: Duration) -> Edges;

    /// What happened.
    fn events(&self) -> Events;

    /// The id of the newest event.
    fn newest_event(&self) -> watch::Receiver<u64>;

    /// How its proxies are.
    fn proxies(&self) -> Proxies;
}

/// Somebody looks at calls; whoever drops it does not any more.
pub trait Calls: Send + Sync {
    /// Those that are remembered with a greater id, the oldest first.
    fn after(&self, id: u64) -> Vec<Arc<Call>>;

    /// The id of the newest; 0: there was none yet.
    fn newest(&self) -> watch::Receiver<u64>;
}
