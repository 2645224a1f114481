//! Resources of xDS as they come: bytes of protobuf, read into [`crate::table`], or refused with the field that is not obeyed.
//!
//! The accepted set is what the backend `builtin` writes. A field is read, or it has one legal value, or it refuses the resource: there is
//! no fourth way, since every message is taken apart field by field (`open!`), and bytes that no field stands for are refused as well.

// Fields that Envoy will drop have to be named to be refused.
#![allow(deprecated)]

mod address;
mod any;
mod at;
mod balancing;
mod chain;
mod chains;
mod cluster;
mod cors;
mod endpoint;
mod fault;
mod filters;
mod forward;
mod hash;
mod header;
mod inspect;
mod known;
mod limits;
mod listener;
mod log;
mod manager;
mod matching;
mod overrides;
mod rate_limit;
mod rbac;
mod refusal;
mod regex;
mod retry;
mod route;
mod route_table;
mod sorted;
mod source;
mod tcp;
mod tls;
mod tracing;
mod value;

use std::sync::Arc;

use prost::{Message, Name};

use self::at::{At, LeftOver};
use self::known::Known;
use crate::table::{Assignment, Cluster, Listener, Names, RouteTable};

pub use self::refusal::Refusal;

/// Bytes of a resource, at most.
const BYTES: usize = 64 << 20;

/// Reads an `envoy.config.cluster.v3.Cluster`.
///
/// # Errors
/// A field of it is not obeyed.
pub fn cluster(bytes: &[u8], names: &mut Names) -> Result<Cluster, Refusal> {
    read(bytes, |at, message| cluster::cluster(at, message, &mut Known::new(names)))
}

/// Reads an `envoy.config.endpoint.v3.ClusterLoadAssignment`, with the name of its cluster.
///
/// # Errors
/// A field of it is not obeyed.
pub fn assignment(bytes: &[u8]) -> Result<(Arc<str>, Assignment), Refusal> {
    read(bytes, endpoint::assignment)
}

/// Reads an `envoy.config.listener.v3.Listener`.
///
/// # Errors
/// A field of it is not obeyed, or its chains are not safe beside each other.
pub fn listener(bytes: &[u8], names: &mut Names) -> Result<Listener, Refusal> {
    read(bytes, |at, message| listener::listener(at, message, &mut Known::new(names)))
}

/// Reads an `envoy.config.route.v3.RouteConfiguration`.
///
/// # Errors
/// A field of it is not obeyed, or its hosts or routes are not safe beside each other.
pub fn route_table(bytes: &[u8], names: &mut Names) -> Result<RouteTable, Refusal> {
    read(bytes, |at, message| route_table::table(at, message, &mut Known::new(names)))
}

fn read<M: Message + Name + Default, T>(bytes: &[u8], read: impl FnOnce(&At<'_>, M) -> Result<T, Refusal>) -> Result<T, Refusal> {
    let left_over = LeftOver::default();
    let at = &At::resource(M::NAME, &left_over);
    if bytes.len() > BYTES {
        return Err(at.refuse(format!("takes {} bytes, more than {BYTES}", bytes.len())));
    }
    let read = read(at, any::message(at, bytes)?)?;
    left_over.into_inner().map_or(Ok(read), Err)
}
