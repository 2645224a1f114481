//! Who the other side has proven to be.

use std::fmt::Write as _;
use std::sync::Arc;

use http::HeaderValue;
use meshglot_ca::Certificate;
use rustls::pki_types::CertificateDer;
use sha2::{Digest as _, Sha256};

/// The other side of a connection in TLS.
#[derive(Clone, Debug)]
pub(crate) struct Peer {
    /// Its SPIFFE ID.
    pub(crate) id: Arc<str>,
    /// What a server is told of it in `x-forwarded-client-cert`.
    pub(crate) told: HeaderValue,
}

impl Peer {
    /// Reads what was verified in the handshake. `own`: whom it was proven to.
    pub(crate) fn of(certificates: Option<&[CertificateDer<'_>]>, own: &str) -> Option<Self> {
        let der = certificates?.first()?;
        let id = Certificate::from_der(der.to_vec()).ok()?.spiffe_id().ok()?.to_string();
        let mut told = format!("By={own};Hash=");
        for byte in Sha256::digest(der) {
            // A string takes everything.
            let _ = write!(told, "{byte:02x}");
        }
        let _ = write!(told, ";URI={id}");
        Some(Self { id: id.into(), told: HeaderValue::try_from(told).ok()? })
    }
}
