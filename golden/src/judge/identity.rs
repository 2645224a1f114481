//! A certificate of a workload and the authority that signed it, made anew for each run: Envoy
//! reads no reference to secrets in validate mode, so the judge puts these in their place.

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, Error, IsCa, KeyPair, SanType};

/// PEM texts.
#[derive(Debug)]
pub(super) struct Identity {
    pub(super) certificate: String,
    pub(super) key: String,
    pub(super) authority: String,
}

impl Identity {
    /// Makes both key pairs.
    pub(super) fn new() -> Result<Self, Error> {
        let mut authority = CertificateParams::default();
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate()?)?;
        let key = KeyPair::generate()?;
        let mut workload = CertificateParams::default();
        workload.subject_alt_names = vec![SanType::URI("spiffe://cluster.local/ns/shop/sa/judge".try_into()?)];
        let certificate = workload.signed_by(&key, &authority)?;
        Ok(Self { certificate: certificate.pem(), key: key.serialize_pem(), authority: authority.pem() })
    }
}
