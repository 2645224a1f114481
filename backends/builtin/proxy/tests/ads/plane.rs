//! A control plane that hands every stream to the test, and can go away and come back.

use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use envoy_types::pb::envoy::service::discovery::v3::aggregated_discovery_service_server::{
    AggregatedDiscoveryService, AggregatedDiscoveryServiceServer,
};
use envoy_types::pb::envoy::service::discovery::v3::{
    DeltaDiscoveryRequest, DeltaDiscoveryResponse, DiscoveryRequest, DiscoveryResponse, Resource,
};
use envoy_types::pb::google::protobuf::Any;
use meshglot_ca::{Authority, Certificate, KeyPair, SpiffeId, chain_pem};
use meshglot_join::{Clock, Held};
use meshglot_proxy::ads::Kind;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, UnixTime};
use rustls::server::WebPkiClientVerifier;
use rustls::time_provider::TimeProvider;
use rustls::{RootCertStore, ServerConfig};
use time::OffsetDateTime;
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio::sync::mpsc;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_stream::wrappers::{ReceiverStream, UnboundedReceiverStream};
use tokio_stream::{Stream, StreamExt as _};
use tonic::transport::Server;
use tonic::transport::server::{TcpConnectInfo, TlsConnectInfo};
use tonic::{Request, Response, Status, Streaming};

/// No answer takes so long.
const PATIENCE: Duration = Duration::from_secs(60);

/// That nothing more comes is believed after so long.
const SILENCE: Duration = Duration::from_millis(100);

/// Stands still until it is set.
#[derive(Debug)]
pub(crate) struct TestClock(Mutex<OffsetDateTime>);

impl TestClock {
    pub(crate) fn advance(&self, by: time::Duration) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) += by;
    }
}

