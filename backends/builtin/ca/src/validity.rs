//! Whether a certificate lives at a given time.

use time::OffsetDateTime;
use x509_parser::certificate::X509Certificate;

use crate::certificate::serial;

/// Why a certificate is not good at the time asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ValidityError {
    /// It ended.
    #[error("the certificate {serial} ended at {not_after}, and it is {now}: get a new one, or set the clock right")]
    Expired {
        /// Serial number in hexadecimal digits.
        serial: String,
        /// Last second of its life.
        not_after: OffsetDateTime,
        /// The clock that was given.
        now: OffsetDateTime,
    },
    /// It has not begun.
    #[error("the certificate {serial} begins at {not_before}, and it is {now}: wait until then, or set the clock right")]
    NotYetValid {
        /// Serial number in hexadecimal digits.
        serial: String,
        /// First second of its life.
        not_before: OffsetDateTime,
        /// The clock that was given.
        now: OffsetDateTime,
    },
}

/// Both ends of a life belong to it; parts of a second are dropped, since certificates have none.
pub(crate) fn check(certificate: &X509Certificate<'_>, now: OffsetDateTime) -> Result<(), ValidityError> {
    let (not_before, not_after) = (certificate.validity().not_before.to_datetime(), certificate.validity().not_after.to_datetime());
    if now < not_before {
        return Err(ValidityError::NotYetValid { serial: serial(certificate), not_before, now });
    }
    if now.unix_timestamp() > not_after.unix_timestamp() {
        return Err(ValidityError::Expired { serial: serial(certificate), not_after, now });
    }
    Ok(())
}
