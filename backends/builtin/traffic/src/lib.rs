//! What the proxies of this machine tell of calls: counters that are read every second, and calls as they end while somebody looks.
//!
//! [`Hub`] looks at the folders of proxies, which `meshglot run` makes. It knows no policy: who is who, [`Names`] says.

mod clock;
mod edges;
mod follow;
mod history;
mod hub;
mod latency;
mod line;
mod log;
mod names;
mod prometheus;
mod reading;
mod ring;
mod series;
mod socket;
mod verdict;
mod watchers;

pub use hub::{Hub, LONGEST, UNCOUNTED};
pub use names::Names;
pub use watchers::Watcher;
