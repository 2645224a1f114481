//! Over real streams of gRPC, in both ways of speaking.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use envoy_types::pb::envoy::config::core::v3::Node as WireNode;
use envoy_types::pb::envoy::service::discovery::v3 as wire;
use envoy_types::pb::envoy::service::discovery::v3::aggregated_discovery_service_client::AggregatedDiscoveryServiceClient;
use envoy_types::pb::google::rpc::Status as WireStatus;
use meshglot_xds::{Admission, Discovery, Kind, Node, Proxies, Refusal, World};
use tokio::sync::{mpsc, watch};
use tokio_stream::wrappers::{ReceiverStream, TcpListenerStream};
use tonic::Streaming;
use tonic::transport::{Channel, Server};

use super::model::{self, shop};

/// Lets in whoever is of the namespace `shop`.
struct Shop;

impl Admission for Shop {
    fn admit(&self, _: &tonic::Extensions, node: &Node) -> Result<Option<String>, Refusal> {
        if node.workload.starts_with("shop/") { Ok(None) } else { Err(Refusal(format!("{} is of another namespace", node.workload))) }
    }
}

struct Plane {
    worlds: watch::Sender<Arc<World>>,
    proxies: Arc<Proxies>,
    address: SocketAddr,
}

impl Plane {
    async fn start() -> Self {
        let (worlds, receiver) = watch::channel(model::world(&shop(), &World::default()));
        let discovery = Discovery::new(receiver, Arc::new(Shop));
        let proxies = discovery.proxies();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let server = Server::builder().add_service(discovery.service());
        tokio::spawn(server.serve_with_incoming(TcpListenerStream::new(listener)));
        Self { worlds, proxies, address }
    }

    async fn client(&self) -> AggregatedDiscoveryServiceClient<Channel> {
        AggregatedDiscoveryServiceClient::connect(format!("http://{}", self.address)).await.expect("it listens")
    }

    async fn incremental(&self) -> (mpsc::Sender<wire::DeltaDiscoveryRequest>, Streaming<wire::DeltaDiscoveryResponse>) {
        let (sender, receiver) = mpsc::channel(8);
        sender.send(ask(Kind::Cluster, "shop/caller/1")).await.expect("a stream");
        let stream = self.client().await.delta_aggregated_resources(ReceiverStream::new(receiver)).await.expect("a stream");
        (sender, stream.into_inner())
    }

    fn edit(&self, text: &str) {
        let before = self.worlds.borrow().clone();
        self.worlds.send_replace(model::world(text, &before));
    }
}

fn ask(kind: Kind, id: &str) -> wire::DeltaDiscoveryRequest {
    let node = (!id.is_empty()).then(|| WireNode { id: id.to_owned(), ..WireNode::default() });
    wire::DeltaDiscoveryRequest { node, type_url: kind.type_url().to_owned(), ..wire::DeltaDiscoveryRequest::default() }
}

fn take(response: &wire::DeltaDiscoveryResponse) -> wire::DeltaDiscoveryRequest {
    wire::DeltaDiscoveryRequest {
        type_url: response.type_url.clone(),
        response_nonce: response.nonce.clone(),
        ..wire::DeltaDiscoveryRequest::default()
    }
}

async fn next<T>(stream: &mut Streaming<T>) -> T {
    let wait = tokio::time::timeout(Duration::from_secs(20), stream.message());
    wait.await.expect("in time").expect("no error").expect("no end")
}

