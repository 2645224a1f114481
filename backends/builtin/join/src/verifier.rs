//! Whether a server is the one that is meant: by its SPIFFE ID, never by a name of DNS.

use std::fmt;
use std::sync::Arc;

use meshglot_ca::{Certificate, CertificateError, SpiffeId, VerifyError, verify};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{DigitallySignedStruct, OtherError, SignatureScheme};

use crate::clock::Clock;

/// Accepts one identity that a bundle vouches for, over TLS 1.3 alone.
pub(crate) struct PeerVerifier {
    bundle: Vec<Certificate>,
    peer: SpiffeId,
    clock: Arc<dyn Clock>,
    provider: CryptoProvider,
}

impl PeerVerifier {
    pub(crate) fn new(bundle: Vec<Certificate>, peer: SpiffeId, clock: Arc<dyn Clock>) -> Self {
        Self { bundle, peer, clock, provider: rustls::crypto::ring::default_provider() }
    }

    fn check(&self, end_entity: &CertificateDer<'_>, intermediates: &[CertificateDer<'_>]) -> Result<(), ServerError> {
        let chain = std::iter::once(end_entity).chain(intermediates).map(|der| Certificate::from_der(der.to_vec()));
        let chain = chain.collect::<Result<Vec<_>, _>>().map_err(ServerError::Unreadable)?;
        let id = verify(&chain, &self.bundle, self.clock.now()).map_err(ServerError::Unproven)?;
        if id == self.peer { Ok(()) } else { Err(ServerError::Other { id: id.into(), wanted: self.peer.clone().into() }) }
    }
}

impl ServerCertVerifier for PeerVerifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let refused = |error| rustls::CertificateError::Other(OtherError(Arc::new(error)));
        self.check(end_entity, intermediates).map_err(refused)?;
        Ok(ServerCertVerified::assertion())
    }

    /// TLS 1.2 cannot be switched off where tonic makes the configuration, so that it ends here: no handshake of it goes without this.
    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Err(rustls::Error::Other(OtherError(Arc::new(ServerError::Old))))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

impl fmt::Debug for PeerVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PeerVerifier").field("peer", &self.peer).finish_non_exhaustive()
    }
}

/// Why a server is not talked to.
#[derive(Debug, thiserror::Error)]
enum ServerError {
    #[error("the server has shown no readable certificate, check the address: {0}")]
    Unreadable(#[source] CertificateError),
    #[error("the server is not vouched for, check the address and the bundle of roots: {0}")]
    Unproven(#[source] VerifyError),
    #[error("the server is {id}, and {wanted} is expected there: check the address")]
    Other { id: Box<SpiffeId>, wanted: Box<SpiffeId> },
    #[error("the server speaks TLS 1.2: let it speak TLS 1.3")]
    Old,
}
