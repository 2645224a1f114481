//! Certificates as they are carried and kept, and what is read from them.

use std::fmt;

use time::OffsetDateTime;
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::FromDer as _;

use crate::pem;
use crate::spiffe_id::{SpiffeId, SpiffeIdError};

/// The label of a certificate in PEM.
const LABEL: &str = "CERTIFICATE";

/// An X.509 certificate that was read once, and that nobody vouches for: [`crate::verify`] does.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Certificate {
    der: Vec<u8>,
}

impl Certificate {
    /// Reads one certificate.
    ///
    /// # Errors
    /// Where the bytes are no certificate, or more than one.
    pub fn from_der(der: Vec<u8>) -> Result<Self, CertificateError> {
        match X509Certificate::from_der(&der) {
            Ok(([], _)) => Ok(Self { der }),
            _ => Err(CertificateError::Der),
        }
    }

    /// Reads one or more certificates in the order given, which for a chain is the leaf first.
    ///
    /// # Errors
    /// Where there is none, where one cannot be read, and where something else stands between them.
    pub fn from_pem(text: &str) -> Result<Vec<Self>, CertificateError> {
        let blocks = pem::decode(text.as_bytes()).ok_or(CertificateError::Pem)?;
        if blocks.is_empty() {
            return Err(CertificateError::Pem);
        }
        let read = |(label, der): (String, _)| if label == LABEL { Self::from_der(der) } else { Err(CertificateError::Label { label }) };
        blocks.into_iter().map(read).collect()
    }

    /// The bytes.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// As one PEM block.
    pub fn pem(&self) -> String {
        pem::encode(LABEL, &self.der)
    }

    /// The workload identity, where it is the one name of the certificate.
    ///
    /// # Errors
    /// Where there is no name, another one, or more than one.
    pub fn spiffe_id(&self) -> Result<SpiffeId, CertificateError> {
        let certificate = self.parsed();
        Ok(sole_uri(&certificate).ok_or(CertificateError::Names)?.parse()?)
    }

    /// The first second of its life.
    pub fn not_before(&self) -> OffsetDateTime {
        self.parsed().validity().not_before.to_datetime()
    }

    /// The last second of its life.
    pub fn not_after(&self) -> OffsetDateTime {
        self.parsed().validity().not_after.to_datetime()
    }

    /// The serial number in lower-case hexadecimal digits, two for each byte.
    pub fn serial(&self) -> String {
        serial(&self.parsed())
    }

    pub(crate) fn parsed(&self) -> X509Certificate<'_> {
        X509Certificate::from_der(&self.der).expect("it was parsed when it was made").1
    }
}

/// Shows which certificate it is, and not its bytes.
impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Certificate({}, {})", self.parsed().subject(), self.serial())
    }
}

/// Certificates as PEM blocks one after another.
pub fn chain_pem(certificates: &[Certificate]) -> String {
    certificates.iter().map(Certificate::pem).collect()
}

/// See [`Certificate::serial`].
pub(crate) fn serial(certificate: &X509Certificate<'_>) -> String {
    certificate.raw_serial().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The subject alternative name, where it is exactly one and a URI.
pub(crate) fn sole_uri<'c>(certificate: &'c X509Certificate<'_>) -> Option<&'c str> {
    let names = certificate.subject_alternative_name().ok()??;
    match names.value.general_names.as_slice() {
        [GeneralName::URI(uri)] => Some(uri),
        _ => None,
    }
}

/// Why there is no certificate, or no identity in it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CertificateError {
    /// Not DER, or something after it.
    #[error("the certificate cannot be read: give one X.509 certificate in DER")]
    Der,
    /// No block, or a broken one.
    #[error("no certificate can be read: give one or more whole `CERTIFICATE` blocks in PEM")]
    Pem,
    /// A key, a request, or anything else.
    #[error("there is a `{label}` block among the certificates: take it out")]
    Label {
        /// The label of the block.
        label: String,
    },
    /// None, several, or another kind.
    #[error("the certificate does not have exactly one URI as its name: use one that this mesh issued to a workload")]
    Names,
    /// One name, and no identity.
    #[error(transparent)]
    SpiffeId(#[from] SpiffeIdError),
}
