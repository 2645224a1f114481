//! What is seen of a running mesh, whichever it is: calls, who calls whom how often, what happened, and how its proxies are.
//!
//! These are answers, with a JSON Schema each. Nothing here opens a socket.

mod call;
mod edge;
mod event;
mod proxies;

pub use call::{Call, Direction, Party, Verdict};
pub use edge::{Edge, Edges, Latency};
pub use event::{Event, Events, Kind};
pub use proxies::{Proxies, ProxyAnswer, RefusalAnswer, RefusedAnswer, Sync};
