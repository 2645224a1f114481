//! A whole proxy that runs, and resources that lead it to a server.

use std::io::Write as _;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use envoy_types::pb::envoy::config::cluster::v3 as cluster;
use envoy_types::pb::envoy::config::core::v3 as core;
use envoy_types::pb::envoy::config::endpoint::v3 as endpoint;
use envoy_types::pb::envoy::config::listener::v3 as listener;
use envoy_types::pb::envoy::extensions::filters::network::tcp_proxy::v3::{TcpProxy, tcp_proxy::ClusterSpecifier};
use envoy_types::pb::envoy::service::discovery::v3::{DeltaDiscoveryResponse, Resource};
use envoy_types::pb::envoy::r#type::v3::Percent;
use envoy_types::pb::google::protobuf::{Any, Duration as PbDuration, UInt32Value};
use meshglot_proxy::ads::Kind::{Cluster, Listener};
use meshglot_proxy::{LogShare, MetricNames, RunError, Settings};
use prost::{Message, Name};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::plane::{Peer, Plane, control_plane, response, within};

/// A proxy that leads to a server, which says `hi` to everybody.
pub(crate) struct Proxy {
    pub(crate) plane: Plane,
    peer: Peer,
    stop: watch::Sender<bool>,
    task: JoinHandle<Result<(), RunError>>,
    _held: watch::Sender<Option<Arc<meshglot_join::Held>>>,
    _folder: tempfile::TempDir,
}

impl Proxy {
    pub(crate) async fn start() -> Self {
        Self::of(Plane::start()).await
    }

    pub(crate) async fn of(mut plane: Plane) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let (held, receiver) = watch::channel(Some(plane.held()));
        let log = std::fs::File::create(folder.path().join("log")).expect("a file");
        let settings = Settings {
            id: "shop/web/web-1".to_owned(),
            control_plane: plane.address,
            control_plane_id: control_plane(),
            held: receiver,
            clock: plane.clock.clone(),
            folder: folder.path().to_owned(),
            log: Some(log),
            log_share: LogShare::ALL,
            metrics: None,
            looked: None,
            metric_names: MetricNames::default(),
            workers: 2,
            drain: Duration::from_secs(1),
        };
        let (stop, stops) = watch::channel(false);
        let task = tokio::spawn(meshglot_proxy::run(settings, stops));
        let mut peer = plane.stream().await;
        peer.hears_the_first().await;
        peer.sends(DeltaDiscoveryResponse {
            resources: vec![resource("server", &server()), resource("closed", &cluster("closed", Vec::new()))],
            ..response(Cluster, "c")
        });
        peer.hears_yes(Cluster, "c").await;
        Self { plane, peer, stop, task, _held: held, _folder: folder }
    }

    /// Listeners as they are now; `Err`: why they are refused.
    pub(crate) async fn put(&mut self, listeners: &[listener::Listener], gone: &[&str]) -> Result<(), String> {
        let resources = listeners.iter().map(|listener| resource(&listener.name, listener)).collect();
        let removed_resources = gone.iter().map(|name| (*name).to_owned()).collect();
        self.peer.sends(DeltaDiscoveryResponse { resources, removed_resources, ..response(Listener, "l") });
        self.peer.hears(Listener).await.error_detail.map_or(Ok(()), |refused| Err(refused.message))
    }

    pub(crate) async fn end(self) {
        self.stop.send_replace(true);
        within(self.task).await.expect("no panic").expect("it ends well");
        drop(self.plane);
    }
}

fn resource<M: Message + Name>(name: &str, message: &M) -> Resource {
    let any = typed(message);
    Resource { name: name.to_owned(), version: "1".to_owned(), resource: Some(any), ..Resource::default() }
}

/// In an `Any`, as extensions stand in resources.
pub(crate) fn typed<M: Message + Name>(message: &M) -> Any {
    Any { type_url: format!("type.googleapis.com/{}", M::full_name()), value: message.encode_to_vec() }
}

fn address(address: SocketAddr) -> core::Address {
    let port_specifier = Some(core::socket_address::PortSpecifier::PortValue(address.port().into()));
    let socket = core::SocketAddress { address: address.ip().to_string(), port_specifier, ..core::SocketAddress::default() };
    core::Address { address: Some(core::address::Address::SocketAddress(socket)) }
}

