//! gRPC around the service, as a generator would write it.

use std::convert::Infallible;
use std::task::{Context, Poll};

use tonic::body::Body;
use tonic::codegen::{Body as HttpBody, BoxFuture, StdError, http};
use tonic::server::{Grpc, NamedService};
use tonic::{Request, Response, Status};
use tonic_prost::ProstCodec;
use tower::service_fn;

use crate::caller;
use crate::messages::{SERVICE, SIGN, SignRequest, SignResponse, TRUST, TrustRequest, TrustResponse};
use crate::service::JoinService;

/// A request of 16 KiB, which is refused with a better message where it is longer, and a token. Nobody is known yet when it is read.
const MESSAGE: usize = 20 * 1024;

impl NamedService for JoinService {
    const NAME: &'static str = SERVICE;
}

impl<B> tower::Service<http::Request<B>> for JoinService
where
    B: HttpBody + Send + 'static,
    B::Error: Into<StdError> + Send + 'static,
{
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<Self::Response, Self::Error>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<B>) -> Self::Future {
        let service = self.clone();
        Box::pin(async move {
            Ok(match request.uri().path() {
                SIGN => {
                    let codec = ProstCodec::<SignResponse, SignRequest>::default();
                    let method = service_fn(move |request| {
                        let service = service.clone();
                        async move { answer(&service, &request).await }
                    });
                    Grpc::new(codec).max_decoding_message_size(MESSAGE).unary(method, request).await
                }
                TRUST => {
                    let codec = ProstCodec::<TrustResponse, TrustRequest>::default();
                    let method = service_fn(move |_| std::future::ready(Ok::<_, Status>(Response::new(service.bundles()))));
                    Grpc::new(codec).max_decoding_message_size(MESSAGE).server_streaming(method, request).await
                }
                _ => Status::unimplemented("the service has the methods Sign and Trust: call one of them").into_http(),
            })
        })
    }
}

async fn answer(service: &JoinService, request: &Request<SignRequest>) -> Result<Response<SignResponse>, Status> {
    let shown = caller::chain(request.extensions())?;
    let issued = service.sign(request.get_ref(), shown.as_deref()).await?;
    Ok(Response::new(SignResponse { chain_pem: issued.chain_pem(), bundle_pem: issued.bundle_pem() }))
}