impl Clock for TestClock {
    fn now(&self) -> OffsetDateTime {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl TimeProvider for TestClock {
    fn current_time(&self) -> Option<UnixTime> {
        Some(UnixTime::since_unix_epoch(Duration::from_secs(self.now().unix_timestamp().try_into().ok()?)))
    }
}

pub(crate) fn id(path: &str) -> SpiffeId {
    format!("spiffe://cluster.local/{path}").parse().expect("an identity")
}

pub(crate) fn control_plane() -> SpiffeId {
    id("ns/meshglot-system/sa/control-plane")
}

pub(crate) struct Plane {
    pub(crate) address: SocketAddr,
    pub(crate) clock: Arc<TestClock>,
    authority: Authority,
    streams: mpsc::UnboundedReceiver<Peer>,
    sender: mpsc::UnboundedSender<Peer>,
    /// Its connections go with it.
    runtime: Option<Runtime>,
}

/// A stream, from the side of the control plane.
pub(crate) struct Peer {
    requests: Streaming<DeltaDiscoveryRequest>,
    responses: mpsc::UnboundedSender<Result<DeltaDiscoveryResponse, Status>>,
    /// The number of the certificate that the proxy has shown.
    pub(crate) serial: String,
}

impl Plane {
    pub(crate) fn start() -> Self {
        let clock = Arc::new(TestClock(Mutex::new(OffsetDateTime::from_unix_timestamp(1_800_000_000).expect("in range"))));
        let authority = Authority::new("cluster.local".parse().expect("a trust domain"), clock.now()).expect("an authority");
        let (sender, streams) = mpsc::unbounded_channel();
        let address = SocketAddr::from(([127, 0, 0, 1], 0));
        let mut plane = Self { address, clock, authority, streams, sender, runtime: None };
        plane.come();
        plane
    }

    /// Listens, at the address of before if there was one.
    pub(crate) fn come(&mut self) {
        let listener = bind(self.address);
        listener.set_nonblocking(true).expect("a socket");
        self.address = listener.local_addr().expect("an address");
        let runtime = Runtime::new().expect("threads");
        let (sender, receiver) = mpsc::channel(8);
        runtime.spawn(accept(listener, self.server_config(), sender));
        let service = AggregatedDiscoveryServiceServer::new(Service(self.sender.clone()));
        runtime.spawn(Server::builder().add_service(service).serve_with_incoming(ReceiverStream::new(receiver)));
        self.runtime = Some(runtime);
    }

    /// As a crash does.
    pub(crate) fn go(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }

    /// The next stream that is opened.
    pub(crate) async fn stream(&mut self) -> Peer {
        within(self.streams.recv()).await.expect("it runs")
    }

    pub(crate) async fn expect_no_stream(&mut self) {
        let none = tokio::time::timeout(SILENCE, self.streams.recv()).await;
        assert!(none.is_err(), "there is a stream");
    }

    /// Secrets of a workload, as they are issued now.
    pub(crate) fn held(&self) -> Arc<Held> {
        let (chain, key) = self.issue(&id("ns/shop/sa/web"));
        Arc::new(Held::new(chain, key, chain_pem(&self.authority.bundle()), self.clock.now()).expect("secrets"))
    }

    pub(crate) fn issue(&self, id: &SpiffeId) -> (String, String) {
        let key = KeyPair::generate().expect("random numbers");
        let issued = self.authority.issue(&key.csr(id).expect("a request"), id, self.clock.now()).expect("a certificate");
        (issued.chain_pem(), key.private_key_pem())
    }

    fn server_config(&self) -> Arc<ServerConfig> {
        let mut roots = RootCertStore::empty();
        for root in self.authority.bundle() {
            roots.add(root.der().to_vec().into()).expect("a root");
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider.clone()).build().expect("a verifier");
        let (chain, key) = self.issue(&control_plane());
        let chain = CertificateDer::pem_slice_iter(chain.as_bytes()).collect::<Result<_, _>>().expect("a chain");
        let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).expect("a key");
        let builder = ServerConfig::builder_with_details(provider, self.clock.clone());
        let builder = builder.with_protocol_versions(&[&rustls::version::TLS13]).expect("versions").with_client_cert_verifier(verifier);
        let mut config = builder.with_single_cert(chain, key).expect("a pair");
        config.alpn_protocols = vec![b"h2".to_vec()];
        Arc::new(config)
    }
}

impl Drop for Plane {
    /// A runtime may not be dropped where tasks run.
    fn drop(&mut self) {
        self.go();
    }
}

impl Peer {
    /// The next request, which has to be about that.
    pub(crate) async fn hears(&mut self, kind: Kind) -> DeltaDiscoveryRequest {
        let request = within(self.requests.next()).await.expect("a request").expect("a stream");
        assert_eq!(request.type_url, kind.type_url(), "{request:?}");
        request
    }

    /// The first requests of a proxy that has nothing.
    pub(crate) async fn hears_the_first(&mut self) {
        self.hears(Kind::Cluster).await;
        self.hears(Kind::Listener).await;
    }

    /// It takes the response of that nonce.
    pub(crate) async fn hears_yes(&mut self, kind: Kind, nonce: &str) {
        let request = self.hears(kind).await;
        assert_eq!((request.response_nonce.as_str(), request.error_detail), (nonce, None));
    }

    /// It refuses the response of that nonce, in these words.
    pub(crate) async fn hears_no(&mut self, kind: Kind, nonce: &str) -> String {
        let request = self.hears(kind).await;
        assert_eq!(request.response_nonce, nonce);
        request.error_detail.expect("a refusal").message
    }

    pub(crate) async fn expect_silence(&mut self) {
        let none = tokio::time::timeout(SILENCE, self.requests.next()).await;
        assert!(none.is_err(), "{none:?}");
    }

    /// `NAME=WORDS` each, of the version `1`, or of V where it is `NAME@V=WORDS`; and names that are gone.
    pub(crate) fn says(&self, kind: Kind, nonce: &str, resources: &[&str], removed: &[&str]) {
        self.sends(DeltaDiscoveryResponse {
            resources: resources.iter().map(|text| resource(kind, text)).collect(),
            removed_resources: removed.iter().map(|name| (*name).to_owned()).collect(),
            ..response(kind, nonce)
        });
    }

