//! The metrics API of SMI (`metrics.smi-spec.io/v1alpha1`) of a mesh that runs: what is seen of calls, by the objects that Kubernetes
//! knows, behind the paths of an aggregated API server.
//!
//! What is counted is [`Edges`](meshglot_observed::Edges), what there is an [`Inventory`]; [`Seen`] makes objects of both and opens no
//! socket. [`router`] serves them, [`FrontProxy`] behind a kube-apiserver.

mod accept;
mod discovery;
mod ends;
mod front_proxy;
mod inventory;
mod path;
mod quantity;
mod query;
mod resource;
mod seen;
mod selector;
mod service;
mod split;
mod status;
mod sum;
mod table;
mod tls;
mod wire;

pub use front_proxy::FrontProxy;
pub use inventory::{Inventory, Object, Split};
pub use resource::Resource;
pub use seen::Seen;
pub use service::{Traffic, router};
pub use status::forbidden;
pub use tls::{Files, TlsError, serve};
pub use wire::{Backend, EdgeReference, Metric, ObjectReference, TrafficMetrics, TrafficMetricsList};
