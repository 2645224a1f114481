//! Headers that are a connection's own, or a proxy's.

use bytes::Bytes;
use http::header::{CONNECTION, CONTENT_LENGTH, COOKIE, EXPECT, HOST, HeaderName, HeaderValue, TE, TRANSFER_ENCODING, UPGRADE};
use http::{HeaderMap, Method, Version};

use crate::table::{HeaderEdits, Peer};
use crate::tls;

pub(super) const CLIENT_CERTIFICATE: HeaderName = HeaderName::from_static("x-forwarded-client-cert");
pub(super) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
const KEEP_ALIVE: HeaderName = HeaderName::from_static("keep-alive");
const PROXY_CONNECTION: HeaderName = HeaderName::from_static("proxy-connection");
const HTTP2_SETTINGS: HeaderName = HeaderName::from_static("http2-settings");

/// Orders to a proxy, which only a proxy may give: Envoy takes the same out of what strangers send.
const ORDERS: [&str; 18] = [
    "x-envoy-decorator-operation",
    "x-envoy-downstream-service-cluster",
    "x-envoy-downstream-service-node",
    "x-envoy-expected-rq-timeout-ms",
    "x-envoy-force-trace",
    "x-envoy-hedge-on-per-try-timeout",
    "x-envoy-internal",
    "x-envoy-ip-tags",
    "x-envoy-max-retries",
    "x-envoy-original-path",
    "x-envoy-original-url",
    "x-envoy-retriable-header-names",
    "x-envoy-retriable-status-codes",
    "x-envoy-retry-grpc-on",
    "x-envoy-retry-on",
    "x-envoy-upstream-alt-stat-name",
    "x-envoy-upstream-rq-per-try-timeout-ms",
    "x-envoy-upstream-rq-timeout-ms",
];

/// Takes out what is meant for the next hop alone. `upgrade`: what the connection becomes, which the next hop is told again.
pub(super) fn strip(headers: &mut HeaderMap, upgrade: Option<&HeaderValue>) {
    if headers.contains_key(CONNECTION) {
        let named = headers.get_all(CONNECTION).iter().flat_map(|value| value.as_bytes().split(|byte| *byte == b','));
        let named: Vec<HeaderName> = named.filter_map(|name| HeaderName::from_bytes(name.trim_ascii()).ok()).collect();
        for name in named {
            // These are read by everybody on the way, whatever a caller says of them.
            if name != HOST && name != TE {
                headers.remove(name);
            }
        }
        headers.remove(CONNECTION);
    }
    for name in [KEEP_ALIVE, PROXY_CONNECTION, TRANSFER_ENCODING, UPGRADE, HTTP2_SETTINGS] {
        headers.remove(name);
    }
    if headers.contains_key(TE) {
        // Of what a caller takes, trailers are the only thing that goes through.
        let takes_trailers = words(headers, &TE).any(|word| word.eq_ignore_ascii_case(b"trailers"));
        headers.remove(TE);
        if takes_trailers {
            headers.insert(TE, HeaderValue::from_static("trailers"));
        }
    }
    if let Some(upgrade) = upgrade {
        headers.insert(UPGRADE, upgrade.clone());
        headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
    }
}

/// Makes a request's headers those that the mesh vouches for.
pub(super) fn vouch(headers: &mut HeaderMap, told: Peer, peer: Option<&tls::Peer>) {
    match (told, peer) {
        (Peer::Replace, Some(peer)) => {
            headers.insert(CLIENT_CERTIFICATE, peer.told.clone());
        }
        (Peer::Replace | Peer::Remove, _) => {
            headers.remove(CLIENT_CERTIFICATE);
        }
    }
    if headers.keys().any(|name| name.as_str().starts_with("x-envoy-")) {
        ORDERS.iter().for_each(|name| drop(headers.remove(*name)));
    }
    if headers.get(EXPECT).is_some_and(|expected| expected.as_bytes().eq_ignore_ascii_case(b"100-continue")) {
        // The proxy itself has said that it may go on.
        headers.remove(EXPECT);
    }
    if !headers.contains_key(FORWARDED_PROTO) {
        headers.insert(FORWARDED_PROTO, HeaderValue::from_static(if peer.is_some() { "https" } else { "http" }));
    }
    if headers.get(REQUEST_ID).is_none_or(HeaderValue::is_empty) {
        headers.insert(REQUEST_ID, request_id());
    }
}

