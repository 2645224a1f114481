//! Calls from pages of other sites.

use http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_METHOD, HeaderName, ORIGIN,
};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, StatusCode};

use super::reply::Reply;
use crate::table::{Cors, TextMatch};

/// A call from a page of a site that may.
pub(super) struct Sharing<'c> {
    cors: &'c Cors,
    origin: HeaderValue,
}

impl<'c> Sharing<'c> {
    /// `None`: it is from no page, or from one that may not; it is served without a word about it.
    pub(super) fn of(cors: &'c Cors, parts: &Parts) -> Option<Self> {
        let origin = parts.headers.get(ORIGIN)?;
        // Envoy takes `*` for all of them.
        let is_any = |known: &TextMatch| matches!(known, TextMatch::Exact(text) if **text == *b"*");
        let may = cors.origins.iter().any(|known| is_any(known) || known.matches(origin.as_bytes()));
        may.then(|| Self { cors, origin: origin.clone() })
    }

    /// The answer to a question whether a call may be made.
    pub(super) fn preflight(&self, parts: &Parts) -> Option<Reply> {
        if parts.method != Method::OPTIONS || !parts.headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD) {
            return None;
        }
        let mut reply = Reply::bare(StatusCode::OK, "cors_preflight");
        self.put_origin(reply.headers_mut());
        let Cors { methods, headers, max_age, .. } = self.cors;
        let said = [(ACCESS_CONTROL_ALLOW_METHODS, methods), (ACCESS_CONTROL_ALLOW_HEADERS, headers), (ACCESS_CONTROL_MAX_AGE, max_age)];
        for (name, value) in said {
            put(reply.headers_mut(), name, value.as_ref());
        }
        put(reply.headers_mut(), ACCESS_CONTROL_EXPOSE_HEADERS, self.cors.expose.as_ref());
        Some(reply)
    }

    /// Says of an answer who may read it.
    pub(super) fn put(&self, headers: &mut HeaderMap) {
        self.put_origin(headers);
        put(headers, ACCESS_CONTROL_EXPOSE_HEADERS, self.cors.expose.as_ref());
    }

    fn put_origin(&self, headers: &mut HeaderMap) {
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, self.origin.clone());
        if self.cors.credentials {
            headers.insert(ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
        }
    }
}

fn put(headers: &mut HeaderMap, name: HeaderName, value: Option<&HeaderValue>) {
    if let Some(value) = value.filter(|value| !value.is_empty()) {
        headers.insert(name, value.clone());
    }
}