/// Says `hi`, and what it is told, until the test ends.
fn server() -> cluster::Cluster {
    let server = TcpListener::bind("127.0.0.1:0").expect("a port");
    let at = server.local_addr().expect("an address");
    std::thread::spawn(move || {
        for stream in server.incoming() {
            let mut stream = stream.expect("a connection");
            std::thread::spawn(move || {
                let _ = stream.write_all(b"hi");
                let _ = std::io::copy(&mut stream.try_clone().expect("a socket"), &mut stream);
            });
        }
    });
    let endpoint = endpoint::Endpoint { address: Some(address(at)), ..endpoint::Endpoint::default() };
    let endpoint = endpoint::LbEndpoint {
        host_identifier: Some(endpoint::lb_endpoint::HostIdentifier::Endpoint(endpoint)),
        ..endpoint::LbEndpoint::default()
    };
    cluster("server", vec![endpoint])
}

/// A cluster of these endpoints.
fn cluster(name: &str, lb_endpoints: Vec<endpoint::LbEndpoint>) -> cluster::Cluster {
    let many = Some(UInt32Value { value: 100 });
    let endpoints = endpoint::LocalityLbEndpoints { lb_endpoints, ..endpoint::LocalityLbEndpoints::default() };
    cluster::Cluster {
        name: name.to_owned(),
        cluster_discovery_type: Some(cluster::cluster::ClusterDiscoveryType::Type(cluster::cluster::DiscoveryType::Static as i32)),
        common_lb_config: Some(cluster::cluster::CommonLbConfig {
            healthy_panic_threshold: Some(Percent { value: 0.0 }),
            ..cluster::cluster::CommonLbConfig::default()
        }),
        connect_timeout: Some(PbDuration { seconds: 5, nanos: 0 }),
        circuit_breakers: Some(cluster::CircuitBreakers {
            thresholds: vec![cluster::circuit_breakers::Thresholds {
                max_connections: many,
                max_pending_requests: many,
                max_requests: many,
                max_retries: many,
                ..cluster::circuit_breakers::Thresholds::default()
            }],
            ..cluster::CircuitBreakers::default()
        }),
        load_assignment: Some(endpoint::ClusterLoadAssignment {
            cluster_name: name.to_owned(),
            endpoints: vec![endpoints],
            ..endpoint::ClusterLoadAssignment::default()
        }),
        ..cluster::Cluster::default()
    }
}

/// A listener of some chains.
pub(crate) fn listener(name: &str, addresses: &[SocketAddr], chains: Vec<listener::FilterChain>) -> listener::Listener {
    let more = addresses[1..]
        .iter()
        .map(|at| listener::AdditionalAddress { address: Some(address(*at)), ..listener::AdditionalAddress::default() });
    listener::Listener {
        name: name.to_owned(),
        address: Some(address(addresses[0])),
        additional_addresses: more.collect(),
        traffic_direction: core::TrafficDirection::Outbound as i32,
        filter_chains: chains,
        ..listener::Listener::default()
    }
}

/// A chain that passes bytes on to the server.
pub(crate) fn bytes(name: &str) -> listener::FilterChain {
    bytes_to(name, "server")
}

/// A chain that passes bytes on to a cluster.
pub(crate) fn bytes_to(name: &str, cluster: &str) -> listener::FilterChain {
    let proxy = TcpProxy {
        stat_prefix: "bytes".to_owned(),
        idle_timeout: Some(PbDuration { seconds: 3600, nanos: 0 }),
        cluster_specifier: Some(ClusterSpecifier::Cluster(cluster.to_owned())),
        ..TcpProxy::default()
    };
    let filter = listener::Filter {
        name: "envoy.filters.network.tcp_proxy".to_owned(),
        config_type: Some(listener::filter::ConfigType::TypedConfig(typed(&proxy))),
    };
    listener::FilterChain { name: name.to_owned(), filters: vec![filter], ..listener::FilterChain::default() }
}

/// Ports that are free.
pub(crate) fn free<const N: usize>() -> [SocketAddr; N] {
    let held = [(); N].map(|()| TcpListener::bind("127.0.0.1:0").expect("a port"));
    held.map(|held| held.local_addr().expect("an address"))
}
