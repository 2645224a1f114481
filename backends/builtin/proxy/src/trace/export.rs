//! Spans on their way to whoever gathers them: OTLP over gRPC, to a cluster like any other.

use std::cell::RefCell;
use std::collections::HashMap;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use bytes::{BufMut as _, Bytes, BytesMut};
use http::header::{CONTENT_TYPE, TE};
use http::{HeaderValue, Request, Version};
use http_body_util::BodyExt as _;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::InstrumentationScope;
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};
use prost::Message as _;

use super::span::text;
use crate::http::RequestBody;
use crate::table::{ClusterId, Tracing};
use crate::upstream::Protocol;
use crate::worker::Worker;

/// More spans than that do not wait to be sent: who gathers them is slower than calls come.
const WAITING: usize = 4096;

/// A collector that takes longer gets what comes next.
const PATIENCE: Duration = Duration::from_secs(10);

/// Of gRPC.
const PATH: &str = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";

/// Spans of one thread that were not sent yet, by where they go and as whose.
#[derive(Debug, Default)]
pub(crate) struct Spans(RefCell<HashMap<Collector, Vec<Span>>>);

/// Where spans go, and as whose.
type Collector = (ClusterId, Arc<str>);

impl Spans {
    pub(crate) fn add(&self, tracing: &Tracing, span: Span) {
        let mut spans = self.0.borrow_mut();
        let waiting = spans.entry((tracing.cluster, tracing.service.clone())).or_default();
        if waiting.len() < WAITING {
            waiting.push(span);
        }
    }

    /// Sends what has gathered.
    pub(crate) fn send(&self, worker: &Rc<Worker>) {
        for ((cluster, service), spans) in self.0.take() {
            let worker = worker.clone();
            // A collector that is away gets what comes when it is back.
            let sent = async move { export(&worker, cluster, &service, spans).await };
            drop(tokio::task::spawn_local(tokio::time::timeout(PATIENCE, sent)));
        }
    }
}

async fn export(worker: &Worker, cluster: ClusterId, service: &str, spans: Vec<Span>) -> Option<()> {
    let upstream = worker.upstream(cluster)?;
    let nowhere = SocketAddr::from(([0, 0, 0, 0], 0));
    let host = upstream.pick(nowhere, worker.now(), None, (&[], 0)).ok()?;
    let request = Request::post(format!("http://{}{PATH}", upstream.authority()))
        .version(Version::HTTP_2)
        .header(CONTENT_TYPE, HeaderValue::from_static("application/grpc"))
        .header(TE, HeaderValue::from_static("trailers"))
        .body(RequestBody::whole(message(service, spans)))
        .ok()?;
    let sent = host.send(&upstream, Protocol::Http2, request).await.ok()?;
    // What it says of them is its own business.
    let mut answer = sent.response.into_body();
    while let Some(frame) = answer.frame().await {
        frame.ok()?;
    }
    sent.lease.give_back();
    Some(())
}

/// One message of gRPC, not compressed.
fn message(service: &str, spans: Vec<Span>) -> Bytes {
    let scope = InstrumentationScope { name: "meshglot-proxy".to_owned(), ..InstrumentationScope::default() };
    let scope_spans = vec![ScopeSpans { scope: Some(scope), spans, ..ScopeSpans::default() }];
    let resource = Resource { attributes: vec![text("service.name", service)], ..Resource::default() };
    let resource_spans = vec![ResourceSpans { resource: Some(resource), scope_spans, ..ResourceSpans::default() }];
    let request = ExportTraceServiceRequest { resource_spans };
    let length = request.encoded_len();
    let mut bytes = BytesMut::with_capacity(length + 5);
    bytes.put_u8(0);
    // The spans that wait are few.
    bytes.put_u32(u32::try_from(length).unwrap_or(u32::MAX));
    // There is as much place as it takes.
    let _ = request.encode(&mut bytes);
    bytes.freeze()
}
