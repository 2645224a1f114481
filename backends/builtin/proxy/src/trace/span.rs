//! What is told of one request.

use http::HeaderMap;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue, any_value};
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use opentelemetry_proto::tonic::trace::v1::{Span, Status};
use time::OffsetDateTime;

use super::context::Context;
use crate::table::{Direction, Tracing};

/// A request that belongs to a trace.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Started {
    context: Context,
    above: Option<u64>,
}

/// What came of it.
pub(crate) struct Ended<'e> {
    pub(crate) direction: Direction,
    pub(crate) began: OffsetDateTime,
    pub(crate) ended: OffsetDateTime,
    pub(crate) method: &'e str,
    pub(crate) path: &'e str,
    pub(crate) host: &'e str,
    /// 0: there was no answer.
    pub(crate) status: u16,
    pub(crate) cluster: Option<&'e str>,
    pub(crate) route: Option<&'e str>,
    pub(crate) peer: Option<&'e str>,
    pub(crate) policy: Option<&'e str>,
    pub(crate) flags: &'e str,
}

impl Started {
    /// Reads where a request belongs, and says on where what follows from it does.
    pub(crate) fn of(headers: &mut HeaderMap, tracing: &Tracing) -> Self {
        let came = Context::read(headers);
        let sampled = came.and_then(|came| came.sampled).unwrap_or_else(|| fastrand::u32(0..1_000_000) < tracing.sampling);
        let context = came.map_or_else(|| Context::first(sampled), |came| came.below(sampled));
        let above = came.map(|came| came.span);
        context.write(headers, above);
        Self { context, above }
    }

    /// Whether somebody is to be told.
    pub(crate) fn is_told(&self) -> bool {
        self.context.sampled == Some(true)
    }

    pub(crate) fn end(&self, ended: &Ended<'_>) -> Span {
        let Ended { direction, began, ended: end, method, path, host, status, cluster, route, peer, policy, flags } = ended;
        let nanos = |moment: &OffsetDateTime| u64::try_from(moment.unix_timestamp_nanos()).unwrap_or_default();
        let mut attributes = vec![text("http.request.method", method), text("url.path", path), text("server.address", host)];
        attributes.push(KeyValue {
            value: Some(AnyValue { value: Some(any_value::Value::IntValue(i64::from(*status))) }),
            ..text("http.response.status_code", "")
        });
        let optional = [
            ("meshglot.cluster", *cluster),
            ("http.route", *route),
            ("meshglot.peer", *peer),
            ("meshglot.policy", *policy),
            ("meshglot.flags", Some(*flags).filter(|flags| *flags != "-")),
        ];
        attributes.extend(optional.into_iter().filter_map(|(key, value)| value.map(|value| text(key, value))));
        let (kind, is_error) = match direction {
            Direction::Inbound => (SpanKind::Server, *status >= 500 || *status == 0),
            Direction::Outbound => (SpanKind::Client, *status >= 400 || *status == 0),
        };
        let code = if is_error { StatusCode::Error } else { StatusCode::Unset };
        Span {
            trace_id: self.context.trace.to_be_bytes().to_vec(),
            span_id: self.context.span.to_be_bytes().to_vec(),
            parent_span_id: self.above.map(|above| above.to_be_bytes().to_vec()).unwrap_or_default(),
            name: route.map_or_else(|| (*method).to_owned(), |route| format!("{method} {route}")),
            kind: kind as i32,
            start_time_unix_nano: nanos(began),
            end_time_unix_nano: nanos(end),
            attributes,
            status: Some(Status { code: code as i32, message: String::new() }),
            ..Span::default()
        }
    }
}

pub(super) fn text(key: &str, value: &str) -> KeyValue {
    KeyValue {
        key: key.to_owned(),
        value: Some(AnyValue { value: Some(any_value::Value::StringValue(value.to_owned())) }),
        ..KeyValue::default()
    }
}
