//! A control plane with TLS of its own making, which can go away and come back.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use meshglot_ca::{Authority, JoinTokens, SpiffeId, chain_pem};
use meshglot_join::{Clock, ConnectError, Held, JoinService, Joiner, Own, Reviewer, connect};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig, SupportedProtocolVersion};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio::sync::{mpsc, watch};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_stream::wrappers::ReceiverStream;
use tonic::transport::Server;

use crate::harness::{TestClock, control_plane, issue};

pub(crate) struct Plane {
    pub(crate) address: SocketAddr,
    pub(crate) clock: Arc<TestClock>,
    authority: watch::Sender<Arc<Authority>>,
    tokens: Arc<Mutex<JoinTokens>>,
    face: Face,
    reviewer: Option<Arc<dyn Reviewer>>,
    /// Its connections go with it.
    runtime: Option<Runtime>,
}

/// What a server shows.
#[derive(Clone)]
pub(crate) struct Face {
    pub(crate) id: SpiffeId,
    pub(crate) version: &'static SupportedProtocolVersion,
}

impl Plane {
    pub(crate) fn start() -> Self {
        Self::with(Face { id: control_plane(), version: &rustls::version::TLS13 })
    }

    pub(crate) fn reviewed_by(reviewer: Arc<dyn Reviewer>) -> Self {
        Self::made(Face { id: control_plane(), version: &rustls::version::TLS13 }, Some(reviewer))
    }

    pub(crate) fn with(face: Face) -> Self {
        Self::made(face, None)
    }

    fn made(face: Face, reviewer: Option<Arc<dyn Reviewer>>) -> Self {
        let clock = TestClock::new();
        let authority = Authority::new("cluster.local".parse().expect("a trust domain"), clock.now()).expect("an authority");
        let authority = watch::Sender::new(Arc::new(authority));
        let address = SocketAddr::from(([127, 0, 0, 1], 0));
        let mut plane = Self { address, clock, authority, tokens: Arc::default(), face, reviewer, runtime: None };
        plane.come();
        plane
    }

    /// Listens, at the address of before if there was one.
    pub(crate) fn come(&mut self) {
        let listener = bind(self.address);
        listener.set_nonblocking(true).expect("a socket");
        self.address = listener.local_addr().expect("an address");
        let runtime = Runtime::new().expect("threads");
        let service = JoinService::new(self.authority.subscribe(), self.tokens.clone(), self.clock.clone()).expect("random numbers");
        // As a control plane does that knows policy.
        let service = service.admitting(Arc::new(|id| !id.to_string().ends_with("/sa/gone")));
        let service = match &self.reviewer {
            Some(reviewer) => service.reviewed_by(reviewer.clone()),
            None => service,
        };
        let (sender, receiver) = mpsc::channel(8);
        runtime.spawn(accept(listener, self.authority.subscribe(), self.clock.clone(), self.face.clone(), sender));
        runtime.spawn(Server::builder().add_service(service).serve_with_incoming(ReceiverStream::new(receiver)));
        self.runtime = Some(runtime);
    }

    pub(crate) fn go(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }

    pub(crate) fn authority(&self) -> Arc<Authority> {
        self.authority.borrow().clone()
    }

    pub(crate) fn change(&self, change: impl FnOnce(&mut Authority)) {
        let mut authority = Authority::clone(&self.authority());
        change(&mut authority);
        self.authority.send_replace(Arc::new(authority));
    }

    pub(crate) fn bundle(&self) -> String {
        chain_pem(&self.authority().bundle())
    }

    pub(crate) fn token(&self, id: &SpiffeId) -> String {
        self.tokens.lock().unwrap_or_else(PoisonError::into_inner).issue(id, self.clock.now()).expect("a token")
    }

    /// Secrets that were issued without the service.
    pub(crate) fn held(&self, id: &SpiffeId) -> Held {
        let (chain, key) = issue(&self.authority(), id, self.clock.now());
        Held::new(chain, key, self.bundle(), self.clock.now()).expect("secrets")
    }

    pub(crate) async fn connect(&self, own: Option<&Held>) -> Result<Joiner, ConnectError> {
        self.connect_by(&self.bundle(), own).await
    }

    pub(crate) async fn connect_by(&self, bundle: &str, own: Option<&Held>) -> Result<Joiner, ConnectError> {
        connect(self.address, bundle, &control_plane(), own.map(Own::from), self.clock.clone()).await.map(Joiner::new)
    }

    pub(crate) async fn joiner(&self, own: Option<&Held>) -> Joiner {
        self.connect(own).await.expect("a connection")
    }
}

impl Drop for Plane {
    /// A runtime may not be dropped where tasks run.
    fn drop(&mut self) {
        self.go();
    }
}

/// What went away lets go of its port in its own time.
fn bind(address: SocketAddr) -> std::net::TcpListener {
    let end = Instant::now() + Duration::from_secs(60);
    loop {
        match std::net::TcpListener::bind(address) {
            Ok(listener) => return listener,
            Err(error) => assert!(Instant::now() < end, "a port: {error}"),
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Every connection sees the authority as it is.
async fn accept(
    listener: std::net::TcpListener,
    authority: watch::Receiver<Arc<Authority>>,
    clock: Arc<TestClock>,
    face: Face,
    sender: mpsc::Sender<Result<TlsStream<TcpStream>, std::io::Error>>,
) {
    let listener = TcpListener::from_std(listener).expect("a listener");
    while let Ok((stream, _)) = listener.accept().await {
        let authority = authority.borrow().clone();
        let acceptor = TlsAcceptor::from(server_config(&authority, &clock, &face));
        let sender = sender.clone();
        tokio::spawn(async move {
            if let Ok(stream) = acceptor.accept(stream).await {
                let _ = sender.send(Ok(stream)).await;
            }
        });
    }
}

fn server_config(authority: &Authority, clock: &Arc<TestClock>, face: &Face) -> Arc<ServerConfig> {
    let mut roots = RootCertStore::empty();
    for root in authority.bundle() {
        roots.add(root.der().to_vec().into()).expect("a root");
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider.clone()).allow_unauthenticated();
    let (chain, key) = issue(authority, &face.id, clock.now());
    let chain = CertificateDer::pem_slice_iter(chain.as_bytes()).collect::<Result<_, _>>().expect("a chain");
    let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).expect("a key");
    let builder = ServerConfig::builder_with_details(provider, clock.clone()).with_protocol_versions(&[face.version]).expect("versions");
    let builder = builder.with_client_cert_verifier(verifier.build().expect("a verifier"));
    let mut config = builder.with_single_cert(chain, key).expect("a pair");
    config.alpn_protocols = vec![b"h2".to_vec()];
    Arc::new(config)
}
