//! What bytes come from and go to.

mod activity;
mod carry;
mod metered;
mod rewind;
mod stream;

pub(crate) use activity::{Activity, Seconds};
pub(crate) use carry::carry;
pub(crate) use metered::{Meter, Metered};
pub(crate) use rewind::Rewind;
pub(crate) use stream::Stream;
