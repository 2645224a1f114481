//! An HTTP request as a proxy sees it.

use std::borrow::Cow;

use meshglot_translator::eval::asked::{Part, Test, asks};
use meshglot_translator::eval::{Call, Request};

use super::path::{Normalization, Target};

/// Method, path and headers after normalisation.
#[derive(Clone, Debug)]
pub(super) struct Message<'r> {
    pub(super) method: &'r str,
    /// Normalised, without query.
    pub(super) path: String,
    /// Without its `?`.
    pub(super) query: Option<&'r str>,
    /// `:authority`, as sent.
    pub(super) authority: Cow<'r, str>,
    headers: Cow<'r, [(String, String)]>,
    /// Headers that were changed to something that is not known.
    opaque: Vec<String>,
}

/// What is known of a header.
pub(super) enum Header<'m> {
    Absent,
    /// One for each time it was sent.
    Values(Vec<Cow<'m, str>>),
    Unknown,
}

/// What a proxy makes of the request before any route.
pub(super) enum Received<'r> {
    Message(Message<'r>),
    /// Not HTTP.
    Bytes,
    /// 400.
    Rejected,
    Unknown,
}

impl<'r> Message<'r> {
    /// Receives a request.
    pub(super) fn receive(request: &'r Request, normalization: Normalization) -> Received<'r> {
        let Call::Http { method, target, headers } = &request.call else { return Received::Bytes };
        let (path, query) = match normalization.target(target) {
            Target::Path(path, query) => (path, query),
            Target::Rejected => return Received::Rejected,
            Target::Unknown => return Received::Unknown,
        };
        let mut hosts = request.header("host");
        // No client leaves the host out; who asks without one means the Service.
        let named = || Cow::Owned(format!("{}.{}:{}", request.service.name, request.service.namespace, request.port));
        let authority = hosts.next().map_or_else(named, Cow::Borrowed);
        if hosts.next().is_some() || authority.is_empty() {
            return Received::Unknown;
        }
        Received::Message(Self { method, path, query, authority, headers: Cow::Borrowed(headers), opaque: Vec::new() })
    }

    /// The next proxy normalises again what a rewrite made.
    pub(super) fn received_again(self, normalization: Normalization) -> Received<'r> {
        match normalization.path(&self.path) {
            Some(path) => Received::Message(Self { path, ..self }),
            None => Received::Rejected,
        }
    }

    /// `:authority` in lower case without its port, as virtual hosts are found.
    pub(super) fn host(&self) -> String {
        let host = self.authority.to_ascii_lowercase();
        match host.rsplit_once(':') {
            Some((name, port)) if port.bytes().all(|digit| digit.is_ascii_digit()) => name.to_owned(),
            _ => host,
        }
    }

    /// A header by its name in lower case, pseudo headers included.
    pub(super) fn header(&self, name: &str) -> Header<'_> {
        asks(|| Part::header(name), Test::Present, false);
        match name {
            ":method" => return Header::Values(vec![Cow::Borrowed(self.method)]),
            // Envoy keeps both under one name.
            ":authority" | "host" => return Header::Values(vec![Cow::Borrowed(&self.authority)]),
            ":path" => {
                let query = self.query.map(|query| format!("{}?{query}", self.path));
                return Header::Values(vec![query.map_or(Cow::Borrowed(&*self.path), Cow::Owned)]);
            }
            _ if is_written_by_proxies(name) || self.opaque.iter().any(|opaque| opaque == name) => return Header::Unknown,
            _ => {}
        }
        let sent = self.headers.iter().filter(|(key, _)| key.eq_ignore_ascii_case(name));
        // Space around a value is no part of it (RFC 9110 section 5.5).
        let values: Vec<Cow<'_, str>> = sent.map(|(_, value)| Cow::Borrowed(value.trim_matches([' ', '\t']))).collect();
        if values.is_empty() { Header::Absent } else { Header::Values(values) }
    }

    /// The first value of a query parameter, not decoded.
    pub(super) fn parameter(&self, name: &str) -> Option<&'r str> {
        let pairs = self.query?.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, "")));
        pairs.into_iter().find(|(key, _)| *key == name).map(|(_, value)| value)
    }

    /// Removes a header.
    pub(super) fn remove(&mut self, name: &str) {
        self.headers.to_mut().retain(|(key, _)| !key.eq_ignore_ascii_case(name));
    }

    /// Adds a header beside those of its name.
    pub(super) fn add(&mut self, name: &str, value: &str) {
        self.headers.to_mut().push((name.to_owned(), value.to_owned()));
    }

    /// Forgets what a header holds.
    pub(super) fn forget(&mut self, name: &str) {
        self.opaque.push(name.to_ascii_lowercase());
    }
}

/// Headers that proxies on the way set, remove or change: what was sent says nothing of what arrives.
fn is_written_by_proxies(name: &str) -> bool {
    const PREFIXES: [&str; 6] = [":", "x-envoy-", "x-forwarded-", "x-b3-", "x-datadog-", "x-istio-"];
    const NAMES: [&str; 16] = [
        "b3",
        "connection",
        "content-length",
        "expect",
        "grpc-trace-bin",
        "keep-alive",
        "proxy-connection",
        "server",
        "te",
        "traceparent",
        "tracestate",
        "transfer-encoding",
        "upgrade",
        "via",
        "x-client-trace-id",
        "x-request-id",
    ];
    NAMES.contains(&name) || PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}
