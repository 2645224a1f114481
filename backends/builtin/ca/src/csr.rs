//! What is taken from a certificate signing request: its public key, and that its holder asked.

use std::borrow::Cow;

use rcgen::SubjectPublicKeyInfo;
use x509_parser::certification_request::{X509CertificationRequest, X509CertificationRequestInfo};
use x509_parser::cri_attributes::ParsedCriAttribute;
use x509_parser::extensions::{GeneralName, ParsedExtension};
use x509_parser::oid_registry::{OID_EC_P256, OID_KEY_TYPE_EC_PUBLIC_KEY, OID_NIST_EC_P384, OID_X509_EXT_SUBJECT_ALT_NAME};
use x509_parser::prelude::FromDer as _;
use x509_parser::x509::AlgorithmIdentifier;

use crate::pem;
use crate::spiffe_id::SpiffeId;

/// Far more than a request with one name and an EC key needs.
const MAX_BYTES: usize = 16 * 1024;

/// The public key of a request (DER or PEM) that was signed with its private half and asks for no name but this identity.
///
/// Everything else in it (subject, usages, life, CA flag, other attributes) is ignored, and is never copied.
pub(crate) fn public_key(csr: &[u8], id: &SpiffeId) -> Result<SubjectPublicKeyInfo, CsrError> {
    if csr.len() > MAX_BYTES {
        return Err(CsrError::TooLarge { bytes: csr.len() });
    }
    let der = der(csr)?;
    let Ok(([], request)) = X509CertificationRequest::from_der(&der) else { return Err(CsrError::Unreadable) };
    let info = &request.certification_request_info;
    if !is_supported(&info.subject_pki.algorithm) {
        return Err(CsrError::KeyKind);
    }
    request.verify_signature().map_err(|_| CsrError::Signature)?;
    check_names(info, id)?;
    SubjectPublicKeyInfo::from_der(info.subject_pki.raw).map_err(|_| CsrError::KeyKind)
}

fn der(csr: &[u8]) -> Result<Cow<'_, [u8]>, CsrError> {
    if !csr.trim_ascii_start().starts_with(b"-----BEGIN") {
        return Ok(Cow::Borrowed(csr));
    }
    let [(label, der)] = <[_; 1]>::try_from(pem::decode(csr).ok_or(CsrError::Unreadable)?).map_err(|_| CsrError::Unreadable)?;
    // Some tools still write the label of before RFC 7468.
    if !matches!(label.as_str(), "CERTIFICATE REQUEST" | "NEW CERTIFICATE REQUEST") {
        return Err(CsrError::Unreadable);
    }
    Ok(Cow::Owned(der))
}

fn is_supported(algorithm: &AlgorithmIdentifier<'_>) -> bool {
    let curve = algorithm.parameters.as_ref().and_then(|parameters| parameters.as_oid().ok());
    algorithm.algorithm == OID_KEY_TYPE_EC_PUBLIC_KEY && curve.is_some_and(|curve| curve == OID_EC_P256 || curve == OID_NIST_EC_P384)
}

/// Looks at every list of extensions and every list of names: a request may repeat them.
fn check_names(info: &X509CertificationRequestInfo<'_>, id: &SpiffeId) -> Result<(), CsrError> {
    let id = id.to_string();
    for attribute in info.attributes() {
        let ParsedCriAttribute::ExtensionRequest(requested) = attribute.parsed_attribute() else { continue };
        for extension in requested.extensions.iter().filter(|extension| extension.oid == OID_X509_EXT_SUBJECT_ALT_NAME) {
            let ParsedExtension::SubjectAlternativeName(names) = extension.parsed_extension() else { return Err(CsrError::Unreadable) };
            let own = |name: &GeneralName<'_>| matches!(name, GeneralName::URI(uri) if *uri == id);
            if let Some(foreign) = names.general_names.iter().find(|name| !own(name)) {
                return Err(CsrError::ForeignName { name: shown(foreign), id });
            }
        }
    }
    Ok(())
}

/// The name for a message: quoted by `Debug`, since who asks may write anything.
fn shown(name: &GeneralName<'_>) -> String {
    let (kind, text) = match name {
        GeneralName::URI(text) => ("URI", *text),
        GeneralName::DNSName(text) => ("DNS", *text),
        GeneralName::RFC822Name(text) => ("email", *text),
        GeneralName::IPAddress(bytes) => return format!("IP {bytes:?}"),
        _ => return "name of another kind".to_owned(),
    };
    format!("{kind} {:?}", text.chars().take(256).collect::<String>())
}

/// Why a request is not answered with a certificate.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CsrError {
    /// More than 16 KiB.
    #[error("the request has {bytes} bytes: send one of at most {MAX_BYTES}, with a key and one name")]
    TooLarge {
        /// Bytes that were given.
        bytes: usize,
    },
    /// No PKCS #10, or more after it.
    #[error("the request cannot be read: send one PKCS #10 request in DER or PEM")]
    Unreadable,
    /// RSA, Ed25519 or another curve.
    #[error("the key of the request is of an unsupported kind: use ECDSA P-256 or P-384")]
    KeyKind,
    /// Tampered with, or signed by another key.
    #[error("the request is not signed with its own key: make it again")]
    Signature,
    /// A name that is not the identity.
    #[error("the request asks for the {name}: ask for no name, or for {id} alone")]
    ForeignName {
        /// The first such name.
        name: String,
        /// The identity of who asks.
        id: String,
    },
}
