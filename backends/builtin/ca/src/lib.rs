//! The certificate authority of the built-in mesh: identities, certificates, rotation of the root, its folder, join tokens.
//!
//! Nothing here knows a network or the time of day: who calls gives the clock, and carries requests and answers.

mod authority;
mod ca_error;
mod ca_rules;
mod certificate;
mod csr;
mod intermediate;
mod issued;
mod join_token;
mod key_pair;
mod lifetime;
mod name_constraints;
mod path;
mod pem;
mod renewal;
mod rotation;
mod signing_ca;
mod spiffe_id;
mod store;
mod trust_domain;
mod validity;
mod verify;

pub use authority::{Authority, IssueError};
pub use ca_error::CaError;
pub use certificate::{Certificate, CertificateError, chain_pem};
pub use csr::CsrError;
pub use intermediate::Intermediate;
pub use issued::Issued;
pub use join_token::{IssueTokenError, JoinTokens, TokenError, TokenSettingsError};
pub use key_pair::{KeyError, KeyPair};
pub use lifetime::{Lifetime, LifetimeError};
pub use path::PathError;
pub use renewal::renewal_time;
pub use rotation::{RotationError, RotationState, Step};
pub use spiffe_id::{SpiffeId, SpiffeIdError};
pub use store::{Store, StoreError, Texts};
pub use trust_domain::{TrustDomain, TrustDomainError};
pub use validity::ValidityError;
pub use verify::{VerifyError, verify};
