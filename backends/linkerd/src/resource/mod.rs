//! The Gateway API's own objects, as far as they are written.

pub(crate) mod http_route;
pub(crate) mod reference;
pub(crate) mod tcp_route;
