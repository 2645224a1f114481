//! Who the proxy is, and the configurations of TLS that follow from it.

use std::sync::Arc;

use meshglot_ca::{Certificate, CertificateError};
use meshglot_join::{Clock, Held};
use rustls::client::Resumption;
use rustls::crypto::CryptoProvider;
use rustls::crypto::ring::default_provider;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{NoServerSessionStorage, ServerSessionMemoryCache};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::version::TLS13;
use rustls::{ClientConfig, ServerConfig};

use super::verifier::{ClientVerifier, ServerVerifier, Trust};
use crate::table::{ClientTls, ServerTls};

/// So many sessions may be taken up again, where a resource allows it at all.
const SESSIONS: usize = 1024;

/// What a proxy holds, read once.
pub(crate) struct Identity {
    /// Its own SPIFFE ID.
    pub(crate) id: Arc<str>,
    own: Arc<SingleCertAndKey>,
    trust: Arc<Trust>,
    provider: Arc<CryptoProvider>,
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
        Ok(Self { id: held.id.to_string().into(), own: Arc::new(SingleCertAndKey::from(own)), trust, provider })
    }

    /// For a chain that ends TLS. `agrees`: the client offers one of its protocols; the others are not told that there are any.
    pub(crate) fn server(&self, tls: &Arc<ServerTls>, agrees: bool) -> Result<Arc<ServerConfig>, IdentityError> {
        let verifier = Arc::new(ClientVerifier::new(self.trust.clone(), tls.clone()));
        let builder = ServerConfig::builder_with_provider(self.provider.clone()).with_protocol_versions(&[&TLS13])?;
        let mut config = builder.with_client_cert_verifier(verifier).with_cert_resolver(self.own.clone());
        if agrees {
            config.alpn_protocols.clone_from(&tls.alpn);
        }
        if tls.resumption {
            config.session_storage = ServerSessionMemoryCache::new(SESSIONS);
        } else {
            config.session_storage = Arc::new(NoServerSessionStorage {});
            config.send_tls13_tickets = 0;
        }
        Ok(Arc::new(config))
    }

    /// For a cluster that is spoken to in TLS. Sessions are taken up again where the server offers it, until the next certificate comes.
    pub(crate) fn client(&self, tls: &Arc<ClientTls>) -> Result<Arc<ClientConfig>, IdentityError> {
        let verifier = Arc::new(ServerVerifier::new(self.trust.clone(), tls.clone()));
        let builder = ClientConfig::builder_with_provider(self.provider.clone()).with_protocol_versions(&[&TLS13])?;
        let builder = builder.dangerous().with_custom_certificate_verifier(verifier);
        let mut config = builder.with_client_cert_resolver(self.own.clone());
        config.alpn_protocols.clone_from(&tls.alpn);
        config.resumption = Resumption::in_memory_sessions(SESSIONS);
        Ok(Arc::new(config))
    }
}
