//! Counters: each thread has its own, and they are added up when somebody asks.

mod family;
mod istio;
mod linkerd;
mod own;
mod series;
mod store;

pub(crate) use self::series::{CallKey, ConnectionKey};
pub use self::store::MetricNames;
pub(crate) use self::store::{Metrics, Registry};
