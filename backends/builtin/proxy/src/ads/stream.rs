//! One stream: what comes is taken, and answered.

use std::convert::Infallible;
use std::sync::Arc;

use envoy_types::pb::envoy::service::discovery::v3::aggregated_discovery_service_client::AggregatedDiscoveryServiceClient;
use envoy_types::pb::envoy::service::discovery::v3::{DeltaDiscoveryRequest, DeltaDiscoveryResponse};
use meshglot_join::{Held, Own, connect};
use tokio::sync::mpsc;
use tokio_stream::wrappers::UnboundedReceiverStream;
use tonic::Streaming;

use super::answer::{answer, first};
use super::error::StreamError;
use super::settings::Settings;
use super::take::Take;
use super::taken::Taken;

/// The largest response, in bytes.
const RESPONSE: usize = 64 << 20;

/// An open stream.
pub(crate) struct Stream {
    /// What it is told, it may say in any number: that is one answer to each response, and what follows from it.
    requests: mpsc::UnboundedSender<DeltaDiscoveryRequest>,
    responses: Streaming<DeltaDiscoveryResponse>,
}

impl Stream {
    /// Opens one, and asks for everything that is wanted.
    pub(crate) async fn open<T: Take>(settings: &Settings, held: &Arc<Held>, taken: &Taken<T>) -> Result<Self, StreamError> {
        let own = Own::from(&**held);
        let channel =
            connect(settings.control_plane, &held.bundle_pem, &settings.control_plane_id, Some(own), settings.clock.clone()).await?;
        let (requests, receiver) = mpsc::unbounded_channel();
        for request in first(taken, &settings.id) {
            // Its other end is below.
            let _ = requests.send(request);
        }
        let mut client = AggregatedDiscoveryServiceClient::new(channel).max_decoding_message_size(RESPONSE);
        let responses = client.delta_aggregated_resources(UnboundedReceiverStream::new(receiver)).await;
        Ok(Self { requests, responses: responses.map_err(|status| broken(settings, status))?.into_inner() })
    }

    /// Takes responses until it breaks; after each `heard` is called.
    pub(crate) async fn follow<T: Take>(
        mut self,
        settings: &Settings,
        taken: &mut Taken<T>,
        mut heard: impl FnMut(&Taken<T>),
    ) -> Result<Infallible, StreamError> {
        loop {
            let response = self.responses.message().await.map_err(|status| broken(settings, status))?;
            let response = response.ok_or(StreamError::Ended(settings.control_plane))?;
            for request in answer(taken, response) {
                // That nobody hears it shows with the next response.
                let _ = self.requests.send(request);
            }
            heard(taken);
        }
    }
}

fn broken(settings: &Settings, status: tonic::Status) -> StreamError {
    StreamError::Broken { address: settings.control_plane, status: status.into() }
}
