//! Answers of the proxy's own.

use std::rc::Rc;

use bytes::Bytes;
use http::header::{CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, LOCATION};
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};

use super::body::ResponseBody;
use super::exchange::Exchange;
use crate::observe::Flag;
use crate::upstream::Failure;

/// What is answered, and why.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    text: Bytes,
    details: &'static str,
    flag: Option<Flag>,
    /// Besides its own.
    headers: Option<Box<HeaderMap>>,
}

const GRPC_STATUS: HeaderName = HeaderName::from_static("grpc-status");
const GRPC_MESSAGE: HeaderName = HeaderName::from_static("grpc-message");
const GRPC: &[u8] = b"application/grpc";

impl Reply {
    pub(crate) fn new(status: StatusCode, text: &'static str, details: &'static str, flag: Option<Flag>) -> Self {
        Self { status, text: Bytes::from_static(text.as_bytes()), details, flag, headers: None }
    }

    /// Without a word.
    pub(crate) fn bare(status: StatusCode, details: &'static str) -> Self {
        Self::new(status, "", details, None)
    }

    /// What a route says.
    pub(crate) fn said(status: StatusCode, text: &str) -> Self {
        Self { text: Bytes::copy_from_slice(text.as_bytes()), ..Self::bare(status, "direct_response") }
    }

    pub(crate) fn elsewhere(status: StatusCode, location: HeaderValue) -> Self {
        Self::bare(status, "direct_response").with(LOCATION, location)
    }

    pub(crate) fn with(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers_mut().append(name, value);
        self
    }

    /// And nothing more is read of this caller: what else it has sent may be meant otherwise than it looks.
    pub(crate) fn closing(self) -> Self {
        self.with(CONNECTION, HeaderValue::from_static("close"))
    }

    /// Headers besides its own.
    pub(crate) fn headers_mut(&mut self) -> &mut HeaderMap {
        self.headers.get_or_insert_default()
    }

    /// An endpoint gave no answer.
    pub(crate) fn failed(why: Failure) -> Self {
        let unavailable = |text, details, flag| Self::new(StatusCode::SERVICE_UNAVAILABLE, text, details, Some(flag));
        match why {
            Failure::NoCluster => unavailable("", "cluster_not_found", Flag::NoCluster),
            Failure::NoEndpoint => unavailable("no healthy upstream", "no_healthy_upstream", Flag::NoHealthyUpstream),
            Failure::Overflow => unavailable(
                "upstream connect error or disconnect/reset before headers. reset reason: overflow",
                "upstream_reset_before_response_started{overflow}",
                Flag::Overflow,
            ),
            Failure::Connect => unavailable(
                "upstream connect error or disconnect/reset before headers. reset reason: remote connection failure",
                "upstream_reset_before_response_started{remote_connection_failure}",
                Flag::ConnectionFailure,
            ),
            Failure::ConnectTimeout => unavailable(
                "upstream connect error or disconnect/reset before headers. reset reason: connection timeout",
                "upstream_reset_before_response_started{connection_timeout}",
                Flag::ConnectionFailure,
            ),
            Failure::RefusedStream => unavailable(
                "upstream connect error or disconnect/reset before headers. reset reason: remote refused stream reset",
                "upstream_reset_before_response_started{remote_refused_stream_reset}",
                Flag::UpstreamReset,
            ),
            Failure::Reset => unavailable(
                "upstream connect error or disconnect/reset before headers. reset reason: connection termination",
                "upstream_reset_before_response_started{connection_termination}",
                Flag::UpstreamReset,
            ),
            Failure::Protocol => Self::new(
                StatusCode::BAD_GATEWAY,
                "upstream connect error or disconnect/reset before headers. reset reason: protocol error",
                "upstream_reset_before_response_started{protocol_error}",
                Some(Flag::UpstreamProtocol),
            ),
            Failure::Timeout => {
                Self::new(StatusCode::GATEWAY_TIMEOUT, "upstream request timeout", "response_timeout", Some(Flag::UpstreamTimeout))
            }
        }
    }

    /// The answer. Callers of gRPC are answered in its words.
    pub(crate) fn answer(self, exchange: &Rc<Exchange>, is_grpc: bool) -> Response<ResponseBody> {
        exchange.answered(self.status, self.details, self.flag);
        let mut headers = self.headers.map(|headers| *headers).unwrap_or_default();
        let (status, text) = if is_grpc {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
            headers.insert(GRPC_STATUS, HeaderValue::from(grpc(self.status)));
            if let Some(message) = message(&self.text) {
                headers.insert(GRPC_MESSAGE, message);
            }
            exchange.told_grpc(&headers);
            (StatusCode::OK, Bytes::new())
        } else {
            if !self.text.is_empty() {
                headers.insert(CONTENT_LENGTH, HeaderValue::from(self.text.len()));
                headers.entry(CONTENT_TYPE).or_insert(HeaderValue::from_static("text/plain"));
            }
            (self.status, self.text)
        };
        // Of what HEAD asks for the length alone is told.
        let text = if exchange.is_head() { Bytes::new() } else { text };
        let mut response = Response::new(ResponseBody::full(text, exchange.clone()));
        *response.status_mut() = status;
        *response.headers_mut() = headers;
        response
    }
}

/// Whether a message is one of gRPC.
pub(super) fn is_grpc(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).map(HeaderValue::as_bytes);
    kind.and_then(|kind| kind.strip_prefix(GRPC)).is_some_and(|rest| rest.first().is_none_or(|byte| matches!(byte, b'+' | b';')))
}

/// The status of gRPC for one of HTTP.
///
/// Source: gRPC `doc/http-grpc-status-mapping.md`.
fn grpc(status: StatusCode) -> u16 {
    match status.as_u16() {
        200 => 0,
        400 => 13,
        401 => 16,
        403 => 7,
        404 => 12,
        429 | 502..=504 => 14,
        _ => 2,
    }
}

/// A text as `grpc-message` has it: percent-encoded.
fn message(text: &[u8]) -> Option<HeaderValue> {
    if text.is_empty() {
        return None;
    }
    let mut out = Vec::with_capacity(text.len());
    for byte in text {
        match byte {
            b' '..=b'~' if *byte != b'%' => out.push(*byte),
            byte => out.extend(format!("%{byte:02X}").bytes()),
        }
    }
    HeaderValue::from_bytes(&out).ok()
}
