//! Answers of HTTP/1.1, plain and odd, that all mean no harm.

use super::case::{Asks, Case, ends, says};
use super::server::Says;

/// An answer to HEAD.
const fn to_head(name: &'static str, answer: &'static [u8]) -> Case {
    Case { name, asks: Asks::Http1(b"HEAD / HTTP/1.1\r\nhost: api-v2.shop\r\n\r\n"), says: Says::Stays(answer) }
}

pub(super) const CASES: [Case; 29] = [
    says("200", b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 5\r\n\r\nhello"),
    says("200 in other words", b"HTTP/1.1 200 Very Well\r\ncontent-length: 5\r\n\r\nhello"),
    says("200 without words", b"HTTP/1.1 200 \r\ncontent-length: 5\r\n\r\nhello"),
    says("200 of nothing", b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"),
    says("200 in chunks", b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n"),
    says("200 in no chunk", b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n"),
    says(
        "200 with trailers",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ntrailer: x-sum\r\n\r\n5\r\nhello\r\n\
              0\r\nx-sum: 1\r\n\r\n",
    ),
    ends("200 to the end", b"HTTP/1.1 200 OK\r\n\r\nhello"),
    ends("200 and Connection: close", b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 5\r\n\r\nhello"),
    says(
        "200 and Connection with options",
        b"HTTP/1.1 200 OK\r\nconnection: keep-alive, x-foo\r\n\
              keep-alive: timeout=9\r\nx-foo: 1\r\nx-bar: 2\r\ncontent-length: 5\r\n\r\nhello",
    ),
    ends("200 of HTTP/1.0", b"HTTP/1.0 200 OK\r\ncontent-length: 5\r\n\r\nhello"),
    says(
        "a server and a date of its own",
        b"HTTP/1.1 200 OK\r\nserver: own/1\r\n\
              date: Sun, 06 Nov 1994 08:49:37 GMT\r\nvia: 1.1 own\r\ncontent-length: 5\r\n\r\nhello",
    ),
    says(
        "what Envoy would say",
        b"HTTP/1.1 200 OK\r\nx-envoy-upstream-service-time: 7\r\nx-envoy-overloaded: true\r\n\
              x-envoy-ratelimited: true\r\nx-envoy-decorator-operation: a\r\nx-envoy-attempt-count: 4\r\n\
              x-request-id: 12\r\ncontent-length: 5\r\n\r\nhello",
    ),
    says(
        "cookies and headers twice",
        b"HTTP/1.1 200 OK\r\nset-cookie: a=1\r\nset-cookie: b=2; Path=/\r\nx-a: 2\r\n\
              x-a: 1\r\nVary: Accept\r\ncontent-length: 5\r\n\r\nhello",
    ),
    says(
        "values of other bytes, and empty ones",
        b"HTTP/1.1 200 OK\r\nx-a: \xff\xe4\r\nx-b:\r\nX-Mixed: 1\r\n\
              content-length: 5\r\n\r\nhello",
    ),
    says(
        "an upgrade that is offered",
        b"HTTP/1.1 200 OK\r\nupgrade: h2c\r\nconnection: upgrade\r\n\
              proxy-connection: keep-alive\r\ncontent-length: 5\r\n\r\nhello",
    ),
    says(
        "alternatives",
        b"HTTP/1.1 200 OK\r\nalt-svc: h3=\":443\"\r\nstrict-transport-security: max-age=1\r\n\
              content-length: 5\r\n\r\nhello",
    ),
    says("100 before", b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello"),
    says("103 before", b"HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello"),
    says("201", b"HTTP/1.1 201 Created\r\nlocation: /x/1\r\netag: \"a\"\r\ncontent-length: 0\r\n\r\n"),
    says("204", b"HTTP/1.1 204 No Content\r\nx-a: 1\r\n\r\n"),
    says("206", b"HTTP/1.1 206 Partial Content\r\ncontent-range: bytes 0-4/9\r\naccept-ranges: bytes\r\ncontent-length: 5\r\n\r\nhello"),
    says("304", b"HTTP/1.1 304 Not Modified\r\netag: \"a\"\r\ncontent-length: 5\r\n\r\n"),
    says("401", b"HTTP/1.1 401 Unauthorized\r\nwww-authenticate: Basic\r\nproxy-authenticate: Basic\r\ncontent-length: 2\r\n\r\nno"),
    says("599", b"HTTP/1.1 599 Odd\r\ncontent-length: 2\r\n\r\nno"),
    to_head("to HEAD with a length", b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n"),
    to_head("to HEAD in chunks", b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"),
    to_head("to HEAD without a length", b"HTTP/1.1 200 OK\r\nx-a: 1\r\n\r\n"),
    to_head("to HEAD with 404", b"HTTP/1.1 404 Not Found\r\ncontent-length: 9\r\n\r\n"),
];
