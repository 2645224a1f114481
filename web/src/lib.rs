//! The policy view in a browser: read-only pages, made on the server over the engine of the command line.
//!
//! A process that serves it implements [`Source`], which gives the newest [`Snapshot`] of policy, and mounts [`router`].
//! Nothing here reads files, asks a cluster or a proxy.
//!
//! # How a page is written
//! A page is a function of a [`Visit`](visit::Visit) to a [`Reply`](reply::Reply) or a [`Problem`](problem::Problem), one
//! file in `pages/`, with a line in `pages/mod.rs` that gives its path. It is called on a thread that may work, not on the
//! one that serves. What it shows it takes from one value, an answer with a JSON Schema like those of `-o json`: the form
//! `.json` of the page is that value, the template `templates/pages/NAME.html` draws it. A template extends
//! `layout.html`, and has a field `chrome` made by [`Visit::chrome`](visit::Visit::chrome), whose last line names the
//! command that answers the same.

mod app;
mod assets;
mod format;
pub mod graph;
mod guard;
mod headers;
mod later;
mod ledger;
mod live;
mod map;
mod moment;
mod pages;
mod parts;
mod problem;
mod query;
mod reply;
mod schemas;
mod seen;
mod session;
mod snapshot;
mod source;
mod stream;
mod visit;

pub use app::{Host, Hosts, Pipe, Refused, Settings, router};
pub use live::{Calls, Live};
pub use schemas::schemas;
pub use session::Door;
pub use snapshot::Snapshot;
pub use source::{Fixed, Source, Staleness};
