//! Where requests and connections go: clusters, their endpoints, and the connections to them.

mod balance;
mod cluster;
mod connect;
mod ejection;
mod failure;
mod hashing;
mod host;
mod http1;
mod http2;
mod permit;
mod shared;
#[cfg(test)]
mod waiting;

pub(crate) use cluster::Upstream;
pub(crate) use connect::Connector;
pub(crate) use failure::Failure;
pub(crate) use hashing::hash;
pub(crate) use host::{Host, Lease, Protocol, Sent};
pub(crate) use permit::{Counted, Permit};
pub(crate) use shared::ClusterShared;
