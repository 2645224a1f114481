//! What proxies tell of calls: counters that are read every second, and calls as they end while somebody looks.
//!
//! [`Hub`] looks at the proxies that [`Places`] knows: those in the [`Folders`] of this machine, which `meshglot run` makes, or the sidecars of
//! a cluster. It knows no policy: who is who, [`Names`] says.

mod clock;
mod edges;
mod folders;
mod follow;
mod followed;
mod history;
mod hub;
mod known;
mod latency;
mod line;
mod log;
mod names;
mod places;
mod prometheus;
mod reading;
mod ring;
mod series;
mod socket;
mod status;
mod verdict;
mod watchers;

pub use folders::Folders;
pub use hub::{Hub, LONGEST, UNCOUNTED};
pub use names::Names;
pub use places::{Connecting, Place, Places, Stream, Way};
pub use status::{ProxySays, RefusalSaid};
pub use watchers::Watcher;
