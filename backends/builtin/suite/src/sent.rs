//! What each proxy was sent: every resource of every response of ADS, as it left the control plane.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use envoy_types::pb::envoy::service::discovery::v3 as wire;
use envoy_types::pb::envoy::service::discovery::v3::aggregated_discovery_service_server::AggregatedDiscoveryService;
use meshglot_xds::{Streams, spiffe_id};
use tokio_stream::{Stream, StreamExt as _};
use tonic::{Request, Response, Status, Streaming};

use crate::mesh::Mesh;

/// One resource as it was sent last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SentResource {
    /// The digest of what it was encoded from.
    pub version: String,
    /// Its bytes, sorted: the entries of a map are encoded in an order of chance, and nothing else is.
    pub bytes: Vec<u8>,
}

/// Resources by type and name.
pub type SentResources = BTreeMap<(String, String), SentResource>;

/// Of every proxy, by its SPIFFE ID.
#[derive(Debug, Default)]
pub(crate) struct Sent(Mutex<BTreeMap<String, SentResources>>);

impl Mesh {
    /// All that the proxy of a workload has been sent since it started with nothing.
    ///
    /// # Panics
    /// There is no workload of such a name.
    pub fn sent(&self, to: &str) -> SentResources {
        self.sent.of(&self.hosts[to].spiffe_id())
    }
}

impl Sent {
    pub(crate) fn of(&self, proxy: &str) -> SentResources {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(proxy).cloned().unwrap_or_default()
    }

    /// One starts with nothing.
    pub(crate) fn forget(&self, proxy: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(proxy);
    }

    fn note(&self, proxy: &str, response: &wire::DeltaDiscoveryResponse) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let own = all.entry(proxy.to_owned()).or_default();
        let key = |name: &String| (response.type_url.clone(), name.clone());
        for removed in &response.removed_resources {
            own.remove(&key(removed));
        }
        for resource in &response.resources {
            let mut bytes = resource.resource.as_ref().map(|any| any.value.clone()).unwrap_or_default();
            bytes.sort_unstable();
            own.insert(key(&resource.name), SentResource { version: resource.version.clone(), bytes });
        }
    }
}

/// The service of the control plane, looked at from outside.
pub(crate) struct Watched {
    pub(crate) streams: Streams,
    pub(crate) sent: Arc<Sent>,
}

#[tonic::async_trait]
impl AggregatedDiscoveryService for Watched {
    type StreamAggregatedResourcesStream = <Streams as AggregatedDiscoveryService>::StreamAggregatedResourcesStream;
    type DeltaAggregatedResourcesStream = Pin<Box<dyn Stream<Item = Result<wire::DeltaDiscoveryResponse, Status>> + Send>>;

    async fn stream_aggregated_resources(
        &self,
        request: Request<Streaming<wire::DiscoveryRequest>>,
    ) -> Result<Response<Self::StreamAggregatedResourcesStream>, Status> {
        self.streams.stream_aggregated_resources(request).await
    }

    async fn delta_aggregated_resources(
        &self,
        request: Request<Streaming<wire::DeltaDiscoveryRequest>>,
    ) -> Result<Response<Self::DeltaAggregatedResourcesStream>, Status> {
        let proxy = spiffe_id(request.extensions()).unwrap_or_default();
        let sent = self.sent.clone();
        let responses = self.streams.delta_aggregated_resources(request).await?.into_inner();
        Ok(Response::new(Box::pin(responses.map(move |response| response.inspect(|response| sent.note(&proxy, response))))))
    }
}
