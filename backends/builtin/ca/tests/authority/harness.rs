//! A fixed clock, one workload, and authorities of others.

use meshglot_ca::{Authority, Certificate, Issued, KeyPair, SpiffeId, TrustDomain};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, KeyUsagePurpose,
    SanType,
};
use time::{Duration, OffsetDateTime};

/// The authority of somebody else.
pub(crate) type Other = CertifiedIssuer<'static, rcgen::KeyPair>;

pub(crate) fn now() -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(1_800_000_000).expect("in range")
}

pub(crate) fn domain() -> TrustDomain {
    "cluster.local".parse().expect("a trust domain")
}

pub(crate) fn web() -> SpiffeId {
    "spiffe://cluster.local/ns/shop/sa/web".parse().expect("an identity")
}

pub(crate) fn authority() -> Authority {
    Authority::new(domain(), now()).expect("an authority")
}

pub(crate) fn csr() -> Vec<u8> {
    KeyPair::generate().and_then(|key| key.csr(&web())).expect("a request")
}

/// A certificate for the one workload.
pub(crate) fn issue(authority: &Authority, now: OffsetDateTime) -> Issued {
    authority.issue(&csr(), &web(), now).expect("a certificate")
}

pub(crate) fn p256() -> rcgen::KeyPair {
    rcgen::KeyPair::generate().expect("random numbers")
}

pub(crate) fn uri(text: &str) -> SanType {
    SanType::URI(text.try_into().expect("ascii"))
}

/// A CA certificate that lives around the fixed clock.
pub(crate) fn ca_params(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::OrganizationName, "Example");
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    params.use_authority_key_identifier_extension = true;
    (params.not_before, params.not_after) = (now() - Duration::days(1), now() + Duration::days(30));
    params
}

/// What the authority issues, for tests that change one thing of it.
pub(crate) fn leaf_params() -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.subject_alt_names = vec![uri("spiffe://cluster.local/ns/shop/sa/web")];
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
    params.is_ca = IsCa::ExplicitNoCa;
    params.use_authority_key_identifier_extension = true;
    (params.not_before, params.not_after) = (now() - Duration::minutes(1), now() + Duration::hours(1));
    params
}

pub(crate) fn root() -> Other {
    Other::self_signed(ca_params("root"), p256()).expect("a root")
}

pub(crate) fn below(issuer: &Other, params: CertificateParams) -> Other {
    Other::signed_by(params, p256(), issuer).expect("an intermediate")
}

/// As the crate reads it.
pub(crate) fn read(other: &Other) -> Certificate {
    Certificate::from_der(other.der().to_vec()).expect("a certificate")
}

/// A leaf of another authority.
pub(crate) fn sign(issuer: &Other, params: &CertificateParams) -> Certificate {
    let leaf = params.signed_by(&p256(), issuer).expect("a leaf");
    Certificate::from_der(leaf.der().to_vec()).expect("a certificate")
}

/// Where the signed part and the signature are; what names the algorithm between them is not signed, and may be written in several ways.
pub(crate) fn signed_bytes(der: &[u8], signed: &[u8], signature: &[u8]) -> impl Iterator<Item = usize> {
    let start = der.windows(signed.len()).position(|bytes| bytes == signed).expect("a part of it");
    (start..start + signed.len()).chain(der.len() - signature.len()..der.len())
}
