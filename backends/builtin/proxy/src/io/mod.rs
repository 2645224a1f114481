//! What bytes come from and go to.

mod activity;
mod rewind;
mod stream;

pub(crate) use activity::{Activity, Seconds};
pub(crate) use rewind::Rewind;
pub(crate) use stream::Stream;
