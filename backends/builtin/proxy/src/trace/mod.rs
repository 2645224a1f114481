//! Where a request belongs among all that follow from one: contexts of W3C and B3, and spans that are told by OTLP.

mod context;
mod export;
mod span;

pub(crate) use context::Context;
pub(crate) use export::Spans;
pub(crate) use span::{Ended, Started};