/// The words of a list, which may be in more than one line.
fn words<'h>(headers: &'h HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'h [u8]> {
    headers.get_all(name).iter().flat_map(|value| value.as_bytes().split(|byte| *byte == b',')).map(<[u8]>::trim_ascii)
}

/// Whether a caller takes away by `Connection` what proxies tell each other of it: Envoy refuses that, too.
pub(super) fn hides_the_way(headers: &HeaderMap) -> bool {
    let told = [&b"x-forwarded-for"[..], b"x-forwarded-host", b"x-forwarded-proto"];
    headers.contains_key(CONNECTION) && words(headers, &CONNECTION).any(|word| told.iter().any(|told| word.eq_ignore_ascii_case(told)))
}

/// Puts the cookies of a caller of HTTP/2, who may send each of them alone, into the one line that all others read.
///
/// Source: RFC 9113, section 8.2.3.
pub(super) fn join_cookies(headers: &mut HeaderMap) {
    if headers.get_all(COOKIE).iter().nth(1).is_none() {
        return;
    }
    let lines: Vec<&[u8]> = headers.get_all(COOKIE).iter().map(HeaderValue::as_bytes).collect();
    // Lines that are values are one together.
    if let Ok(joined) = HeaderValue::from_bytes(&lines.join(&b"; "[..])) {
        headers.insert(COOKIE, joined);
    }
}

/// Says of a request of HTTP/1.1 that it has no body, where its method would let a server wait for one.
///
/// Source: RFC 9110, section 8.6.
pub(super) fn put_no_length(method: &Method, headers: &mut HeaderMap) {
    let has_none = matches!(*method, Method::GET | Method::HEAD | Method::DELETE | Method::TRACE | Method::CONNECT);
    if !has_none {
        headers.entry(CONTENT_LENGTH).or_insert(HeaderValue::from_static("0"));
    }
}

/// A random UUID (version 4).
fn request_id() -> HeaderValue {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    let mut bits = fastrand::u128(..);
    bits = bits & !(0xf << 76) | (4 << 76);
    bits = bits & !(0b11 << 62) | (0b10 << 62);
    let mut text = Vec::with_capacity(36);
    for digit in 0..32 {
        if matches!(digit, 8 | 12 | 16 | 20) {
            text.push(b'-');
        }
        text.push(HEX[(bits >> (124 - digit * 4)) as usize & 15]);
    }
    // Digits and dashes are a value.
    HeaderValue::from_maybe_shared(Bytes::from(text)).unwrap_or_else(|_| HeaderValue::from_static(""))
}

/// Whether the body has no other coding than the one that connections have of their own: it is undone here, and no other is.
pub(super) fn is_coding_known(headers: &HeaderMap) -> bool {
    let mut codings = headers.get_all(TRANSFER_ENCODING).iter();
    let is_chunked = codings.next().is_none_or(|coding| coding.as_bytes().trim_ascii().eq_ignore_ascii_case(b"chunked"));
    is_chunked && codings.next().is_none()
}

/// Makes the edits of a route.
pub(super) fn edit(headers: &mut HeaderMap, edits: &HeaderEdits) {
    for name in &edits.remove {
        headers.remove(name);
    }
    for edit in &edits.put {
        if edit.replace {
            headers.insert(edit.name.clone(), edit.value.clone());
        } else {
            headers.append(edit.name.clone(), edit.value.clone());
        }
    }
}

/// The upgrade that a request asks for; `Err`: one that is not allowed.
pub(super) fn upgrade(headers: &HeaderMap, version: Version, websocket: bool) -> Result<Option<HeaderValue>, ()> {
    let Some(wanted) = headers.get(UPGRADE).filter(|_| version == Version::HTTP_11) else { return Ok(None) };
    let named =
        |value: &HeaderValue| value.as_bytes().split(|byte| *byte == b',').any(|word| word.trim_ascii().eq_ignore_ascii_case(b"upgrade"));
    if !headers.get_all(CONNECTION).iter().any(named) {
        return Ok(None);
    }
    if wanted.as_bytes().eq_ignore_ascii_case(b"websocket") {
        return if websocket { Ok(Some(wanted.clone())) } else { Err(()) };
    }
    // HTTP/2 begins with its preface here; who asks for it in this way goes on as before. So do those who ask for TLS.
    let is_ignored = [&b"h2c"[..], b"h2", b"TLS/1.0"].iter().any(|known| wanted.as_bytes().eq_ignore_ascii_case(known));
    if is_ignored { Ok(None) } else { Err(()) }
}

