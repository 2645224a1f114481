//! Who the proxy is, and the configurations of TLS that follow from it.

use std::sync::Arc;

use meshglot_ca::{Certificate, CertificateError};
use meshglot_join::{Clock, Held};
use rustls::client::Resumption;
use rustls::crypto::CryptoProvider;
use rustls::crypto::ring::{Ticketer, default_provider};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{NoServerSessionStorage, ProducesTickets, ServerSessionMemoryCache};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::version::TLS13;
use rustls::{ClientConfig, ClientConnection, HandshakeKind, ServerConfig, ServerConnection};

use super::verifier::{ClientVerifier, ServerVerifier, Trust};
use crate::table::{ClientTls, ServerTls, Sessions, TextMatch};

/// So many sessions are remembered, of clients and of servers each.
const SESSIONS: usize = 1024;

/// What a proxy holds, read once.
pub(crate) struct Identity {
    /// Its own SPIFFE ID.
    pub(crate) id: Arc<str>,
    own: Arc<SingleCertAndKey>,
    trust: Arc<Trust>,
    provider: Arc<CryptoProvider>,
    /// Sessions of clients: with another certificate, or other roots, all of them have ended.
    kept: Arc<ServerSessionMemoryCache>,
    tickets: Arc<dyn ProducesTickets>,
}

/// Secrets cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum IdentityError {
    /// The certificate or the roots.
    #[error("the certificate or its roots cannot be read: {0}")]
    Certificate(#[from] CertificateError),
    /// The key. What is wrong with it is not told with the key.
    #[error("the private key cannot be used with the certificate")]
    Key,
    /// TLS itself.
    #[error(transparent)]
    Tls(#[from] rustls::Error),
}

impl Identity {
    pub(crate) fn new(held: &Held, clock: Arc<dyn Clock>) -> Result<Self, IdentityError> {
        let provider = Arc::new(default_provider());
        let chain = Certificate::from_pem(&held.chain_pem)?;
        let chain = chain.iter().map(|certificate| CertificateDer::from(certificate.der().to_vec())).collect();
        let key = PrivateKeyDer::from_pem_slice(held.key_pem.as_bytes()).map_err(|_| IdentityError::Key)?;
        let own = CertifiedKey::from_der(chain, key, &provider).map_err(|_| IdentityError::Key)?;
        let bundle = Certificate::from_pem(&held.bundle_pem)?;
        let trust = Arc::new(Trust::new(bundle, clock, provider.clone()));
        let (id, own) = (held.id.to_string().into(), Arc::new(SingleCertAndKey::from(own)));
        Ok(Self { id, own, trust, provider, kept: ServerSessionMemoryCache::new(SESSIONS), tickets: Ticketer::new()? })
    }

    /// For a chain that ends TLS. `agrees`: the client offers one of its protocols; the others are not told that there are any.
    pub(crate) fn server(&self, tls: &Arc<ServerTls>, agrees: bool) -> Result<Arc<ServerConfig>, IdentityError> {
        let verifier = Arc::new(ClientVerifier::new(self.trust.clone(), tls.clone()));
        let builder = ServerConfig::builder_with_provider(self.provider.clone()).with_protocol_versions(&[&TLS13])?;
        let mut config = builder.with_client_cert_verifier(verifier).with_cert_resolver(self.own.clone());
        if agrees {
            config.alpn_protocols.clone_from(&tls.alpn);
        }
        match tls.sessions {
            Sessions::None => {
                config.session_storage = Arc::new(NoServerSessionStorage {});
                config.send_tls13_tickets = 0;
            }
            Sessions::Kept => config.session_storage = self.kept.clone(),
            Sessions::Tickets => config.ticketer = self.tickets.clone(),
        }
        Ok(Arc::new(config))
    }

    /// For a cluster that is spoken to in TLS. Sessions are taken up again where the server offers it.
    pub(crate) fn client(&self, tls: &Arc<ClientTls>) -> Result<Arc<ClientConfig>, IdentityError> {
        let verifier = Arc::new(ServerVerifier::new(self.trust.clone(), tls.clone()));
        let builder = ClientConfig::builder_with_provider(self.provider.clone()).with_protocol_versions(&[&TLS13])?;
        let builder = builder.dangerous().with_custom_certificate_verifier(verifier);
        let mut config = builder.with_client_cert_resolver(self.own.clone());
        config.alpn_protocols.clone_from(&tls.alpn);
        config.resumption = Resumption::in_memory_sessions(SESSIONS);
        Ok(Arc::new(config))
    }

    /// Whether a client may still come. In a session that was taken up again it has proven nothing anew: its certificate may have ended
    /// since, and the session may have begun where others were let in.
    pub(crate) fn lets_in(&self, tls: &ServerTls, connection: &ServerConnection) -> Result<(), rustls::Error> {
        self.look_again(connection.handshake_kind(), connection.peer_certificates(), tls.expected())
    }

    /// Whether a server is still the one to call, as [`lets_in`](Self::lets_in) asks of a client.
    pub(crate) fn trusts(&self, tls: &ClientTls, connection: &ClientConnection) -> Result<(), rustls::Error> {
        self.look_again(connection.handshake_kind(), connection.peer_certificates(), Some(&tls.peers))
    }

    fn look_again(
        &self,
        handshake: Option<HandshakeKind>,
        certificates: Option<&[CertificateDer<'_>]>,
        expected: Option<&[TextMatch]>,
    ) -> Result<(), rustls::Error> {
        match (handshake, certificates) {
            (Some(HandshakeKind::Full | HandshakeKind::FullWithHelloRetryRequest), _) => Ok(()),
            (_, Some([end_entity, intermediates @ ..])) => self.trust.check(end_entity, intermediates, expected),
            (_, None | Some([])) => Err(rustls::Error::NoCertificatesPresented),
        }
    }
}
