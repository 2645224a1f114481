//! The service that proxies connect to: one stream each, over which it says what it wants and is sent it.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Instant, SystemTime};

use envoy_types::pb::envoy::service::discovery::v3 as wire;
use envoy_types::pb::envoy::service::discovery::v3::aggregated_discovery_service_server::{
    AggregatedDiscoveryService, AggregatedDiscoveryServiceServer,
};
use tokio::sync::{mpsc, watch};
use tokio_stream::wrappers::ReceiverStream;
use tokio_stream::{Stream, StreamExt};
use tonic::{Request, Response, Status, Streaming};

use crate::node::Node;
use crate::proxies::{Nack, Proxies, ProxyStatus};
use crate::session::Session;
use crate::wire::{Dialect, Incremental, Said, Whole};
use crate::world::World;

/// Messages that a proxy has not read yet; it is sent no more until it does.
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
    streams: AtomicU64,
}

impl Discovery {
    /// Serves whatever `worlds` holds last.
    pub fn new(worlds: watch::Receiver<Arc<World>>, admission: Arc<dyn Admission>) -> Self {
        Self { worlds, admission, proxies: Arc::default(), streams: AtomicU64::new(0) }
    }

    /// Who is connected.
    pub fn proxies(&self) -> Arc<Proxies> {
        self.proxies.clone()
    }

    /// The service, to be put into a server.
    pub fn service(self) -> AggregatedDiscoveryServiceServer<Self> {
        AggregatedDiscoveryServiceServer::new(self)
    }

    fn open<D: Dialect + Default>(&self, request: Request<Streaming<D::Request>>) -> ReceiverStream<Result<D::Response, Status>> {
        let (sender, receiver) = mpsc::channel(UNREAD);
        let (_, peer, requests) = request.into_parts();
        let proxy = Proxy::<D> {
            dialect: D::default(),
            worlds: self.worlds.clone(),
            admission: self.admission.clone(),
            proxies: self.proxies.clone(),
            stream: self.streams.fetch_add(1, Ordering::Relaxed),
            peer,
            requests,
            sender,
        };
        tokio::spawn(proxy.serve());
        ReceiverStream::new(receiver)
    }
}

type Answers<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

#[tonic::async_trait]
impl AggregatedDiscoveryService for Discovery {
    type StreamAggregatedResourcesStream = Answers<wire::DiscoveryResponse>;
    type DeltaAggregatedResourcesStream = Answers<wire::DeltaDiscoveryResponse>;

    async fn stream_aggregated_resources(
        &self,
        request: Request<Streaming<wire::DiscoveryRequest>>,
    ) -> Result<Response<Self::StreamAggregatedResourcesStream>, Status> {
        Ok(Response::new(Box::pin(self.open::<Whole>(request))))
    }

    async fn delta_aggregated_resources(
        &self,
        request: Request<Streaming<wire::DeltaDiscoveryRequest>>,
    ) -> Result<Response<Self::DeltaAggregatedResourcesStream>, Status> {
        Ok(Response::new(Box::pin(self.open::<Incremental>(request))))
    }
}

/// One stream.
struct Proxy<D: Dialect> {
    dialect: D,
    worlds: watch::Receiver<Arc<World>>,
    admission: Arc<dyn Admission>,
    proxies: Arc<Proxies>,
    stream: u64,
    peer: tonic::Extensions,
    requests: Streaming<D::Request>,
    sender: mpsc::Sender<Result<D::Response, Status>>,
}

/// What a stream waits for.
enum Event<R> {
    Request(R),
    World,
    Time,
}

impl<D: Dialect> Proxy<D> {
    async fn serve(mut self) {
        if let Err(status) = self.run().await {
            // Who is gone hears nothing.
            let _ = self.sender.send(Err(status)).await;
        }
        self.proxies.leave(self.stream);
    }

    async fn run(&mut self) -> Result<(), Status> {
        let Some(first) = self.requests.next().await.transpose()? else { return Ok(()) };
        let node = D::node(&first).cloned();
        let agent = node.as_ref().map(|node| node.user_agent_name.clone()).unwrap_or_default();
        let node = Node::of(node.as_ref())
            .ok_or_else(|| Status::invalid_argument("the id of a node is NAMESPACE/WORKLOAD/INSTANCE: start the proxy with such an id"))?;
        let identity = self.admission.admit(&self.peer, &node).map_err(|Refusal(why)| Status::permission_denied(why))?;
        let status =
            ProxyStatus { node: node.clone(), identity, agent, since: SystemTime::now(), revision: 0, kinds: [].into(), last_nack: None };
        self.proxies.enter(self.stream, status);
        let world = self.worlds.borrow_and_update().clone();
        let mut revision = world.revision();
        let mut session = Session::new(world.view(&node.workload));
        let mut event = Event::Request(first);
        loop {
            let mut nack = None;
            match event {
                Event::Request(request) => nack = self.heard(&mut session, request),
                Event::World => {
                    let world = self.worlds.borrow_and_update().clone();
                    revision = world.revision();
                    session.reads(world.view(&node.workload));
                }
                Event::Time => {}
            }
            while let Some(push) = session.next(Instant::now()) {
                let response = self.dialect.push(push);
                if self.sender.send(Ok(response)).await.is_err() {
                    return Ok(());
                }
            }
            self.proxies.note(self.stream, revision, &session, nack);
            event = match self.wait(&session).await? {
                Some(event) => event,
                None => return Ok(()),
            };
        }
    }

    /// What the client says goes into its session; a refusal is given back.
    fn heard(&mut self, session: &mut Session, request: D::Request) -> Option<Nack> {
        // To a type that nobody has, silence is an answer.
        let Said { kind, asked, answer } = self.dialect.said(request)?;
        let mut nack = None;
        if let Some((nonce, answer)) = answer {
            if let Err(why) = &answer {
                nack = Some(Nack { kind, why: why.clone(), at: SystemTime::now() });
            }
            session.answers(kind, nonce, answer);
        }
        session.asks(kind, asked);
        nack
    }

    async fn wait(&mut self, session: &Session) -> Result<Option<Event<D::Request>>, Status> {
        let time = async {
            match session.wakes() {
                Some(at) => tokio::time::sleep_until(at.into()).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            request = self.requests.next() => Ok(request.transpose()?.map(Event::Request)),
            changed = self.worlds.changed() => Ok(changed.ok().map(|()| Event::World)),
            () = time => Ok(Some(Event::Time)),
        }
    }
}
