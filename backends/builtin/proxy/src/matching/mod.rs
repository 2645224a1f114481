//! Whether a request is as a condition says.

mod condition;
mod hosts;
mod index;

pub(crate) use condition::{Seen, path_of};
pub(crate) use hosts::Hosts;
pub(crate) use index::{Need, PathIndex};
