//! Objects of the Gateway API and of Linkerd's policy, as far as they are written.

pub(crate) mod authorization;
pub(crate) mod http_route;
pub(crate) mod reference;
pub(crate) mod server;
pub(crate) mod tcp_route;
