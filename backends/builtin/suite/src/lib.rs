//! The built-in mesh put together from its real parts: control plane, authority, agents, a data plane, applications,
//! and a network of namespaces between them, in which every call is redirected to the caller's proxy and to the server's.
//!
//! It is made for tests, on Linux, as root.

mod application;
mod binomial;
mod calls;
mod client;
mod clock;
mod credentials;
mod data_plane;
mod host;
mod inventory;
mod issuer;
mod mesh;
mod missing;
mod namespace;
mod network;
mod peer;
mod plane;
mod process;
mod reader;
mod sent;
mod stranger;
mod trust;
mod workload;

pub use application::Application;
pub use binomial::bounds;
pub use calls::Caller;
pub use client::{Answer, Call, Connection};
pub use clock::SkewedClock;
pub use credentials::Credentials;
pub use data_plane::{Beside, DataPlane, Proxy, as_proxy, data_planes};
pub use mesh::Mesh;
pub use missing::{Missing, missing, missing_network};
pub use namespace::Namespace;
pub use network::{GATEWAY, Network, PROXY_USER};
pub use peer::peer;
pub use process::Taken;
pub use reader::Reader;
pub use sent::{SentResource, SentResources};
pub use stranger::Stranger;
pub use workload::{Place, Serves, Workload};
