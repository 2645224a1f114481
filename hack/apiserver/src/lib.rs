//! A real Kubernetes API server for tests: etcd and kube-apiserver as processes of this machine, on addresses of 127.0.0.0/8, and a
//! gate in front of it that makes trouble.
//!
//! There are no controllers: nothing collects garbage, a namespace that is deleted stays `Terminating`, Services get no endpoints, and
//! Pods are objects that nobody runs. What a test needs of that it writes itself.
//!
//! A test that only reads and writes objects takes [`shared`], one server per test process, and keeps to namespaces of its own name.
//! One that ends the server, compacts its store, counts the writes of everybody, or installs what others must not see (another version
//! of a CRD, a webhook) starts one of its own by [`ApiServer::start`]: it takes about 3 s and 320 MB.

mod access;
mod audit;
mod certificates;
mod error;
mod etcd;
mod flags;
mod folder;
mod gate;
mod node;
mod peer;
mod port;
mod process;
mod server;
mod shared;
mod user;

pub use access::Access;
pub use audit::{Asked, asked};
pub use error::StartError;
pub use gate::{Counts, Fault, Gate, Verb};
pub use node::Node;
pub use peer::{crds, definitions, installed, peer};
pub use process::Process;
pub use server::{ApiServer, Settings};
pub use shared::shared;
pub use user::User;
