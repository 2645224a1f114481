//! Why a key and its certificates cannot be an authority.

use crate::certificate::CertificateError;
use crate::key_pair::KeyError;
use crate::path::PathError;
use crate::validity::ValidityError;

/// Why there is no authority, or no certificate of it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CaError {
    /// A certificate cannot be read.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// A key cannot be read or made.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The certificates do not lead to a root, or may not sign.
    #[error(transparent)]
    Path(#[from] PathError),
    /// One of them does not live now.
    #[error(transparent)]
    Validity(#[from] ValidityError),
    /// Two files of different authorities.
    #[error("the private key is not that of the first certificate of the chain: give the pair, with the signing certificate first")]
    KeyMismatch,
    /// The subject has a form that cannot be written as the issuer of others.
    #[error("the subject of the signing certificate cannot be repeated exactly: issue it with each kind of name once (O, OU, CN)")]
    IssuerName,
    /// No random numbers.
    #[error("no certificate could be made, since the system gives no random numbers: check that `getrandom` is allowed")]
    Random,
    /// The signing library refused.
    #[error("no certificate could be signed: check the key of the authority")]
    Sign,
}
