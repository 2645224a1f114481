//! Copies of requests, whose answers nobody reads.

use std::rc::Rc;
use std::time::Duration;

use http::request::Parts;
use http::{Request, Version};
use http_body_util::BodyExt as _;

use super::body::RequestBody;
use super::exchange::Exchange;
use super::replay::Replay;
use crate::table::ClusterId;
use crate::upstream::{Counted, Protocol};

/// So many bytes of an answer are read, so that the connection can be used again; of a longer one it is closed.
const READ: usize = 64 << 10;

/// A copy is given up after so long.
const PATIENCE: Duration = Duration::from_secs(60);

/// Sends a copy beside the request itself. `body`: its body; `None`: it has none.
pub(super) fn send(exchange: &Rc<Exchange>, cluster: ClusterId, parts: &Parts, body: Option<Replay>) {
    let (connection, parts) = (exchange.connection.clone(), copy(parts));
    let copied = async move {
        let body = match body {
            None => RequestBody::Empty,
            Some(body) => RequestBody::Pieces(body.whole().await?),
        };
        let upstream = connection.worker.upstream(cluster)?;
        let _permit = upstream.permit(Counted::Request, false)?;
        let host = upstream.pick(connection.facts.called, connection.worker.now(), None, (&[], 0)).ok()?;
        let protocol = if parts.version == Version::HTTP_2 { Protocol::Http2 } else { Protocol::Http1 };
        let sent = host.send(&upstream, protocol, Request::from_parts(parts, body)).await.ok()?;
        let mut answer = sent.response.into_body();
        let mut read = 0;
        while let Some(frame) = answer.frame().await {
            read += frame.ok()?.data_ref().map_or(0, bytes::Bytes::len);
            if read > READ {
                return None;
            }
        }
        sent.lease.give_back();
        Some(())
    };
    drop(tokio::task::spawn_local(tokio::time::timeout(PATIENCE, copied)));
}

/// Without what belongs to the connection that the request came on.
fn copy(parts: &Parts) -> Parts {
    let (mut copy, ()) = Request::new(()).into_parts();
    copy.method = parts.method.clone();
    copy.uri = parts.uri.clone();
    copy.version = parts.version;
    copy.headers = parts.headers.clone();
    copy
}
