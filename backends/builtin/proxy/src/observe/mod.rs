//! What the proxy tells of itself.

mod flags;
mod line;
mod metrics;
mod share;
mod sink;
mod tap;

pub(crate) use flags::Flag;
pub(crate) use line::{Told, Value, write};
pub use metrics::MetricNames;
pub(crate) use metrics::{CallKey, ConnectionKey, Metrics, Registry};
pub use share::{LogShare, LogShareError};
pub(crate) use sink::{LogLosses, LogSink, LogWriter};
pub(crate) use tap::Tap;
