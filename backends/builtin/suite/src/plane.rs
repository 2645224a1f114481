//! The control plane of a mesh, which can be killed.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use envoy_types::pb::envoy::service::discovery::v3::aggregated_discovery_service_server::AggregatedDiscoveryServiceServer;
use meshglot_xds::{ByIdentity, Discovery, Identities, Proxies, ProxyStatus, World, connections};
use rustls::ServerConfig;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::sync::watch;
use tonic::transport::Server;

use crate::network::{GATEWAY, Network};
use crate::sent::{Sent, Watched};

/// How long a worker thread may take to notice that it is over.
const END: Duration = Duration::from_secs(5);

/// A control plane with a runtime of its own: when this is dropped, its connections break in the middle of whatever they do.
pub(crate) struct Plane {
    runtime: Option<Runtime>,
    proxies: Arc<Proxies>,
    address: SocketAddr,
}

impl Plane {
    /// Listens in the middle of the network; port 0: one that is free.
    pub(crate) fn start(
        network: &Network,
        port: u16,
        worlds: watch::Receiver<Arc<World>>,
        identities: watch::Receiver<Arc<Identities>>,
        configs: watch::Receiver<Arc<ServerConfig>>,
        sent: Arc<Sent>,
    ) -> io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        let listener = network.middle.within(|| std::net::TcpListener::bind(SocketAddr::from((GATEWAY, port))))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let discovery = Discovery::new(worlds, Arc::new(ByIdentity::new(identities)));
        let proxies = discovery.proxies();
        runtime.block_on(async {
            let incoming = connections(TcpListener::from_std(listener)?, configs);
            let watched = AggregatedDiscoveryServiceServer::new(Watched { streams: discovery.streams(), sent });
            tokio::spawn(Server::builder().add_service(watched).serve_with_incoming(incoming));
            io::Result::Ok(())
        })?;
        Ok(Self { runtime: Some(runtime), proxies, address })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn proxies(&self) -> Vec<ProxyStatus> {
        self.proxies.all()
    }
}

impl Drop for Plane {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            // The port is free again when this returns.
            runtime.shutdown_timeout(END);
        }
    }
}
