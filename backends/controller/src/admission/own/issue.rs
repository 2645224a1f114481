//! Makes authorities and leaves, and takes one step of their lives.

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
};
use time::OffsetDateTime;

use super::held::{Certificate, Held};
use super::need::{AUTHORITY, LEAF, Need, SKEW};

/// What is held after a need is met; `None`: nothing is needed. `held` is what was there, if that could be read.
///
/// # Errors
/// In words: a certificate cannot be made.
pub(super) fn meet(need: Need, held: Option<&Held>, host: &str, now: OffsetDateTime) -> Result<Option<Held>, String> {
    let made = match (need, held) {
        (Need::Nothing, _) => return Ok(None),
        (Need::All, _) | (_, None) => all(host, now),
        (Need::Leaf, Some(held)) => renewed(held, host, now),
        (Need::Authority, Some(held)) => authority(now).map(|(first, authority_key)| {
            let authorities = [vec![first], held.authorities.clone()].concat();
            Held { authorities, authority_key, signer: held.signer + 1, ..held.clone() }
        }),
        (Need::Forget, Some(held)) => {
            let signer = held.authorities[held.signer].clone();
            Ok(Held { authorities: vec![signer], signer: 0, ..held.clone() })
        }
    };
    made.map(Some).map_err(|error| format!("a certificate cannot be made: {error}"))
}

fn all(host: &str, now: OffsetDateTime) -> Result<Held, rcgen::Error> {
    let (first, authority_key) = authority(now)?;
    let (leaf, leaf_key) = leaf(host, &first, &authority_key, now)?;
    Ok(Held { authorities: vec![first], authority_key, leaf, leaf_key, signer: 0 })
}

fn renewed(held: &Held, host: &str, now: OffsetDateTime) -> Result<Held, rcgen::Error> {
    let (leaf, leaf_key) = leaf(host, &held.authorities[0], &held.authority_key, now)?;
    Ok(Held { leaf, leaf_key, signer: 0, ..held.clone() })
}

/// A new one, and its key.
fn authority(now: OffsetDateTime) -> Result<(Certificate, String), rcgen::Error> {
    let key = KeyPair::generate()?;
    let mut params = CertificateParams::default();
    params.distinguished_name = named("meshglot webhook authority");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign, KeyUsagePurpose::DigitalSignature];
    (params.not_before, params.not_after) = (now - SKEW, now + AUTHORITY);
    let made = params.self_signed(&key)?;
    Ok((read(&made.pem())?, key.serialize_pem()))
}

/// A new one for a host, and its key; it ends with its authority at the latest.
fn leaf(host: &str, by: &Certificate, key: &str, now: OffsetDateTime) -> Result<(Certificate, String), rcgen::Error> {
    let issuer = Issuer::from_ca_cert_pem(&by.pem, KeyPair::from_pem(key)?)?;
    let own = KeyPair::generate()?;
    let mut params = CertificateParams::new([host.to_owned(), format!("{host}.cluster.local")])?;
    // A name may have 64 characters at most, and a host may have more.
    params.distinguished_name = named("meshglot webhook");
    params.use_authority_key_identifier_extension = true;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    (params.not_before, params.not_after) = (now - SKEW, (now + LEAF).min(by.until));
    let made = params.signed_by(&own, &issuer)?;
    Ok((read(&made.pem())?, own.serialize_pem()))
}

fn named(name: &str) -> DistinguishedName {
    let mut all = DistinguishedName::new();
    all.push(DnType::CommonName, name);
    all
}

fn read(pem: &str) -> Result<Certificate, rcgen::Error> {
    Certificate::read(pem).map_err(|_| rcgen::Error::CouldNotParseCertificate)
}
