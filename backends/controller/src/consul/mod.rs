//! A Consul server that keeps config entries, where a cluster has not Consul's definitions. An entry is handled as an object: what an
//! API server keeps in `metadata` stands in its `Meta`, and its index is the version.

mod address;
mod answer;
mod entry;
mod server;
mod watch;
mod write;

pub use server::ConsulAccess;

pub(crate) use address::{Address, cluster, meshes};
pub(crate) use entry::{ENTRIES, as_entry};
pub(crate) use server::Server;
pub(crate) use watch::follow;
pub(crate) use write::Writer;
