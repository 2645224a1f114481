//! What a proxy has: its certificate, its key, and the roots it trusts.

use std::fmt;

use meshglot_ca::{Certificate, CertificateError, SpiffeId, VerifyError, renewal_time, verify};
use rustls::crypto::ring::default_provider;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use time::OffsetDateTime;

/// Secrets that belong together. Its `Debug` does not show the key.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Held {
    /// The certificate, then its intermediates, each signed by the next. PEM.
    pub chain_pem: String,
    /// The private key of the certificate, PEM of a PKCS #8 key. Never log it.
    pub key_pem: String,
    /// All roots that are trusted. PEM.
    pub bundle_pem: String,
    /// Whom the certificate names.
    pub id: SpiffeId,
    /// The last second of its life.
    pub not_after: OffsetDateTime,
    not_before: OffsetDateTime,
}

impl Held {
    /// Reads what was issued or kept.
    ///
    /// # Errors
    /// Where a text cannot be read, the roots do not vouch for the certificate at `now`, or the key is not its own. No error holds
    /// anything of the key.
    pub fn new(chain_pem: String, key_pem: String, bundle_pem: String, now: OffsetDateTime) -> Result<Self, HeldError> {
        let chain = Certificate::from_pem(&chain_pem).map_err(HeldError::Chain)?;
        let bundle = Certificate::from_pem(&bundle_pem).map_err(HeldError::Bundle)?;
        let id = verify(&chain, &bundle, now)?;
        let leaf = chain.first().ok_or(HeldError::Chain(CertificateError::Pem))?;
        check_key(leaf, &key_pem)?;
        let (not_before, not_after) = (leaf.not_before(), leaf.not_after());
        Ok(Self { chain_pem, key_pem, bundle_pem, id, not_after, not_before })
    }

    /// Reads what another process holds and has checked: it may have ended since, and newer roots need not vouch for it.
    ///
    /// # Errors
    /// Where a text cannot be read, the certificate names nobody, or the key is not its own. No error holds anything of the key.
    pub fn handed_over(chain_pem: String, key_pem: String, bundle_pem: String) -> Result<Self, HeldError> {
        let chain = Certificate::from_pem(&chain_pem).map_err(HeldError::Chain)?;
        Certificate::from_pem(&bundle_pem).map_err(HeldError::Bundle)?;
        let leaf = chain.first().ok_or(HeldError::Chain(CertificateError::Pem))?;
        let id = leaf.spiffe_id().map_err(HeldError::Chain)?;
        check_key(leaf, &key_pem)?;
        let (not_before, not_after) = (leaf.not_before(), leaf.not_after());
        Ok(Self { chain_pem, key_pem, bundle_pem, id, not_after, not_before })
    }

    /// Whether the certificate can still be shown.
    pub fn lives(&self, now: OffsetDateTime) -> bool {
        now.unix_timestamp() <= self.not_after.unix_timestamp()
    }

    /// When to ask for the next certificate: see [`renewal_time`], also for `spread`.
    pub fn renewal(&self, spread: f64) -> OffsetDateTime {
        renewal_time(self.not_before, self.not_after, spread)
    }

    /// The same with other roots, which need not vouch for its own certificate: they say whom it trusts.
    pub(crate) fn with_bundle(&self, bundle_pem: String) -> Result<Self, HeldError> {
        Certificate::from_pem(&bundle_pem).map_err(HeldError::Bundle)?;
        Ok(Self { bundle_pem, ..self.clone() })
    }
}

impl fmt::Debug for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Held").field("id", &self.id).field("not_after", &self.not_after).finish_non_exhaustive()
    }
}

fn check_key(leaf: &Certificate, key_pem: &str) -> Result<(), HeldError> {
    // What is wrong with a key is not told with the key.
    let key = PrivateKeyDer::from_pem_slice(key_pem.as_bytes()).map_err(|_| HeldError::Key)?;
    let leaf = CertificateDer::from(leaf.der().to_vec());
    CertifiedKey::from_der(vec![leaf], key, &default_provider()).map_err(|_| HeldError::Key)?;
    Ok(())
}

/// Why secrets cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HeldError {
    /// The certificate cannot be read.
    #[error("the certificate chain cannot be used, join with a new token: {0}")]
    Chain(#[source] CertificateError),
    /// The roots cannot be read.
    #[error("the bundle of roots cannot be used, ask the operator of the mesh for a whole one: {0}")]
    Bundle(#[source] CertificateError),
    /// The roots do not vouch for the certificate now.
    #[error("the certificate is not good, join with a new token: {0}")]
    Verify(#[from] VerifyError),
    /// No key, or that of another certificate.
    #[error("the private key is not that of the certificate: keep both from the same answer, or join with a new token")]
    Key,
}

#[cfg(test)]
mod tests {
    use meshglot_ca::{Authority, KeyPair, chain_pem};
    use time::Duration;

    use super::*;

    #[test]
    fn what_was_handed_over_may_have_ended_and_be_of_another_root() {
        let now = OffsetDateTime::now_utc();
        let authority = || Authority::new("cluster.local".parse().expect("a trust domain"), now).expect("an authority");
        let (ours, other) = (authority(), authority());
        let id: SpiffeId = "spiffe://cluster.local/ns/shop/sa/web".parse().expect("an identity");
        let key = KeyPair::generate().expect("random numbers");
        let issued = ours.issue(&key.csr(&id).expect("a request"), &id, now).expect("a certificate");
        let (chain, roots) = (issued.chain_pem(), chain_pem(&other.bundle()));
        let held = Held::handed_over(chain.clone(), key.private_key_pem(), roots.clone()).expect("secrets");
        assert_eq!((&held.id, held.lives(now), held.lives(held.not_after + Duration::hours(1))), (&id, true, false));
        assert!(Held::new(chain.clone(), key.private_key_pem(), roots.clone(), now).is_err(), "as others see it");
        let stranger = KeyPair::generate().expect("random numbers").private_key_pem();
        assert_eq!(Held::handed_over(chain.clone(), stranger, roots.clone()), Err(HeldError::Key));
        assert!(matches!(Held::handed_over(String::new(), key.private_key_pem(), roots), Err(HeldError::Chain(_))));
        assert!(matches!(Held::handed_over(chain, key.private_key_pem(), String::new()), Err(HeldError::Bundle(_))));
    }
}
