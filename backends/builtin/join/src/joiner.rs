//! The calls of a client.

use tonic::client::Grpc;
use tonic::codegen::http::uri::PathAndQuery;
use tonic::transport::Channel;
use tonic::{Request, Status, Streaming};
use tonic_prost::ProstCodec;

use crate::causes::causes;
use crate::messages::{SIGN, SignRequest, SignResponse, TRUST, TrustRequest, TrustResponse};

/// Calls the control plane over a channel of [`crate::connect`].
#[derive(Clone, Debug)]
pub struct Joiner {
    grpc: Grpc<Channel>,
}

impl Joiner {
    /// Nothing is sent yet.
    pub fn new(channel: Channel) -> Self {
        Self { grpc: Grpc::new(channel) }
    }

    /// Asks for a certificate: with a token for the identity of that, without one for the identity that the channel was connected with.
    /// The request is PKCS #10, at most 16 KiB, and names that identity or nothing.
    ///
    /// # Errors
    /// What [`crate::Refusal`] says, and where the connection is lost. A token may be used up then.
    pub async fn sign(&mut self, csr: Vec<u8>, token: Option<&str>) -> Result<SignResponse, Status> {
        self.ready().await?;
        let request = Request::new(SignRequest { csr, token: token.unwrap_or_default().to_owned() });
        let response = self.grpc.unary(request, PathAndQuery::from_static(SIGN), ProstCodec::default()).await?;
        Ok(response.into_inner())
    }

    /// The roots, at once and whenever they change.
    ///
    /// # Errors
    /// Where the connection is lost.
    pub async fn trust(&mut self) -> Result<Streaming<TrustResponse>, Status> {
        self.ready().await?;
        let request = Request::new(TrustRequest {});
        let response = self.grpc.server_streaming(request, PathAndQuery::from_static(TRUST), ProstCodec::default()).await?;
        Ok(response.into_inner())
    }

    async fn ready(&mut self) -> Result<(), Status> {
        self.grpc.ready().await.map_err(|error| Status::unavailable(format!("the connection is lost, connect again: {}", causes(&error))))
    }
}
