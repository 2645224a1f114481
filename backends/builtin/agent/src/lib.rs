//! What stands beside an unmodified Envoy: it holds the key and the certificate, hands them over a Unix socket (SDS),
//! writes the bootstrap, and starts and ends the process.

mod bootstrap;
mod envoy;
mod sds;
mod secrets;

pub use bootstrap::{Bootstrap, CONTROL_PLANE};
pub use envoy::{Envoy, StartError};
pub use sds::SecretService;
