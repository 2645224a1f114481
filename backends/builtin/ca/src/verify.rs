//! Who the holder of a certificate is, where a bundle of roots vouches for it.

use time::OffsetDateTime;
use x509_parser::certificate::X509Certificate;

use crate::ca_rules;
use crate::certificate::{Certificate, CertificateError, sole_uri};
use crate::path::{self, PathError};
use crate::spiffe_id::SpiffeId;
use crate::validity::{self, ValidityError};

/// The identity of the first certificate of a chain (leaf first, then its intermediates in order; a root at the end does no harm).
///
/// Checked are all signatures up to a root of the bundle, the life of every certificate and of the root at `now`, that signers are CAs
/// whose path length, purpose, trust domain and name constraints allow the leaf, and that the leaf is a workload's: no CA, for digital
/// signatures, for both ends of TLS, with one SPIFFE ID as its only name. Nothing is revoked: lives are short instead.
///
/// # Errors
/// Where one of these does not hold.
pub fn verify(chain: &[Certificate], bundle: &[Certificate], now: OffsetDateTime) -> Result<SpiffeId, VerifyError> {
    let path = path::build(chain, bundle, now)?;
    for certificate in &path {
        validity::check(certificate, now)?;
    }
    let [leaf, signers @ ..] = path.as_slice() else { return Err(PathError::Empty.into()) };
    let id = identity(leaf)?;
    // Alone it is a root of the bundle, and roots are nobody's leafs.
    if signers.is_empty() {
        return Err(VerifyError::NotALeaf);
    }
    ca_rules::check(signers, id.trust_domain())?;
    Ok(id)
}

fn identity(leaf: &X509Certificate<'_>) -> Result<SpiffeId, VerifyError> {
    ca_rules::check_critical(leaf)?;
    let broken = |_| VerifyError::NotALeaf;
    if leaf.basic_constraints().map_err(broken)?.is_some_and(|extension| extension.value.ca) {
        return Err(VerifyError::NotALeaf);
    }
    let usage = leaf.key_usage().map_err(broken)?.ok_or(VerifyError::NotALeaf)?.value;
    if !usage.digital_signature() || usage.key_cert_sign() || usage.crl_sign() {
        return Err(VerifyError::NotALeaf);
    }
    let purpose = leaf.extended_key_usage().map_err(|_| VerifyError::Purpose)?.ok_or(VerifyError::Purpose)?.value;
    if !purpose.server_auth || !purpose.client_auth {
        return Err(VerifyError::Purpose);
    }
    Ok(sole_uri(leaf).ok_or(CertificateError::Names)?.parse::<SpiffeId>().map_err(CertificateError::from)?)
}

/// Why a chain proves no identity.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    /// It leads to no root that may vouch for it.
    #[error(transparent)]
    Path(#[from] PathError),
    /// A certificate of the path does not live now.
    #[error(transparent)]
    Validity(#[from] ValidityError),
    /// A CA, or a certificate for another use of its key.
    #[error("the first certificate of the chain is not a workload's: put the leaf first, no CA and with the key usage digitalSignature")]
    NotALeaf,
    /// For one end of TLS, or for something else.
    #[error("the leaf is not for both ends of TLS: issue it with the extended key usages serverAuth and clientAuth")]
    Purpose,
    /// No identity, or something besides it.
    #[error(transparent)]
    Names(#[from] CertificateError),
}