/// Headers of an answer that are for the next hop.
pub(super) fn strip_answer(headers: &mut HeaderMap, upgrade: bool) {
    let upgraded = if upgrade { headers.get(UPGRADE).cloned() } else { None };
    strip(headers, upgraded.as_ref());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(lines: &[(&'static str, &'static str)]) -> HeaderMap {
        lines.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn what_a_connection_names_goes_no_further() {
        let lines = [("connection", "keep-alive, x-own"), ("x-own", "1"), ("keep-alive", "5"), ("te", "gzip"), ("x-other", "2")];
        let mut own = headers(&lines);
        strip(&mut own, None);
        assert_eq!(own, headers(&[("x-other", "2")]));
    }

    #[test]
    fn a_caller_cannot_take_the_host_away() {
        let mut own = headers(&[("connection", "host, te"), ("host", "api"), ("te", "trailers")]);
        strip(&mut own, None);
        assert_eq!(own, headers(&[("host", "api"), ("te", "trailers")]));
    }

    #[test]
    fn of_what_a_caller_takes_trailers_are_left() {
        for (said, left) in [("gzip, Trailers", Some("trailers")), ("trailers", Some("trailers")), ("gzip", None), ("trailers;q=1", None)] {
            let mut own = headers(&[("te", said)]);
            strip(&mut own, None);
            assert_eq!(own.get(TE).map(HeaderValue::as_bytes), left.map(str::as_bytes), "{said}");
        }
    }

    #[test]
    fn what_a_server_is_to_answer_is_left_to_it() {
        for (said, stays) in [("100-Continue", false), ("tea", true)] {
            let mut own = headers(&[("expect", said)]);
            vouch(&mut own, Peer::Remove, None);
            assert_eq!(own.contains_key(EXPECT), stays, "{said}");
        }
    }

    #[test]
    fn an_empty_id_is_none() {
        let mut own = headers(&[("x-request-id", "")]);
        vouch(&mut own, Peer::Remove, None);
        assert_eq!(own.get(REQUEST_ID).map(HeaderValue::len), Some(36));
    }

    #[test]
    fn cookies_become_one_line() {
        let mut own = headers(&[]);
        for cookie in ["a=1", "b=2"] {
            own.append(COOKIE, HeaderValue::from_static(cookie));
        }
        join_cookies(&mut own);
        assert_eq!(own, headers(&[("cookie", "a=1; b=2")]));
    }

    #[test]
    fn the_way_is_not_for_callers_to_hide() {
        assert!(hides_the_way(&headers(&[("connection", "x-own, X-Forwarded-For")])));
        assert!(!hides_the_way(&headers(&[("connection", "x-own"), ("x-forwarded-for", "1.1.1.1")])));
    }

    #[test]
    fn who_could_have_a_body_and_has_none_says_so() {
        for (method, says) in [(Method::POST, true), (Method::OPTIONS, true), (Method::GET, false), (Method::DELETE, false)] {
            let mut own = headers(&[]);
            put_no_length(&method, &mut own);
            assert_eq!(own.contains_key(CONTENT_LENGTH), says, "{method}");
        }
    }

    #[test]
    fn an_id_is_a_random_uuid() {
        let (one, other) = (request_id(), request_id());
        assert_ne!(one, other);
        let text = one.to_str().expect("text");
        assert!(
            regex::Regex::new("^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$").expect("one").is_match(text),
            "{text}"
        );
    }

    #[test]
    fn which_upgrade_is_wanted() {
        let ask = |value| upgrade(&headers(&[("connection", "keep-alive, Upgrade"), ("upgrade", value)]), Version::HTTP_11, true);
        assert_eq!(ask("WebSocket").map(|value| value.is_some()), Ok(true));
        assert_eq!(ask("h2c"), Ok(None));
        assert_eq!(ask("spdy"), Err(()));
        assert_eq!(upgrade(&headers(&[("upgrade", "websocket")]), Version::HTTP_11, true), Ok(None));
    }
}
