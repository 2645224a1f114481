//! Calls of gRPC, by the client that the control plane's own protocols use.

use std::error::Error as _;
use std::io;
use std::net::SocketAddr;

use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::client::Grpc;
use tonic::codegen::http::uri::PathAndQuery;
use tonic::metadata::{MetadataKey, MetadataMap};
use tonic::transport::{Channel, Endpoint};
use tonic::{Request, Status};
use tonic_prost::ProstCodec;

use super::{Answer, Call, PATIENCE};

/// Equal calls over one connection, one after the other. It has to be called on a thread within the caller's namespace.
pub(super) fn calls(to: SocketAddr, host: &str, call: &Call, count: usize) -> io::Result<Vec<Answer>> {
    let Call::Grpc { path, metadata, messages } = call else { return Err(io::Error::other("this connection carries calls of gRPC")) };
    let path: PathAndQuery = path.parse().map_err(io::Error::other)?;
    // Of one thread, so that the socket is made on this one.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let endpoint = Endpoint::from_shared(format!("http://{to}")).map_err(io::Error::other)?;
        let origin = format!("http://{host}").parse().map_err(io::Error::other)?;
        let endpoint = endpoint.origin(origin).connect_timeout(PATIENCE).timeout(PATIENCE);
        let mut grpc = Grpc::new(endpoint.connect().await.map_err(io::Error::other)?);
        let mut answers = Vec::new();
        for _ in 0..count {
            let called = one(&mut grpc, path.clone(), metadata, *messages).await;
            answers.push(called.or_else(|status| ended(&status))?);
        }
        Ok(answers)
    })
}

async fn one(grpc: &mut Grpc<Channel>, path: PathAndQuery, metadata: &[(String, String)], messages: usize) -> Result<Answer, Status> {
    grpc.ready().await.map_err(|error| Status::from_error(error.into()))?;
    let codec = ProstCodec::<String, String>::default();
    if messages == 1 {
        let response = grpc.unary(with("ping".to_owned(), metadata)?, path, codec).await?;
        let messages = usize::from(response.get_ref() == "ping");
        return Ok(Answer::Grpc { status: 0, served_by: served_by(response.metadata()), messages });
    }
    let (sender, receiver) = mpsc::channel(1);
    let gone = |_| Status::cancelled("nobody reads");
    sender.send("0".to_owned()).await.map_err(gone)?;
    let response = grpc.streaming(with(ReceiverStream::new(receiver), metadata)?, path, codec).await?;
    let served_by = served_by(response.metadata());
    let mut came = response.into_inner();
    let mut count = 0;
    let mut sender = Some(sender);
    while let Some(message) = came.message().await? {
        count += usize::from(message == count.to_string());
        match &sender {
            Some(open) if count < messages => open.send(count.to_string()).await.map_err(gone)?,
            _ => sender = None,
        }
    }
    Ok(Answer::Grpc { status: 0, served_by, messages: count })
}

fn with<T>(message: T, metadata: &[(String, String)]) -> Result<Request<T>, Status> {
    let mut request = Request::new(message);
    let wrong = |why: String| Status::invalid_argument(why);
    for (name, value) in metadata {
        let name = MetadataKey::from_bytes(name.as_bytes()).map_err(|error| wrong(error.to_string()))?;
        request.metadata_mut().append(name, value.parse().map_err(|_| wrong(format!("{value}: no metadata")))?);
    }
    Ok(request)
}

/// What a status says of a call; one without an answer of the other side is a connection that was closed.
fn ended(status: &Status) -> io::Result<Answer> {
    if status.source().is_some() {
        return Ok(Answer::Closed);
    }
    Ok(Answer::Grpc { status: status.code() as i32, served_by: served_by(status.metadata()), messages: 0 })
}

fn served_by(metadata: &MetadataMap) -> String {
    metadata.get("x-served-by").and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
}
