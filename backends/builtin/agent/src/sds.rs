//! Secrets for the proxy beside it (SDS), over a socket that nobody else can open.

use std::pin::Pin;
use std::sync::Arc;

use envoy_types::pb::envoy::extensions::transport_sockets::tls::v3::Secret;
use envoy_types::pb::envoy::service::discovery::v3::{DeltaDiscoveryRequest, DeltaDiscoveryResponse, DiscoveryRequest, DiscoveryResponse};
use envoy_types::pb::envoy::service::secret::v3::secret_discovery_service_server::{SecretDiscoveryService, SecretDiscoveryServiceServer};
use envoy_types::pb::google::protobuf::Any;
use meshglot_join::Held;
use prost::Message;
use tokio::sync::{mpsc, watch};
use tokio_stream::wrappers::ReceiverStream;
use tokio_stream::{Stream, StreamExt};
use tonic::{Request, Response, Status, Streaming};

use crate::secrets::named;

const TYPE_URL: &str = "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret";

/// Hands out whatever the agent holds last. Before there is anything, proxies wait.
#[derive(Debug)]
pub struct SecretService {
    secrets: watch::Receiver<Option<Arc<Held>>>,
}

impl SecretService {
    /// Serves what `secrets` holds.
    pub fn new(secrets: watch::Receiver<Option<Arc<Held>>>) -> Self {
        Self { secrets }
    }

    /// The service, to be put into a server.
    pub fn service(self) -> SecretDiscoveryServiceServer<Self> {
        SecretDiscoveryServiceServer::new(self)
    }
}

type Answers<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

#[tonic::async_trait]
impl SecretDiscoveryService for SecretService {
    type DeltaSecretsStream = Answers<DeltaDiscoveryResponse>;
    type StreamSecretsStream = Answers<DiscoveryResponse>;

    async fn delta_secrets(&self, _: Request<Streaming<DeltaDiscoveryRequest>>) -> Result<Response<Self::DeltaSecretsStream>, Status> {
        Err(Status::unimplemented("secrets are two, and sent whole: ask with api_type GRPC"))
    }

    async fn stream_secrets(&self, request: Request<Streaming<DiscoveryRequest>>) -> Result<Response<Self::StreamSecretsStream>, Status> {
        let (sender, receiver) = mpsc::channel(2);
        let secrets = self.secrets.clone();
        tokio::spawn(async move {
            if let Err(status) = serve(request.into_inner(), secrets, &sender).await {
                // Who is gone hears nothing.
                let _ = sender.send(Err(status)).await;
            }
        });
        Ok(Response::new(Box::pin(ReceiverStream::new(receiver))))
    }

    async fn fetch_secrets(&self, _: Request<DiscoveryRequest>) -> Result<Response<DiscoveryResponse>, Status> {
        Err(Status::unimplemented("ask with a stream"))
    }
}

/// One stream; a proxy opens one for each name.
async fn serve(
    mut requests: Streaming<DiscoveryRequest>,
    mut secrets: watch::Receiver<Option<Arc<Held>>>,
    sender: &mpsc::Sender<Result<DiscoveryResponse, Status>>,
) -> Result<(), Status> {
    let mut names: Vec<String> = Vec::new();
    let mut nonce = 0_u64;
    loop {
        let asks = tokio::select! {
            request = requests.next() => {
                let Some(request) = request.transpose()? else { return Ok(()) };
                let other = request.resource_names != names;
                names = request.resource_names;
                other
            }
            changed = secrets.changed() => {
                if changed.is_err() {
                    return Ok(());
                }
                true
            }
        };
        let held = secrets.borrow_and_update().clone();
        let Some(held) = held.filter(|_| asks && !names.is_empty()) else { continue };
        nonce += 1;
        let found: Vec<Secret> = names.iter().filter_map(|name| named(&held, name)).collect();
        let response = DiscoveryResponse {
            version_info: nonce.to_string(),
            nonce: nonce.to_string(),
            type_url: TYPE_URL.to_owned(),
            resources: found.iter().map(any).collect(),
            ..DiscoveryResponse::default()
        };
        if sender.send(Ok(response)).await.is_err() {
            return Ok(());
        }
    }
}

fn any(secret: &Secret) -> Any {
    Any { type_url: TYPE_URL.to_owned(), value: secret.encode_to_vec() }
}
