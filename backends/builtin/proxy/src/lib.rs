//! The data plane of the built-in mesh: a proxy that takes the very resources that Envoy takes.
//!
//! It knows no policy: what it reads are resources of Envoy's xDS v3, as far as the backend `builtin` writes them. Each is decoded once
//! into plain tables ([`table`]); a field that is not obeyed refuses its resource, by name. Requests read tables alone.

mod access;
mod admin;
pub mod ads;
mod config;
mod connection;
pub mod decode;
mod http;
mod io;
mod looked;
mod matching;
mod observe;
mod proxy;
mod routing;
pub mod store;
pub mod table;
mod tls;
mod trace;
mod upstream;
mod worker;

pub use observe::{LogShare, LogShareError, MetricNames};
pub use proxy::{RunError, Settings, run};
