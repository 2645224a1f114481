//! Requests by HTTP/2, those of gRPC among them.

use super::case::{Asks, Case};
use super::http2::{Answer, Ask, Headers};
use super::server::Says;

const OK: Answer = Answer { status: 200, headers: &[("content-length", "2")], body: Some("ok"), trailers: &[] };

const fn asks(name: &'static str, method: &'static str, headers: Headers, body: Option<&'static str>, trailers: Headers) -> Case {
    answered(name, Ask { method, path: "/", headers, body, trailers }, &OK)
}

const fn answered(name: &'static str, ask: Ask, answer: &'static Answer) -> Case {
    Case { name, asks: Asks::Http2(ask), says: Says::Http2(answer) }
}

const GET: Ask = Ask { method: "GET", path: "/", headers: &[], body: None, trailers: &[] };

const HEAD: Ask = Ask { method: "HEAD", ..GET };

/// One message of no byte.
const MESSAGE: &str = "\0\0\0\0\0";

const GRPC: Ask = Ask {
    method: "POST",
    path: "/shop.Cart/Add",
    headers: &[("content-type", "application/grpc"), ("te", "trailers"), ("grpc-timeout", "3S"), ("x-data-bin", "AAE")],
    body: Some(MESSAGE),
    trailers: &[],
};

pub(super) const CASES: [Case; 20] = [
    asks("HTTP/2: GET", "GET", &[], None, &[]),
    asks("HTTP/2: GET with what clients send", "GET", &[("user-agent", "a/1"), ("accept", "*/*"), ("x-a", "2"), ("x-a", "1")], None, &[]),
    asks("HTTP/2: many cookies", "GET", &[("cookie", "a=1"), ("cookie", "b=2"), ("cookie", "c=3")], None, &[]),
    answered("HTTP/2: HEAD", HEAD, &Answer { status: 200, headers: &[("content-length", "2")], body: None, trailers: &[] }),
    asks("HTTP/2: POST of nothing", "POST", &[], None, &[]),
    asks("HTTP/2: POST", "POST", &[("content-type", "text/plain")], Some("hello"), &[]),
    asks("HTTP/2: POST with a length", "POST", &[("content-length", "5")], Some("hello"), &[]),
    asks("HTTP/2: POST with trailers", "POST", &[("te", "trailers")], Some("hello"), &[("x-sum", "1")]),
    asks("HTTP/2: OPTIONS", "OPTIONS", &[], None, &[]),
    asks(
        "HTTP/2: X-Forwarded",
        "GET",
        &[("x-forwarded-for", "1.2.3.4"), ("x-forwarded-proto", "https"), ("x-forwarded-host", "a")],
        None,
        &[],
    ),
    asks(
        "HTTP/2: X-Envoy",
        "GET",
        &[("x-envoy-retry-on", "5xx"), ("x-envoy-upstream-rq-timeout-ms", "9"), ("x-envoy-attempt-count", "7")],
        None,
        &[],
    ),
    asks("HTTP/2: X-Request-Id", "GET", &[("x-request-id", "4711")], None, &[]),
    asks("HTTP/2: Expect", "POST", &[("expect", "100-continue")], Some("hello"), &[]),
    answered(
        "HTTP/2: answered with trailers",
        GET,
        &Answer { status: 200, headers: &[("trailer", "x-sum")], body: Some("hello"), trailers: &[("x-sum", "1")] },
    ),
    answered("HTTP/2: answered 204", GET, &Answer { status: 204, headers: &[("x-a", "1")], body: None, trailers: &[] }),
    answered(
        "HTTP/2: answered 304",
        GET,
        &Answer { status: 304, headers: &[("etag", "\"a\""), ("content-length", "5")], body: None, trailers: &[] },
    ),
    answered(
        "HTTP/2: answered in odd headers",
        GET,
        &Answer {
            status: 200,
            headers: &[
                ("server", "own/1"),
                ("date", "Sun, 06 Nov 1994 08:49:37 GMT"),
                ("set-cookie", "a=1"),
                ("set-cookie", "b=2"),
                ("x-envoy-upstream-service-time", "7"),
            ],
            body: Some(""),
            trailers: &[],
        },
    ),
    answered(
        "gRPC: a call",
        GRPC,
        &Answer {
            status: 200,
            headers: &[("content-type", "application/grpc")],
            body: Some(MESSAGE),
            trailers: &[("grpc-status", "0"), ("grpc-message", "")],
        },
    ),
    answered(
        "gRPC: an answer of trailers alone",
        GRPC,
        &Answer {
            status: 200,
            headers: &[("content-type", "application/grpc"), ("grpc-status", "5"), ("grpc-message", "no%20such")],
            body: None,
            trailers: &[],
        },
    ),
    answered(
        "gRPC: answered by who speaks none",
        GRPC,
        &Answer { status: 503, headers: &[("content-type", "text/plain")], body: Some("no"), trailers: &[] },
    ),
];

/// Where nobody may call.
pub(super) const DENIED: [Case; 3] = [
    asks("HTTP/2: denied", "GET", &[], None, &[]),
    asks("HTTP/2: HEAD denied", "HEAD", &[], None, &[]),
    answered("gRPC: denied", GRPC, &OK),
];

const fn called(path: &'static str) -> Ask {
    Ask { path, ..GRPC }
}

/// Nothing of the server's is awaited.
const fn silent(name: &'static str, ask: Ask) -> Case {
    Case { name, asks: Asks::Http2(ask), says: Says::Nothing }
}

const UNAVAILABLE: Answer = Answer {
    status: 200,
    headers: &[("content-type", "application/grpc"), ("grpc-status", "14"), ("grpc-message", "no")],
    body: None,
    trailers: &[],
};

/// The server resets the stream.
const fn reset(name: &'static str, ask: Ask) -> Case {
    Case { name, asks: Asks::Http2(ask), says: Says::Ends(b"") }
}

/// On routes that do more than to lead on.
pub(super) const ROUTES: [Case; 12] = [
    reset("HTTP/2: reset by the server", GET),
    reset("gRPC: reset by the server", GRPC),
    answered("HTTP/2: rewritten", Ask { path: "/old/x?q=1", ..GET }, &OK),
    silent("HTTP/2: redirected", Ask { path: "/gone/x?q=1", ..GET }),
    silent("HTTP/2: answered by the route", Ask { path: "/direct", ..GET }),
    silent("HTTP/2: timeout", Ask { path: "/timeout", ..GET }),
    silent("gRPC: timeout", called("/timeout/Add")),
    silent("gRPC: redirected", called("/gone/Add")),
    silent("gRPC: answered by the route", called("/direct/Add")),
    silent("gRPC: fault", called("/fault/Add")),
    silent("gRPC: beyond the rate", called("/limited/Add")),
    answered("gRPC: a failure that is no failure of HTTP", called("/retried/Add"), &UNAVAILABLE),
];

/// Where no route leads, and where the application does not run.
pub(super) const REFUSALS: [Case; 4] = [
    silent("HTTP/2: no route", Ask { path: "/unknown", ..GET }),
    silent("HTTP/2: refused", Ask { path: "/known", ..GET }),
    silent("gRPC: no route", called("/unknown/Add")),
    silent("gRPC: refused", called("/known/Add")),
];
