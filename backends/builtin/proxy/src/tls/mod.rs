//! TLS 1.3 with SPIFFE IDs, on both sides of the proxy.

mod identity;
mod peer;
mod verifier;

pub(crate) use identity::Identity;
pub(crate) use peer::Peer;
