//! Routes and chains as they are served: a resource's tables with everything that can be reckoned beforehand.

mod bucket;
mod chains;
mod listener;
mod routes;

pub(crate) use chains::Facts;
pub(crate) use listener::{ServedAction, ServedChain, ServedListener};
pub(crate) use routes::{Found, ServedRoutes};