    pub(crate) fn sends(&self, response: DeltaDiscoveryResponse) {
        self.responses.send(Ok(response)).expect("a stream");
    }

    pub(crate) fn fails(self, status: Status) {
        self.responses.send(Err(status)).expect("a stream");
    }
}

pub(crate) fn response(kind: Kind, nonce: &str) -> DeltaDiscoveryResponse {
    DeltaDiscoveryResponse { type_url: kind.type_url().to_owned(), nonce: nonce.to_owned(), ..DeltaDiscoveryResponse::default() }
}

pub(crate) fn resource(kind: Kind, text: &str) -> Resource {
    let (name, words) = text.split_once('=').expect("a name and words");
    let (name, version) = name.split_once('@').unwrap_or((name, "1"));
    let any = Any { type_url: kind.type_url().to_owned(), value: words.as_bytes().to_vec() };
    Resource { name: name.to_owned(), version: version.to_owned(), resource: Some(any), ..Resource::default() }
}

/// `NAME@VERSION` of what it says that it has, in order.
pub(crate) fn versions(request: &DeltaDiscoveryRequest) -> Vec<String> {
    let mut versions: Vec<_> = request.initial_resource_versions.iter().map(|(name, version)| format!("{name}@{version}")).collect();
    versions.sort();
    versions
}

pub(crate) async fn within<T>(work: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, work).await.expect("in time")
}

struct Service(mpsc::UnboundedSender<Peer>);

type Answers<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

#[tonic::async_trait]
impl AggregatedDiscoveryService for Service {
    type StreamAggregatedResourcesStream = Answers<DiscoveryResponse>;
    type DeltaAggregatedResourcesStream = Answers<DeltaDiscoveryResponse>;

    async fn stream_aggregated_resources(
        &self,
        _: Request<Streaming<DiscoveryRequest>>,
    ) -> Result<Response<Self::StreamAggregatedResourcesStream>, Status> {
        Err(Status::unimplemented("ask for changes"))
    }

    async fn delta_aggregated_resources(
        &self,
        request: Request<Streaming<DeltaDiscoveryRequest>>,
    ) -> Result<Response<Self::DeltaAggregatedResourcesStream>, Status> {
        let shown = request.extensions().get::<TlsConnectInfo<TcpConnectInfo>>().and_then(TlsConnectInfo::peer_certs).expect("TLS");
        let serial = Certificate::from_der(shown[0].to_vec()).expect("a certificate").serial();
        let (responses, receiver) = mpsc::unbounded_channel();
        // A test that has ended looks at no more streams.
        let _ = self.0.send(Peer { requests: request.into_inner(), responses, serial });
        Ok(Response::new(Box::pin(UnboundedReceiverStream::new(receiver))))
    }
}

/// What went away lets go of its port in its own time.
fn bind(address: SocketAddr) -> std::net::TcpListener {
    let end = Instant::now() + PATIENCE;
    loop {
        match std::net::TcpListener::bind(address) {
            Ok(listener) => return listener,
            Err(error) => assert!(Instant::now() < end, "a port: {error}"),
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

async fn accept(listener: std::net::TcpListener, config: Arc<ServerConfig>, sender: mpsc::Sender<std::io::Result<TlsStream<TcpStream>>>) {
    let listener = TcpListener::from_std(listener).expect("a listener");
    let acceptor = TlsAcceptor::from(config);
    while let Ok((stream, _)) = listener.accept().await {
        let (acceptor, sender) = (acceptor.clone(), sender.clone());
        tokio::spawn(async move {
            if let Ok(stream) = acceptor.accept(stream).await {
                let _ = sender.send(Ok(stream)).await;
            }
        });
    }
}
