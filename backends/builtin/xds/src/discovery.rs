//! The service that proxies connect to, and who may.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use envoy_types::pb::envoy::service::discovery::v3 as wire;
use envoy_types::pb::envoy::service::discovery::v3::aggregated_discovery_service_server::{
    AggregatedDiscoveryService, AggregatedDiscoveryServiceServer,
};
use tokio::sync::{mpsc, watch};
use tokio_stream::wrappers::ReceiverStream;
use tokio_stream::{Stream, StreamExt};
use tonic::{Request, Response, Status, Streaming};

use crate::node::Node;
use crate::proxies::Proxies;
use crate::stages::{self, PATIENCE, Stage};
use crate::stream::Proxy;
use crate::wire::{Dialect, Incremental, Whole};
use crate::world::World;

/// Messages that a proxy has not read yet; it is sent no more until it does. They become bytes as it reads them.
const UNREAD: usize = 4;

/// Decides which workload a proxy reads, by what its connection proves.
pub trait Admission: Send + Sync + 'static {
    /// The SPIFFE ID of the connection, if it has to have one, for a proxy that calls itself `node`.
    ///
    /// # Errors
    /// It may not read what that workload reads.
    fn admit(&self, peer: &tonic::Extensions, node: &Node) -> Result<Option<String>, Refusal>;
}

/// Why a proxy is sent away, for its log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal(pub String);

/// Aggregated discovery for all proxies of a mesh.
pub struct Discovery {
    worlds: watch::Receiver<Arc<World>>,
    admission: Arc<dyn Admission>,
    proxies: Arc<Proxies>,
    patience: Duration,
}

impl Discovery {
    /// Serves whatever `worlds` holds last.
    pub fn new(worlds: watch::Receiver<Arc<World>>, admission: Arc<dyn Admission>) -> Self {
        Self { worlds, admission, proxies: Arc::default(), patience: PATIENCE }
    }

    /// Where an edit changes who may call a workload and something else besides, its proxies hear of it first, and all
    /// others once these have answered; no later than after so long. By default a second.
    #[must_use]
    pub fn patience(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// Who is connected.
    pub fn proxies(&self) -> Arc<Proxies> {
        self.proxies.clone()
    }

    /// The service, to be put into a server. It has to be called within a runtime.
    pub fn service(self) -> AggregatedDiscoveryServiceServer<Streams> {
        AggregatedDiscoveryServiceServer::new(self.streams())
    }

    /// The same for who looks at what goes through. It has to be called within a runtime.
    pub fn streams(self) -> Streams {
        let Self { worlds, admission, proxies, patience } = self;
        let (sender, stages) = watch::channel(Stage::of(worlds.borrow().clone()));
        tokio::spawn(stages::run(worlds, sender, proxies.clone(), patience));
        Streams { stages, admission, proxies, count: AtomicU64::new(0) }
    }
}

/// The streams of a [`Discovery`].
pub struct Streams {
    stages: watch::Receiver<Stage>,
    admission: Arc<dyn Admission>,
    proxies: Arc<Proxies>,
    /// So many were opened.
    count: AtomicU64,
}

type Answers<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

impl Streams {
    fn open<D: Dialect + Default>(&self, request: Request<Streaming<D::Request>>) -> Answers<D::Response> {
        let (sender, receiver) = mpsc::channel(UNREAD);
        let (_, peer, requests) = request.into_parts();
        let proxy = Proxy::<D> {
            dialect: D::default(),
            stages: self.stages.clone(),
            admission: self.admission.clone(),
            proxies: self.proxies.clone(),
            stream: self.count.fetch_add(1, Ordering::Relaxed),
            peer,
            requests,
            sender,
        };
        tokio::spawn(proxy.serve());
        Box::pin(ReceiverStream::new(receiver).map(|push| push.map(|push| D::message(&push))))
    }
}

#[tonic::async_trait]
impl AggregatedDiscoveryService for Streams {
    type StreamAggregatedResourcesStream = Answers<wire::DiscoveryResponse>;
    type DeltaAggregatedResourcesStream = Answers<wire::DeltaDiscoveryResponse>;

    async fn stream_aggregated_resources(
        &self,
        request: Request<Streaming<wire::DiscoveryRequest>>,
    ) -> Result<Response<Self::StreamAggregatedResourcesStream>, Status> {
        Ok(Response::new(self.open::<Whole>(request)))
    }

    async fn delta_aggregated_resources(
        &self,
        request: Request<Streaming<wire::DeltaDiscoveryRequest>>,
    ) -> Result<Response<Self::DeltaAggregatedResourcesStream>, Status> {
        Ok(Response::new(self.open::<Incremental>(request)))
    }
}
