//! The control plane of the built-in mesh: aggregated discovery over gRPC for any client that speaks Envoy's xDS v3.
//!
//! What the backend `builtin` rendered becomes a [`World`] of resources, each encoded once. A proxy reads a [`View`] of it:
//! its workload's own resources and whatever these lead to. A [`Session`] decides what one proxy is sent, and in which
//! order, from what it has said it has; [`Discovery`] carries that over a stream.

mod admission;
mod descriptors;
mod discovery;
mod kind;
mod node;
mod proxies;
mod resource;
mod secure;
mod session;
mod stages;
mod stream;
mod view;
mod views;
mod wire;
mod world;

pub use admission::{ByIdentity, Identities};
pub use discovery::{Admission, Discovery, Refusal, Streams};
pub use kind::Kind;
pub use node::Node;
pub use proxies::{KindStatus, Nack, Proxies, ProxyStatus};
pub use resource::{EncodeError, Resource};
pub use secure::{CredentialsError, connections, server_config, spiffe_id};
pub use session::{Asked, Known, Push, Session, Wanted};
pub use view::View;
pub use world::World;
