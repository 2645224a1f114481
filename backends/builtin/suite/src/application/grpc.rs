//! An application of gRPC: every method sends back the messages that come, but for `Fail`, which is not found.

use std::convert::Infallible;
use std::marker::PhantomData;
use std::net::TcpListener;
use std::sync::Arc;
use std::task::{Context, Poll};

use tokio_stream::wrappers::TcpListenerStream;
use tonic::body::Body;
use tonic::codegen::{Body as HttpBody, BoxFuture, StdError, http};
use tonic::server::{Grpc, NamedService};
use tonic::transport::Server;
use tonic::{Request, Response, Status, Streaming};
use tonic_prost::ProstCodec;
use tower::service_fn;

use super::{LOOK, Shared};

/// Serves until the application ends.
pub(super) fn serve(listener: TcpListener, shared: &Arc<Shared>) {
    // Without threads there is no application, and every call to it says so.
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else { return };
    let name = shared.name;
    runtime.block_on(async {
        let Ok(listener) = tokio::net::TcpListener::from_std(listener) else { return };
        let server = Server::builder().add_service(Echo::<Cart>::new(name)).add_service(Echo::<Till>::new(name));
        let ended = async {
            while !shared.has_ended() {
                tokio::time::sleep(LOOK).await;
            }
        };
        tokio::select! {
            _ = server.serve_with_incoming(TcpListenerStream::new(listener)) => {}
            () = ended => {}
        }
    });
}

/// What a service is called.
trait Named: Send + Sync + 'static {
    const NAME: &'static str;
}

struct Cart;

impl Named for Cart {
    const NAME: &'static str = "shop.Cart";
}

struct Till;

impl Named for Till {
    const NAME: &'static str = "shop.Till";
}

struct Echo<N> {
    name: &'static str,
    service: PhantomData<N>,
}

impl<N> Echo<N> {
    fn new(name: &'static str) -> Self {
        Self { name, service: PhantomData }
    }
}

impl<N> Clone for Echo<N> {
    fn clone(&self) -> Self {
        Self::new(self.name)
    }
}

impl<N: Named> NamedService for Echo<N> {
    const NAME: &'static str = N::NAME;
}

impl<N, B> tower::Service<http::Request<B>> for Echo<N>
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
        let name = self.name;
        Box::pin(async move {
            let fails = request.uri().path().ends_with("/Fail");
            let method = service_fn(move |request: Request<Streaming<String>>| {
                let mut response = Response::new(request.into_inner());
                let mut status = Status::not_found("there is no such thing");
                for told in [response.metadata_mut(), status.metadata_mut()] {
                    told.insert("x-served-by", tonic::metadata::MetadataValue::from_static(name));
                }
                std::future::ready(if fails { Err(status) } else { Ok(response) })
            });
            Ok(Grpc::new(ProstCodec::<String, String>::default()).streaming(method, request).await)
        })
    }
}
