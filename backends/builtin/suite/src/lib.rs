//! The built-in mesh put together from its real parts: control plane, authority, agents, an unmodified data plane, applications,
//! and a network of namespaces between them, in which every call is redirected to the caller's proxy and to the server's.
//!
//! It is made for tests, on Linux, as root.

mod application;
mod client;
mod issuer;
mod mesh;
mod missing;
mod namespace;
mod network;
mod plane;
mod workload;

pub use client::{Answer, Call};
pub use mesh::{Caller, Mesh};
pub use missing::{Missing, missing};
pub use network::Network;
pub use workload::{Place, Serves, Workload};
