//! A control plane over real sockets, and clients that say what a test wants them to say.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use envoy_types::pb::envoy::config::core::v3::Node as WireNode;
use envoy_types::pb::envoy::service::discovery::v3 as wire;
use envoy_types::pb::envoy::service::discovery::v3::aggregated_discovery_service_client::AggregatedDiscoveryServiceClient;
use envoy_types::pb::google::rpc::Status as WireStatus;
use meshglot_xds::{Admission, Discovery, Kind, Node, Proxies, ProxyStatus, Refusal, World};
use tokio::sync::{mpsc, watch};
use tokio_stream::wrappers::{ReceiverStream, TcpListenerStream};
use tonic::Streaming;
use tonic::transport::{Channel, Server};

use super::model;

/// Lets in whoever is of the namespace `shop`.
struct Shop;

impl Admission for Shop {
    fn admit(&self, _: &tonic::Extensions, node: &Node) -> Result<Option<String>, Refusal> {
        if node.workload.starts_with("shop/") { Ok(None) } else { Err(Refusal(format!("{} is of another namespace", node.workload))) }
    }
}

pub(crate) struct Plane {
    pub(crate) worlds: watch::Sender<Arc<World>>,
    pub(crate) proxies: Arc<Proxies>,
    address: SocketAddr,
}

impl Plane {
    /// Serves what is rendered of a text. Nobody ever waits for the guards of an edit in vain.
    pub(crate) async fn start(text: &str) -> Self {
        Self::with_patience(text, Duration::from_secs(600)).await
    }

    pub(crate) async fn with_patience(text: &str, patience: Duration) -> Self {
        let (worlds, receiver) = watch::channel(model::world(text, &World::default()));
        let discovery = Discovery::new(receiver, Arc::new(Shop)).patience(patience);
        let proxies = discovery.proxies();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let server = Server::builder().add_service(discovery.service());
        tokio::spawn(server.serve_with_incoming(TcpListenerStream::new(listener)));
        Self { worlds, proxies, address }
    }

    pub(crate) async fn client(&self) -> AggregatedDiscoveryServiceClient<Channel> {
        AggregatedDiscoveryServiceClient::connect(format!("http://{}", self.address)).await.expect("it listens")
    }

    pub(crate) fn edit(&self, text: &str) {
        let before = self.worlds.borrow().clone();
        self.worlds.send_replace(model::world(text, &before));
    }

    /// A stream of incremental discovery that begins with these requests.
    pub(crate) async fn stream(&self, requests: Vec<wire::DeltaDiscoveryRequest>) -> Client {
        Client::open(&mut self.client().await, requests).await
    }

    /// Until it is so of so many proxies.
    pub(crate) async fn until(&self, count: usize, is_so: impl Fn(&ProxyStatus) -> bool) {
        let wait = async {
            while self.proxies.count(&is_so) != count {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(60), wait).await.expect("in time");
    }

    /// Until all that are connected have what is rendered last.
    pub(crate) async fn settled(&self, count: usize) {
        let revision = self.worlds.borrow().revision();
        self.until(count, |status| status.revision == revision && status.is_synced()).await;
    }
}

pub(crate) struct Client {
    pub(crate) sender: mpsc::Sender<wire::DeltaDiscoveryRequest>,
    pub(crate) stream: Streaming<wire::DeltaDiscoveryResponse>,
}

impl Client {
    pub(crate) async fn open(client: &mut AggregatedDiscoveryServiceClient<Channel>, requests: Vec<wire::DeltaDiscoveryRequest>) -> Self {
        let (sender, receiver) = mpsc::channel(8);
        for request in requests {
            sender.send(request).await.expect("room");
        }
        let stream = client.delta_aggregated_resources(ReceiverStream::new(receiver)).await.expect("a stream").into_inner();
        Self { sender, stream }
    }

    pub(crate) async fn next(&mut self) -> wire::DeltaDiscoveryResponse {
        next(&mut self.stream).await
    }

    /// The next message, which it takes.
    pub(crate) async fn takes(&mut self) -> wire::DeltaDiscoveryResponse {
        let message = self.next().await;
        self.say(take(&message)).await;
        message
    }

    pub(crate) async fn say(&self, request: wire::DeltaDiscoveryRequest) {
        self.sender.send(request).await.expect("a stream");
    }
}

/// Asks for a kind; the first request of a stream names who asks.
pub(crate) fn ask(kind: Kind, id: &str) -> wire::DeltaDiscoveryRequest {
    let node = (!id.is_empty()).then(|| WireNode { id: id.to_owned(), ..WireNode::default() });
    wire::DeltaDiscoveryRequest { node, type_url: kind.type_url().to_owned(), ..wire::DeltaDiscoveryRequest::default() }
}

pub(crate) fn ask_for(kind: Kind, id: &str, names: &[&str]) -> wire::DeltaDiscoveryRequest {
    wire::DeltaDiscoveryRequest { resource_names_subscribe: names.iter().map(|name| (*name).to_owned()).collect(), ..ask(kind, id) }
}

pub(crate) fn take(response: &wire::DeltaDiscoveryResponse) -> wire::DeltaDiscoveryRequest {
    wire::DeltaDiscoveryRequest {
        type_url: response.type_url.clone(),
        response_nonce: response.nonce.clone(),
        ..wire::DeltaDiscoveryRequest::default()
    }
}

pub(crate) fn refuse(response: &wire::DeltaDiscoveryResponse) -> wire::DeltaDiscoveryRequest {
    let refused = WireStatus { message: "not like that".to_owned(), ..WireStatus::default() };
    wire::DeltaDiscoveryRequest { error_detail: Some(refused), ..take(response) }
}

pub(crate) async fn next<T>(stream: &mut Streaming<T>) -> T {
    let wait = tokio::time::timeout(Duration::from_secs(20), stream.message());
    wait.await.expect("in time").expect("no error").expect("no end")
}

/// What a message brings, by name.
pub(crate) fn names(response: &wire::DeltaDiscoveryResponse) -> Vec<&str> {
    response.resources.iter().map(|resource| resource.name.as_str()).collect()
}
