//! A connection of the control plane to a proxy, which both have proven.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use meshglot_ca::{Certificate, SpiffeId};
use rustls::ClientConfig;
use rustls::client::Resumption;
use rustls::crypto::ring::default_provider;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::version::TLS13;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::clock::Clock;
use crate::held::Held;
use crate::verifier::PeerVerifier;

/// What both sides have proven over.
pub type Dialled = TlsStream<TcpStream>;

/// Connects to `peer`, who has to be at `address`, over TLS 1.3, as whom `held` names. Sessions are not taken up again: each connection is
/// proven by the certificates of its own time. It waits for as long as the system does.
///
/// # Errors
/// Nobody listens there, or somebody else does; the secrets cannot be used. No error holds anything of the key.
pub async fn dial(address: SocketAddr, held: &Held, peer: &SpiffeId, clock: Arc<dyn Clock>) -> io::Result<Dialled> {
    let config = config(held, peer, clock)?;
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    // In place of a name: it is neither sent nor compared.
    TlsConnector::from(config).connect(ServerName::IpAddress(address.ip().into()), stream).await
}

fn config(held: &Held, peer: &SpiffeId, clock: Arc<dyn Clock>) -> io::Result<Arc<ClientConfig>> {
    let bundle = Certificate::from_pem(&held.bundle_pem).map_err(io::Error::other)?;
    let chain = Certificate::from_pem(&held.chain_pem).map_err(io::Error::other)?;
    let chain = chain.iter().map(|certificate| CertificateDer::from(certificate.der().to_vec())).collect();
    // What is wrong with a key is not told with the key.
    let key = PrivateKeyDer::from_pem_slice(held.key_pem.as_bytes()).map_err(|_| io::Error::other("the private key cannot be read"))?;
    let verifier = Arc::new(PeerVerifier::new(bundle, peer.clone(), clock));
    let builder = ClientConfig::builder_with_provider(Arc::new(default_provider())).with_protocol_versions(&[&TLS13]);
    let builder = builder.map_err(io::Error::other)?.dangerous().with_custom_certificate_verifier(verifier);
    let mut config = builder.with_client_auth_cert(chain, key).map_err(io::Error::other)?;
    config.resumption = Resumption::disabled();
    Ok(Arc::new(config))
}
