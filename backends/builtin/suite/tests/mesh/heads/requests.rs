//! Requests of HTTP/1.1, plain and odd, that are all sent on or refused for what they are.

use super::case::{Case, asks};

pub(super) const CASES: [Case; 57] = [
    asks("GET", b"GET / HTTP/1.1\r\nhost: api-v2.shop\r\n\r\n"),
    asks(
        "GET with what clients send",
        b"GET /a/b?c=d&e=%20f HTTP/1.1\r\nHost: api-v2.shop\r\nUser-Agent: curl/8\r\n\
              Accept: */*\r\nAccept-Encoding: gzip, br\r\n\r\n",
    ),
    asks(
        "GET of a page of another site",
        b"GET / HTTP/1.1\r\nhost: api-v2.shop\r\norigin: https://a.example\r\n\
              referer: https://a.example/x?y\r\n\r\n",
    ),
    asks("HEAD", b"HEAD / HTTP/1.1\r\nhost: api-v2.shop\r\n\r\n"),
    asks("POST with a length", b"POST / HTTP/1.1\r\nhost: api-v2.shop\r\ncontent-type: text/plain\r\ncontent-length: 5\r\n\r\nhello"),
    asks("POST of nothing", b"POST / HTTP/1.1\r\nhost: api-v2.shop\r\ncontent-length: 0\r\n\r\n"),
    asks("POST without a word of its body", b"POST / HTTP/1.1\r\nhost: api-v2.shop\r\n\r\n"),
    asks("POST in chunks", b"POST / HTTP/1.1\r\nhost: api-v2.shop\r\ntransfer-encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n"),
    asks(
        "POST in chunks with an extension",
        b"POST / HTTP/1.1\r\nhost: api-v2.shop\r\ntransfer-encoding: chunked\r\n\r\n\
              5;a=b\r\nhello\r\n0\r\n\r\n",
    ),
    asks("POST of no chunk", b"POST / HTTP/1.1\r\nhost: api-v2.shop\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n"),
    asks(
        "POST with trailers",
        b"POST / HTTP/1.1\r\nhost: api-v2.shop\r\ntransfer-encoding: chunked\r\n\
              trailer: x-sum\r\nte: trailers\r\n\r\n5\r\nhello\r\n0\r\nx-sum: 1\r\n\r\n",
    ),
    asks("GET with a length", b"GET / HTTP/1.1\r\nhost: api-v2.shop\r\ncontent-length: 5\r\n\r\nhello"),
    asks("GET of a length of nothing", b"GET / HTTP/1.1\r\nhost: api-v2.shop\r\ncontent-length: 0\r\n\r\n"),
    asks("GET in chunks", b"GET / HTTP/1.1\r\nhost: api-v2.shop\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"),
    asks("HEAD in chunks", b"HEAD / HTTP/1.1\r\nhost: api-v2.shop\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"),
    asks("DELETE in chunks", b"DELETE / HTTP/1.1\r\nhost: api-v2.shop\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"),
    asks("PUT", b"PUT /x HTTP/1.1\r\nhost: api-v2.shop\r\ncontent-length: 5\r\nif-match: \"a\"\r\n\r\nhello"),
    asks("DELETE", b"DELETE /x HTTP/1.1\r\nhost: api-v2.shop\r\n\r\n"),
    asks("OPTIONS", b"OPTIONS /x HTTP/1.1\r\nhost: api-v2.shop\r\n\r\n"),
    asks("OPTIONS of all", b"OPTIONS * HTTP/1.1\r\nhost: api-v2.shop\r\n\r\n"),
    asks("TRACE", b"TRACE / HTTP/1.1\r\nhost: api-v2.shop\r\nmax-forwards: 3\r\n\r\n"),
    asks("a method of nobody", b"BREW / HTTP/1.1\r\nhost: api-v2.shop\r\n\r\n"),
    asks("many cookies", b"GET / HTTP/1.1\r\nhost: api-v2.shop\r\ncookie: a=1; b=2\r\ncookie: c=3\r\ncookie: a=4\r\n\r\n"),
    asks("a header twice", b"GET / HTTP/1.1\r\nhost: api-v2.shop\r\nx-a: 2\r\nx-b: 3\r\nx-a: 1\r\n\r\n"),
    asks(
        "lists twice",
        b"GET / HTTP/1.1\r\nhost: api-v2.shop\r\naccept: text/html\r\naccept: text/plain;q=0.5\r\n\
              via: 1.1 a\r\nvia: 1.1 b\r\n\r\n",
    ),
    asks("an empty value", b"GET / HTTP/1.1\r\nhost: api-v2.shop\r\nx-a:\r\nx-b: \r\n\r\n"),
    asks("space around a value", b"GET / HTTP/1.1\r\nhost: api-v2.shop\r\nx-a: \t 1 2  \t\r\nx-b:3\r\n\r\n"),
    asks("a value of other bytes", b"GET / HTTP/1.1\r\nhost: api-v2.shop\r\nx-a: \xff\xfe\xe4\r\nx-b: \xc3\xa4\r\n\r\n"),
    asks("odd names", b"GET / HTTP/1.1\r\nhost: api-v2.shop\r\nX-MiXeD: 1\r\nx_under: 2\r\nx.dot!#$%&'*+^`|~: 3\r\n123: 4\r\n\r\n"),
    asks(
        "a long value",
        b"GET / HTTP/1.1\r\nhost: api-v2.shop\r\n\
              authorization: Bearer aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.bbbbbbbbbbbbb\r\n\r\n",
    ),
    asks(
        "Connection with options",
        b"GET / HTTP/1.1\r\nhost: api-v2.shop\r\nconnection: x-foo, x-bar\r\nx-foo: 1\r\n\
              x-bar: 2\r\nx-baz: 3\r\n\r\n",
    ),
    asks("Connection: keep-alive", b"GET / HTTP/1.1\r\nhost: api-v2.shop\r\nconnection: keep-alive\r\nkeep-alive: timeout=5\r\n\r\n"),
    asks("Connection: close", b"GET / HTTP/1.1\r\nhost: api-v2.shop\r\nconnection: close\r\n\r\n"),
    asks("Connection: close and an option", b"GET / HTTP/1.1\r\nhost: api-v2.shop\r\nconnection: close, x-foo\r\nx-foo: 1\r\n\r\n"),
    asks("what is for one hop", b"GET / HTTP/1.1\r\nhost: api-v2.shop\r\nproxy-connection: keep-alive\r\nkeep-alive: timeout=5\r\n\r\n"),
    asks(
        "words for another proxy",
        b"GET / HTTP/1.1\r\nhost: api-v2.shop\r\nproxy-authorization: Basic YTpi\r\n\
              proxy-authenticate: Basic\r\n\r\n",
    ),
    asks("TE: trailers", b"GET / HTTP/1.1\r\nhost: api-v2.shop\r\nte: trailers\r\nconnection: te\r\n\r\n"),
    asks("TE of more", b"GET / HTTP/1.1\r\nhost: api-v2.shop\r\nte: gzip, trailers\r\n\r\n"),
    asks(
        "Upgrade to HTTP/2",
        b"GET / HTTP/1.1\r\nhost: api-v2.shop\r\nconnection: upgrade, http2-settings\r\n\
              upgrade: h2c\r\nhttp2-settings: AAMAAABkAAQAoAAAAAIAAAAA\r\n\r\n",
    ),
    asks("Upgrade without Connection", b"GET / HTTP/1.1\r\nhost: api-v2.shop\r\nupgrade: websocket\r\n\r\n"),
    asks("Upgrade to what nobody knows", b"GET / HTTP/1.1\r\nhost: api-v2.shop\r\nconnection: upgrade\r\nupgrade: spdy\r\n\r\n"),
    asks("Expect", b"POST / HTTP/1.1\r\nhost: api-v2.shop\r\nexpect: 100-continue\r\ncontent-length: 5\r\n\r\nhello"),
    asks("Expect of something else", b"POST / HTTP/1.1\r\nhost: api-v2.shop\r\nexpect: tea\r\ncontent-length: 5\r\n\r\nhello"),
    asks(
        "X-Forwarded of others",
        b"GET / HTTP/1.1\r\nhost: api-v2.shop\r\nx-forwarded-for: 1.2.3.4\r\n\
              x-forwarded-proto: https\r\nx-forwarded-host: other.example\r\nx-forwarded-port: 8443\r\n\
              forwarded: for=1.2.3.4\r\n\r\n",
    ),
    asks("X-Forwarded-Proto that is none", b"GET / HTTP/1.1\r\nhost: api-v2.shop\r\nx-forwarded-proto: gopher\r\n\r\n"),
    asks(
        "X-Forwarded-Client-Cert of a liar",
        b"GET / HTTP/1.1\r\nhost: api-v2.shop\r\n\
              x-forwarded-client-cert: URI=spiffe://cluster.local/ns/shop/sa/root\r\n\r\n",
    ),
    asks("X-Request-Id of the caller", b"GET / HTTP/1.1\r\nhost: api-v2.shop\r\nx-request-id: 4711\r\n\r\n"),
    asks("X-Request-Id that is empty", b"GET / HTTP/1.1\r\nhost: api-v2.shop\r\nx-request-id:\r\n\r\n"),
    asks("X-Request-Id twice", b"GET / HTTP/1.1\r\nhost: api-v2.shop\r\nx-request-id: 1\r\nx-request-id: 2\r\n\r\n"),
    asks(
        "X-Envoy of the caller",
        b"GET / HTTP/1.1\r\nhost: api-v2.shop\r\nx-envoy-retry-on: 5xx\r\n\
              x-envoy-max-retries: 5\r\nx-envoy-upstream-rq-timeout-ms: 9\r\nx-envoy-original-path: /z\r\n\
              x-envoy-attempt-count: 7\r\nx-envoy-external-address: 1.1.1.1\r\nx-envoy-peer-metadata: a\r\n\
              x-envoy-unknown: 1\r\n\r\n",
    ),
    asks(
        "traces of others",
        b"GET / HTTP/1.1\r\nhost: api-v2.shop\r\n\
              traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\r\ntracestate: a=b\r\n\
              baggage: c=d\r\nx-b3-traceid: 4bf92f3577b34da6\r\nx-client-trace-id: 5\r\n\r\n",
    ),
    asks("the absolute form", b"GET http://api-v2.shop/a?b HTTP/1.1\r\nhost: other.shop\r\n\r\n"),
    asks("the absolute form with a port and no path", b"GET http://api-v2.shop:80 HTTP/1.1\r\nhost: api-v2.shop:80\r\n\r\n"),
    asks("a host with its port", b"GET / HTTP/1.1\r\nhost: api-v2.shop:80\r\n\r\n"),
    asks("a host in capitals", b"GET / HTTP/1.1\r\nhost: API-V2.Shop\r\n\r\n"),
    asks("a path that is made another", b"GET /a/./b/../c//d?e=../f HTTP/1.1\r\nhost: api-v2.shop\r\n\r\n"),
    asks("no host", b"GET / HTTP/1.1\r\nx-a: 1\r\n\r\n"),
];
