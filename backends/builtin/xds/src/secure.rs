//! Connections of proxies: TLS 1.3, both sides proven by certificates of the mesh, renewed without a restart.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::version::TLS13;
use rustls::{RootCertStore, ServerConfig};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, mpsc, watch};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_stream::wrappers::ReceiverStream;
use tonic::transport::server::{TcpConnectInfo, TlsConnectInfo};
use x509_parser::extensions::GeneralName;

/// A handshake that takes longer is given up.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// So many handshakes at once; others wait, so that a thousand proxies that come back do not stop each other.
const AT_ONCE: usize = 64;

/// So many connections wait for that. The kernel's own queue is short: who finds it full tries again a second later.
const WAITING: usize = 1024;

/// What the control plane proves who it is with.
#[derive(Debug, thiserror::Error)]
pub enum CredentialsError {
    /// A text is no certificate or key.
    #[error("{what} cannot be read: {why}")]
    Pem {
        /// Which of the texts.
        what: &'static str,
        /// Why.
        why: String,
    },
    /// They do not belong together, or nobody can be trusted by them.
    #[error("certificate, key and roots do not fit: {0}")]
    Unfit(String),
}

/// What a server is with a certificate chain, its key and the roots of those who may come, all PEM. Who has no certificate may
/// come, too, and is known by nothing: to be asked who it is.
///
/// # Errors
/// A text cannot be read, or they do not belong together.
pub fn server_config(chain: &str, key: &str, trust: &str) -> Result<Arc<ServerConfig>, CredentialsError> {
    let certificates = |what, pem: &str| -> Result<Vec<CertificateDer<'static>>, CredentialsError> {
        let all: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem.as_bytes()).collect();
        all.map_err(|error| CredentialsError::Pem { what, why: error.to_string() })
    };
    let unfit = |error: &dyn std::fmt::Display| CredentialsError::Unfit(error.to_string());
    let mut roots = RootCertStore::empty();
    for root in certificates("the bundle of roots", trust)? {
        roots.add(root).map_err(|error| unfit(&error))?;
    }
    // What is wrong with a key is not told with the key.
    let key = PrivateKeyDer::from_pem_slice(key.as_bytes())
        .map_err(|_| CredentialsError::Pem { what: "the key", why: "it is no PEM of a private key".to_owned() })?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider.clone()).allow_unauthenticated().build();
    let verifier = verifier.map_err(|error| unfit(&error))?;
    let builder = ServerConfig::builder_with_provider(provider).with_protocol_versions(&[&TLS13]).map_err(|error| unfit(&error))?;
    let builder = builder.with_client_cert_verifier(verifier);
    let mut config = builder.with_single_cert(certificates("the certificate", chain)?, key).map_err(|error| unfit(&error))?;
    config.alpn_protocols = vec![b"h2".to_vec()];
    // A session that is taken up again would outlive the certificate that began it.
    config.session_storage = Arc::new(rustls::server::NoServerSessionStorage {});
    config.send_tls13_tickets = 0;
    Ok(Arc::new(config))
}

/// The connections that come to a listener, each under the newest of `configs`.
pub fn connections(
    listener: TcpListener,
    configs: watch::Receiver<Arc<ServerConfig>>,
) -> ReceiverStream<Result<TlsStream<TcpStream>, io::Error>> {
    let (sender, receiver) = mpsc::channel(AT_ONCE);
    let (seats, places) = (Arc::new(Semaphore::new(WAITING)), Arc::new(Semaphore::new(AT_ONCE)));
    tokio::spawn(async move {
        // Nobody closes the semaphores.
        while let Ok(seat) = seats.clone().acquire_owned().await {
            let accepted = tokio::select! {
                accepted = listener.accept() => accepted,
                () = sender.closed() => return,
            };
            let Ok((stream, _)) = accepted else {
                // Too many open files, as a rule: others close some.
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            };
            let (configs, places, sender) = (configs.clone(), places.clone(), sender.clone());
            tokio::spawn(async move {
                // Who fails to prove itself is the business of its own log.
                if let Some(stream) = proven(stream, &configs, &places).await {
                    let _ = sender.send(Ok(stream)).await;
                }
                drop(seat);
            });
        }
    });
    ReceiverStream::new(receiver)
}

/// Who has not said anything takes nobody's place.
async fn proven(stream: TcpStream, configs: &watch::Receiver<Arc<ServerConfig>>, places: &Semaphore) -> Option<TlsStream<TcpStream>> {
    stream.set_nodelay(true).ok()?;
    tokio::time::timeout(HANDSHAKE, stream.peek(&mut [0])).await.ok()?.ok()?;
    let _place = places.acquire().await.ok()?;
    let acceptor = TlsAcceptor::from(configs.borrow().clone());
    tokio::time::timeout(HANDSHAKE, acceptor.accept(stream)).await.ok()?.ok()
}

/// The SPIFFE ID that a connection of [`connections`] has proven: the only URI of its certificate. `None`: it has shown no
/// certificate, or one without exactly one.
pub fn spiffe_id(peer: &tonic::Extensions) -> Option<String> {
    let certificates = peer.get::<TlsConnectInfo<TcpConnectInfo>>()?.peer_certs()?;
    let (_, leaf) = x509_parser::parse_x509_certificate(certificates.first()?).ok()?;
    let names = leaf.subject_alternative_name().ok()??;
    let mut uris = names.value.general_names.iter().filter_map(|name| match name {
        GeneralName::URI(uri) => Some((*uri).to_owned()),
        _ => None,
    });
    let id = uris.next()?;
    uris.next().is_none().then_some(id)
}
