//! The way from a certificate to a root: each one signed by the next.

use time::OffsetDateTime;
use x509_parser::certificate::X509Certificate;
use x509_parser::oid_registry::{
    OID_PKCS1_SHA256WITHRSA, OID_PKCS1_SHA384WITHRSA, OID_PKCS1_SHA512WITHRSA, OID_SIG_ECDSA_WITH_SHA256, OID_SIG_ECDSA_WITH_SHA384, Oid,
};

use crate::certificate::{Certificate, serial};
use crate::validity;

/// More certificates than any mesh chains; each costs a signature to check.
const MAX_CHAIN: usize = 8;

/// What is accepted as a signature: no SHA-1, and RSA (of at least 2048 bits) only since roots of companies still have it.
const SIGNATURES: [Oid<'static>; 5] =
    [OID_SIG_ECDSA_WITH_SHA256, OID_SIG_ECDSA_WITH_SHA384, OID_PKCS1_SHA256WITHRSA, OID_PKCS1_SHA384WITHRSA, OID_PKCS1_SHA512WITHRSA];

/// The chain and then the root that its end leads to. A root at the end of the chain itself is taken for what it is.
///
/// `now` chooses among roots with the same key: one that lives goes first.
pub(crate) fn build<'c>(
    chain: &'c [Certificate],
    roots: &'c [Certificate],
    now: OffsetDateTime,
) -> Result<Vec<X509Certificate<'c>>, PathError> {
    if chain.is_empty() {
        return Err(PathError::Empty);
    }
    if chain.len() > MAX_CHAIN {
        return Err(PathError::TooLong { certificates: chain.len() });
    }
    let mut path: Vec<X509Certificate<'c>> = Vec::new();
    for certificate in chain {
        let next = certificate.parsed();
        if path.last().is_some_and(|last| !is_signed_by(last, &next)) {
            return Err(PathError::NotLinked { serial: serial(&next) });
        }
        path.push(next);
        if roots.contains(certificate) {
            return Ok(path);
        }
    }
    let last = path.last().ok_or(PathError::Empty)?;
    let signers = || roots.iter().map(Certificate::parsed).filter(|root| is_signed_by(last, root));
    let lives = |root: &X509Certificate<'_>| validity::check(root, now).is_ok();
    let root = signers().find(lives).or_else(|| signers().next());
    path.push(root.ok_or_else(|| PathError::NoRoot { issuer: last.issuer().to_string() })?);
    Ok(path)
}

/// By name and by signature.
pub(crate) fn is_signed_by(certificate: &X509Certificate<'_>, signer: &X509Certificate<'_>) -> bool {
    let tbs = &certificate.tbs_certificate;
    tbs.issuer.as_raw() == signer.subject().as_raw()
        && tbs.signature == certificate.signature_algorithm
        && SIGNATURES.contains(&tbs.signature.algorithm)
        && certificate.verify_signature(Some(signer.public_key())).is_ok()
}

/// Why a chain leads to no root that may vouch for it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PathError {
    /// No certificate at all.
    #[error("the chain has no certificate: give the leaf first, then its intermediates")]
    Empty,
    /// More than any mesh has.
    #[error("the chain has {certificates} certificates: leave out what does not lead to the root, at most {MAX_CHAIN} are read")]
    TooLong {
        /// How many were given.
        certificates: usize,
    },
    /// One did not sign the one before it.
    #[error("the certificate {serial} did not sign the one before it: put the chain in order, each signed by the next")]
    NotLinked {
        /// Serial number of the one that should have signed.
        serial: String,
    },
    /// The end was signed by somebody else.
    #[error("no root of the bundle signed for `{issuer}`: use the bundle of the mesh that issued the chain")]
    NoRoot {
        /// Who is said to have signed the end of the chain.
        issuer: String,
    },
    /// It stands above another one and may not.
    #[error("the certificate {serial} may not sign certificates: use one with `CA:TRUE` and the key usage keyCertSign")]
    NotCa {
        /// Serial number of the certificate.
        serial: String,
    },
    /// More intermediates below than allowed.
    #[error("the certificate {serial} does not allow {below} intermediates below it: shorten the chain or raise its path length")]
    PathLength {
        /// Serial number of the certificate.
        serial: String,
        /// Intermediates between it and the leaf.
        below: usize,
    },
    /// Its signatures are for another use.
    #[error("the certificate {serial} is not for TLS on both ends: give it serverAuth and clientAuth, or no extended key usage")]
    Purpose {
        /// Serial number of the certificate.
        serial: String,
    },
    /// Something that must be understood is not.
    #[error("the certificate {serial} has the critical extension {oid}, which is not understood: issue it without")]
    Critical {
        /// Serial number of the certificate.
        serial: String,
        /// The object identifier in dots.
        oid: String,
    },
    /// An extension that cannot be read, or stands there twice.
    #[error("the certificate {serial} has a broken extension: issue it again")]
    Malformed {
        /// Serial number of the certificate.
        serial: String,
    },
    /// Name constraints, or another trust domain.
    #[error("the certificate {serial} may not vouch for `{name}`: use one whose name constraints and trust domain include it")]
    Name {
        /// Serial number of the certificate.
        serial: String,
        /// The trust domain or identity it would vouch for.
        name: String,
    },
}
