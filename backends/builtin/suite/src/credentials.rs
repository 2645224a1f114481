//! A certificate with its key, for peers that are no proxies, and TLS as they speak it.

use std::io;
use std::sync::Arc;

use meshglot_ca::{Authority, KeyPair, SpiffeId};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::version::TLS13;
use rustls::{ClientConfig, DigitallySignedStruct, Error, ServerConfig, SignatureScheme};
use time::{Duration, OffsetDateTime};

/// What somebody proves who it is with. Without `Debug`: there is a key in it.
#[derive(Clone)]
pub struct Credentials {
    pub(crate) chain_pem: String,
    pub(crate) key_pem: String,
    pub(crate) bundle_pem: String,
}

impl Credentials {
    /// As an authority signs them at another time than now.
    pub(crate) fn issued(authority: &Authority, id: &SpiffeId, from_now: Duration) -> io::Result<Self> {
        let key = KeyPair::generate().map_err(io::Error::other)?;
        let csr = key.csr(id).map_err(io::Error::other)?;
        let issued = authority.issue(&csr, id, OffsetDateTime::now_utc() + from_now).map_err(io::Error::other)?;
        Ok(Self { chain_pem: issued.chain_pem(), key_pem: key.private_key_pem(), bundle_pem: issued.bundle_pem() })
    }

    /// A server that shows them and asks nobody who it is.
    pub(crate) fn server(&self, alpn: &str) -> io::Result<Arc<ServerConfig>> {
        let (chain, key) = self.read()?;
        let builder = ServerConfig::builder_with_provider(provider()).with_protocol_versions(&[&TLS13]).map_err(io::Error::other)?;
        let mut config = builder.with_no_client_auth().with_single_cert(chain, key).map_err(io::Error::other)?;
        config.alpn_protocols = vec![alpn.as_bytes().to_vec()];
        Ok(Arc::new(config))
    }

    fn read(&self) -> io::Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>)> {
        let chain = CertificateDer::pem_slice_iter(self.chain_pem.as_bytes()).collect::<Result<_, _>>().map_err(io::Error::other)?;
        Ok((chain, PrivateKeyDer::from_pem_slice(self.key_pem.as_bytes()).map_err(io::Error::other)?))
    }
}

/// A client that shows what it has, and talks to everybody.
pub(crate) fn client(own: Option<&Credentials>, alpn: &str) -> io::Result<Arc<ClientConfig>> {
    let builder = ClientConfig::builder_with_provider(provider()).with_protocol_versions(&[&TLS13]).map_err(io::Error::other)?;
    let builder = builder.dangerous().with_custom_certificate_verifier(Arc::new(Anybody(provider())));
    let mut config = match own {
        None => builder.with_no_client_auth(),
        Some(own) => {
            let (chain, key) = own.read()?;
            builder.with_client_auth_cert(chain, key).map_err(io::Error::other)?
        }
    };
    config.alpn_protocols = vec![alpn.as_bytes().to_vec()];
    Ok(Arc::new(config))
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}

/// Whoever answers is welcome.
#[derive(Debug)]
struct Anybody(Arc<CryptoProvider>);

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Err(Error::General("TLS 1.3 alone is spoken here".to_owned()))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
