//! Requests of a caller without a proxy, which only the server's own reads.

use super::case::{Case, asks};

pub(super) const CASES: [Case; 9] = [
    asks("outside: GET", b"GET / HTTP/1.1\r\nhost: api-v2.shop\r\n\r\n"),
    asks("outside: HTTP/1.0", b"GET / HTTP/1.0\r\nhost: api-v2.shop\r\n\r\n"),
    asks("outside: the host is an address", b"GET / HTTP/1.1\r\nhost: 10.77.1.4:8080\r\n\r\n"),
    asks("outside: any host", b"GET / HTTP/1.1\r\nhost: nobody.example\r\n\r\n"),
    asks(
        "outside: X-Envoy",
        b"GET / HTTP/1.1\r\nhost: api-v2.shop\r\nx-envoy-retry-on: 5xx\r\n\
              x-envoy-max-retries: 5\r\nx-envoy-upstream-rq-timeout-ms: 9\r\nx-envoy-original-path: /z\r\n\
              x-envoy-internal: true\r\nx-envoy-decorator-operation: a\r\nx-envoy-force-trace: 1\r\n\
              x-envoy-expected-rq-timeout-ms: 3\r\nx-envoy-attempt-count: 7\r\nx-envoy-external-address: 1.1.1.1\r\n\r\n",
    ),
    asks(
        "outside: X-Forwarded",
        b"GET / HTTP/1.1\r\nhost: api-v2.shop\r\nx-forwarded-for: 127.0.0.1\r\n\
              x-forwarded-proto: https\r\nx-forwarded-client-cert: URI=spiffe://cluster.local/ns/shop/sa/web\r\n\r\n",
    ),
    asks("outside: X-Request-Id", b"GET / HTTP/1.1\r\nhost: api-v2.shop\r\nx-request-id: 4711\r\n\r\n"),
    asks(
        "outside: Connection with options",
        b"GET / HTTP/1.1\r\nhost: api-v2.shop\r\n\
              connection: x-foo, x-forwarded-for\r\nx-foo: 1\r\nx-forwarded-for: 1.2.3.4\r\n\r\n",
    ),
    asks(
        "outside: POST with trailers",
        b"POST / HTTP/1.1\r\nhost: api-v2.shop\r\ntransfer-encoding: chunked\r\n\r\n\
              5\r\nhello\r\n0\r\nx-sum: 1\r\n\r\n",
    ),
];
