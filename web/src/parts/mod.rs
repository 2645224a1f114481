//! What several pages are made of.

pub(crate) mod call;
pub(crate) mod chrome;
pub(crate) mod cli;
pub(crate) mod concepts;
pub(crate) mod excerpt;
#[allow(unreachable_pub, reason = "the macro of filters makes them public")]
pub(crate) mod filters;
pub(crate) mod known;
pub(crate) mod listing;
pub(crate) mod objects;
pub(crate) mod pager;
pub(crate) mod place;
pub(crate) mod protection;
pub(crate) mod rate;
pub(crate) mod theme;
pub(crate) mod verdict;
pub(crate) mod yaml;
