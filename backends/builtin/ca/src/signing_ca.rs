//! One key that signs, with its certificates up to the roots.

use std::fmt;

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyUsagePurpose, PublicKeyData,
    SanType, SerialNumber,
};
use sha2::{Digest as _, Sha256};
use time::{Duration, OffsetDateTime};

use crate::ca_error::CaError;
use crate::ca_rules;
use crate::certificate::Certificate;
use crate::intermediate::Intermediate;
use crate::key_pair::KeyPair;
use crate::lifetime::Lifetime;
use crate::path::{self, PathError};
use crate::spiffe_id::SpiffeId;
use crate::trust_domain::TrustDomain;
use crate::validity::{self, ValidityError};

/// Certificates begin earlier than they are made, for clocks that are behind.
const BACKDATED: Duration = Duration::seconds(60);

/// How long an own root lives.
const ROOT_LIFE: Duration = Duration::days(3650);

/// A key that was found to belong to the first certificate of a chain that leads to a root.
pub(crate) struct SigningCa {
    key: KeyPair,
    /// The one that signs first, then up to the root.
    path: Vec<Certificate>,
    roots: Vec<Certificate>,
}

impl SigningCa {
    /// A new self-signed root. It signs leafs itself, so its path length is 0; it has no name constraints, since not
    /// every TLS library reads those on URIs: its own name binds it to the trust domain instead.
    pub(crate) fn own_root(trust_domain: &TrustDomain, now: OffsetDateTime) -> Result<Self, CaError> {
        let key = KeyPair::generate()?;
        let serial = random_serial()?;
        let mut params = params(now - BACKDATED, now + ROOT_LIFE, serial.clone(), trust_domain.uri())?;
        params.distinguished_name.push(DnType::OrganizationName, "meshglot");
        // Roots of one mesh have different names: verifiers look for the root by name.
        let mark: String = serial.to_bytes().iter().take(4).map(|byte| format!("{byte:02x}")).collect();
        params.distinguished_name.push(DnType::CommonName, format!("meshglot root {mark}"));
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let root = params.self_signed(key.signer()).map_err(|_| CaError::Sign)?;
        let root = Certificate::from_der(root.der().to_vec())?;
        Self::new(vec![root.clone()], vec![root], key, trust_domain, now)
    }

    /// What somebody gave, which must be good now.
    pub(crate) fn given(given: Intermediate<'_>, trust_domain: &TrustDomain, now: OffsetDateTime) -> Result<Self, CaError> {
        let key = KeyPair::from_private_key_pem(given.key)?;
        let (chain, roots) = (Certificate::from_pem(given.chain)?, Certificate::from_pem(given.roots)?);
        let ca = Self::new(chain, roots, key, trust_domain, now)?;
        ca.check_validity(now)?;
        Ok(ca)
    }

    /// Checks everything but the time: who reads an old one from its folder must be able to replace it.
    pub(crate) fn new(
        chain: Vec<Certificate>,
        roots: Vec<Certificate>,
        key: KeyPair,
        trust_domain: &TrustDomain,
        now: OffsetDateTime,
    ) -> Result<Self, CaError> {
        let path = path::build(&chain, &roots, now)?;
        ca_rules::check(&path, trust_domain)?;
        let signer = path.first().ok_or(PathError::Empty)?;
        if *signer.public_key().subject_public_key.data != *key.public_key() {
            return Err(CaError::KeyMismatch);
        }
        let path = path.iter().map(|certificate| Certificate::from_der(certificate.as_raw().to_vec())).collect::<Result<_, _>>()?;
        let ca = Self { key, path, roots };
        ca.check_issuer_name(now)?;
        Ok(ca)
    }

    /// A certificate for the key of a workload. Its life ends with the first of those above it; whoever asks has checked that they live.
    pub(crate) fn issue(
        &self,
        key: &impl PublicKeyData,
        id: &SpiffeId,
        lifetime: Lifetime,
        now: OffsetDateTime,
    ) -> Result<Certificate, CaError> {
        let begin = self.path.iter().map(Certificate::not_before).fold(now - BACKDATED, Ord::max);
        let end = self.ends().min(now + lifetime.duration());
        let mut params = params(begin, end, random_serial()?, id.to_string())?;
        // Says that it is no CA, and makes the library write the subject key identifier.
        params.is_ca = IsCa::ExplicitNoCa;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
        params.use_authority_key_identifier_extension = true;
        self.sign(&params, key)
    }

    /// Every certificate up to the root must live.
    pub(crate) fn check_validity(&self, now: OffsetDateTime) -> Result<(), ValidityError> {
        self.path.iter().try_for_each(|certificate| validity::check(&certificate.parsed(), now))
    }

    /// The last second at which it may sign.
    pub(crate) fn ends(&self) -> OffsetDateTime {
        self.path.iter().map(Certificate::not_after).fold(self.signer().not_after(), Ord::min)
    }

    /// The certificate whose key signs.
    pub(crate) fn signer(&self) -> &Certificate {
        // `new` refuses an empty path.
        self.path.first().expect("a path has a first certificate")
    }

    /// What holders send after their leaf: everything up to the root, and not the root.
    pub(crate) fn intermediates(&self) -> &[Certificate] {
        self.path.split_last().map_or(&[], |(_, below)| below)
    }

    /// The certificates from the signer up, with which it can be made again.
    pub(crate) fn path(&self) -> &[Certificate] {
        &self.path
    }

    pub(crate) fn roots(&self) -> &[Certificate] {
        &self.roots
    }

    pub(crate) fn key(&self) -> &KeyPair {
        &self.key
    }

    /// A name for its files: 32 hexadecimal digits of the hash of its certificate.
    pub(crate) fn fingerprint(&self) -> String {
        Sha256::digest(self.signer().der()).iter().take(16).map(|byte| format!("{byte:02x}")).collect()
    }

    fn sign(&self, params: &CertificateParams, key: &impl PublicKeyData) -> Result<Certificate, CaError> {
        let issuer = Issuer::from_ca_cert_der(&self.signer().der().into(), self.key.signer()).map_err(|_| CaError::IssuerName)?;
        let certificate = params.signed_by(key, &issuer).map_err(|_| CaError::Sign)?;
        Ok(Certificate::from_der(certificate.der().to_vec())?)
    }

    /// The signing library writes the name of the issuer anew, and loses parts that stand twice in it: chains would not link.
    fn check_issuer_name(&self, now: OffsetDateTime) -> Result<(), CaError> {
        let trial = self.sign(&params(now, now, random_serial()?, String::new())?, self.key.signer())?;
        if path::is_signed_by(&trial.parsed(), &self.signer().parsed()) { Ok(()) } else { Err(CaError::IssuerName) }
    }
}

impl fmt::Debug for SigningCa {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningCa").field("path", &self.path).finish_non_exhaustive()
    }
}

/// With an empty subject, and one URI as the name, which is critical then.
fn params(begin: OffsetDateTime, end: OffsetDateTime, serial: SerialNumber, uri: String) -> Result<CertificateParams, CaError> {
    let mut params = CertificateParams::default();
    params.not_before = begin;
    params.not_after = end;
    params.serial_number = Some(serial);
    params.distinguished_name = DistinguishedName::new();
    params.subject_alt_names = vec![SanType::URI(uri.try_into().map_err(|_| CaError::Sign)?)];
    Ok(params)
}

/// 128 bits that nobody guesses.
fn random_serial() -> Result<SerialNumber, CaError> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|_| CaError::Random)?;
    Ok(SerialNumber::from_slice(&bytes))
}