#[tokio::test]
async fn incremental_clients_are_sent_what_changed() {
    let plane = Plane::start().await;
    let (sender, mut stream) = plane.incremental().await;
    let clusters = next(&mut stream).await;
    assert_eq!((clusters.type_url.as_str(), clusters.resources.len()), (Kind::Cluster.type_url(), 5));
    sender.send(take(&clusters)).await.expect("a stream");
    let names: Vec<String> = ["shop/web/80", "shop/web-2/80", "shop/caller/80"].map(str::to_owned).into();
    sender.send(wire::DeltaDiscoveryRequest { resource_names_subscribe: names, ..ask(Kind::Assignment, "") }).await.expect("a stream");
    let addresses = next(&mut stream).await;
    assert_eq!(addresses.resources.len(), 3);
    sender.send(take(&addresses)).await.expect("a stream");

    plane.edit(&shop().replace("10.1.0.3", "10.1.0.33"));
    let changed = next(&mut stream).await;
    assert_eq!(changed.resources.iter().map(|resource| resource.name.as_str()).collect::<Vec<_>>(), ["shop/web-2/80"]);
    let refused = WireStatus { message: "not like that".to_owned(), ..WireStatus::default() };
    sender.send(wire::DeltaDiscoveryRequest { error_detail: Some(refused), ..take(&changed) }).await.expect("a stream");
    let status = loop {
        let all = plane.proxies.all();
        if let Some(one) = all.first().filter(|one| one.last_nack.is_some()) {
            break one.clone();
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    };
    assert_eq!(status.node, Node { workload: "shop/caller".to_owned(), instance: "1".to_owned() });
    assert_eq!(status.last_nack.expect("a refusal").why, "not like that");
    assert!(status.kinds[&Kind::Cluster].synced && !status.kinds[&Kind::Assignment].synced);
    assert_eq!(status.kinds[&Kind::Assignment].refused.keys().collect::<Vec<_>>(), ["shop/web-2/80"]);

    drop((sender, stream));
    while !plane.proxies.all().is_empty() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn clients_that_are_sent_everything_get_everything_again() {
    let plane = Plane::start().await;
    let (sender, receiver) = mpsc::channel(8);
    let node = WireNode { id: "shop/caller/1".to_owned(), ..WireNode::default() };
    let request = |kind: Kind, names: &[&str]| wire::DiscoveryRequest {
        type_url: kind.type_url().to_owned(),
        resource_names: names.iter().map(|name| (*name).to_owned()).collect(),
        ..wire::DiscoveryRequest::default()
    };
    let first = wire::DiscoveryRequest { node: Some(node), ..request(Kind::Route, &["shop/web/80", "shop/web-2/80"]) };
    sender.send(first).await.expect("a stream");
    let mut stream = plane.client().await.stream_aggregated_resources(ReceiverStream::new(receiver)).await.expect("a stream").into_inner();
    let routes = next(&mut stream).await;
    assert_eq!(routes.resources.len(), 2);
    let answer = |names: &[&str], response: &wire::DiscoveryResponse| wire::DiscoveryRequest {
        version_info: response.version_info.clone(),
        response_nonce: response.nonce.clone(),
        ..request(Kind::Route, names)
    };
    sender.send(answer(&["shop/web/80", "shop/web-2/80"], &routes)).await.expect("a stream");
    plane.edit(&shop().replace("weight: 90", "weight: 5"));
    let again = next(&mut stream).await;
    assert_eq!(again.resources.len(), 2, "both, though one changed");
    assert_ne!(again.version_info, routes.version_info);
    // It took them, and then wants one more.
    sender.send(answer(&["shop/web/80", "shop/web-2/80"], &again)).await.expect("a stream");
    sender.send(answer(&["shop/web/80", "shop/web-2/80", "shop/caller/80"], &again)).await.expect("a stream");
    assert_eq!(next(&mut stream).await.resources.len(), 3);
}

#[tokio::test]
async fn who_may_not_read_is_told_why() {
    let plane = Plane::start().await;
    for (id, words) in [
        ("other/web/1", "other/web is of another namespace"),
        ("web-1", "NAMESPACE/WORKLOAD/INSTANCE"),
        ("", "NAMESPACE/WORKLOAD/INSTANCE"),
    ] {
        let (sender, receiver) = mpsc::channel(8);
        sender.send(ask(Kind::Cluster, id)).await.expect("a stream");
        let stream = plane.client().await.delta_aggregated_resources(ReceiverStream::new(receiver)).await.expect("a stream");
        let error = stream.into_inner().message().await.expect_err("a refusal");
        assert!(error.message().contains(words), "{id}: {error}");
    }
    assert!(plane.proxies.all().is_empty());
}

#[tokio::test]
async fn many_proxies_follow_many_edits_to_the_last() {
    let plane = Plane::start().await;
    let mut proxies = Vec::new();
    for n in 0..50 {
        let (sender, receiver) = mpsc::channel(8);
        let names = vec!["shop/web/80".to_owned()];
        let request = wire::DeltaDiscoveryRequest { resource_names_subscribe: names, ..ask(Kind::Route, &format!("shop/caller/{n}")) };
        sender.send(request).await.expect("a stream");
        let stream = plane.client().await.delta_aggregated_resources(ReceiverStream::new(receiver)).await.expect("a stream");
        proxies.push((sender, stream.into_inner()));
    }
    for weight in 1..=30 {
        plane.edit(&shop().replace("weight: 90", &format!("weight: {weight}")));
    }
    let last = plane.worlds.borrow().view("shop/caller").get(Kind::Route, "shop/web/80").expect("a route").version.to_string();
    for (sender, mut stream) in proxies {
        loop {
            let response = next(&mut stream).await;
            sender.send(take(&response)).await.expect("a stream");
            if response.resources[0].version == last {
                break;
            }
        }
    }
}
