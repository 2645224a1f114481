//! Streams of server-sent events, by which open pages learn of what is new.

pub(crate) mod calls;
pub(crate) mod happened;
mod resume;
pub(crate) mod state;
mod tell;
