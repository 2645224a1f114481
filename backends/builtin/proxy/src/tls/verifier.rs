//! Whether the other side is who it has to be: by its SPIFFE ID, never by a name of DNS.

use std::fmt;
use std::sync::Arc;

use meshglot_ca::{Certificate, CertificateError, VerifyError, verify};
use meshglot_join::Clock;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{CertificateError as TlsCertificateError, DigitallySignedStruct, DistinguishedName, OtherError, SignatureScheme};

use crate::table::{ClientTls, ServerTls, TextMatch};

/// Roots, and the time by which certificates live.
pub(super) struct Trust {
    bundle: Vec<Certificate>,
    clock: Arc<dyn Clock>,
    provider: Arc<CryptoProvider>,
}

/// Why the other side is not talked to.
#[derive(Debug, thiserror::Error)]
enum PeerError {
    #[error("the other side has shown no readable certificate: {0}")]
    Unreadable(#[from] CertificateError),
    #[error("the other side is not vouched for: {0}")]
    Unproven(#[from] VerifyError),
    #[error("the other side is {0}, which is none of those that are expected here")]
    Other(String),
}

impl Trust {
    pub(super) fn new(bundle: Vec<Certificate>, clock: Arc<dyn Clock>, provider: Arc<CryptoProvider>) -> Self {
        Self { bundle, clock, provider }
    }

    /// `peers`: of which it has to be one; `None`: anybody of the mesh.
    pub(super) fn check(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        peers: Option<&[TextMatch]>,
    ) -> Result<(), rustls::Error> {
        let checked = || -> Result<(), PeerError> {
            let chain = std::iter::once(end_entity).chain(intermediates).map(|der| Certificate::from_der(der.to_vec()));
            let id = verify(&chain.collect::<Result<Vec<_>, _>>()?, &self.bundle, self.clock.now())?.to_string();
            let is_expected = peers.is_none_or(|peers| peers.iter().any(|peer| peer.matches(id.as_bytes())));
            if is_expected { Ok(()) } else { Err(PeerError::Other(id)) }
        };
        checked().map_err(|error| TlsCertificateError::Other(OtherError(Arc::new(error))).into())
    }

    fn signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signed, &self.provider.signature_verification_algorithms)
    }
}

impl fmt::Debug for Trust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Trust").field("roots", &self.bundle.len()).finish_non_exhaustive()
    }
}

/// Versions below 1.3 are not offered, so that nobody comes here.
fn too_old() -> rustls::Error {
    rustls::Error::General("TLS 1.3 alone is spoken here".to_owned())
}

/// Who may come.
#[derive(Debug)]
pub(super) struct ClientVerifier {
    trust: Arc<Trust>,
    tls: Arc<ServerTls>,
}

impl ClientVerifier {
    pub(super) fn new(trust: Arc<Trust>, tls: Arc<ServerTls>) -> Self {
        Self { trust, tls }
    }
}

impl ClientCertVerifier for ClientVerifier {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        self.trust.check(end_entity, intermediates, self.tls.expected()).map(|()| ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Err(too_old())
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.trust.signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.trust.provider.signature_verification_algorithms.supported_schemes()
    }
}

/// Whom is called.
#[derive(Debug)]
pub(super) struct ServerVerifier {
    trust: Arc<Trust>,
    tls: Arc<ClientTls>,
}

impl ServerVerifier {
    pub(super) fn new(trust: Arc<Trust>, tls: Arc<ClientTls>) -> Self {
        Self { trust, tls }
    }
}

impl ServerCertVerifier for ServerVerifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        self.trust.check(end_entity, intermediates, Some(&self.tls.peers)).map(|()| ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Err(too_old())
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.trust.signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.trust.provider.signature_verification_algorithms.supported_schemes()
    }
}
