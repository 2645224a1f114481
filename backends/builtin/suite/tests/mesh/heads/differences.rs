//! What our proxy does otherwise than Envoy, and why. `docs/proxy.md` tells the same to users.

/// A difference that is meant. One that is no longer there fails as one that is not named does.
pub(super) struct Difference {
    pub(super) cases: &'static [&'static str],
    /// Lines that Envoy has, and ours not.
    pub(super) recorded: &'static [&'static str],
    /// Lines that ours has, and Envoy not.
    pub(super) ours: &'static [&'static str],
    pub(super) why: &'static str,
}

/// The words behind a status, which nobody is to read (RFC 9112, section 4).
const WORDS: &str = "an application's own words go through";

/// What `Connection` of an answer names goes no further (RFC 9110, section 7.6.1), and a caller of HEAD learns of no framing.
const HOP: &str = "what is for one hop stays there";

/// They are meant for the proxy itself, whoever gives them.
const ORDERS: &str = "what `x-envoy-` headers tell a proxy no caller tells";

/// RFC 9110, section 5.3: both are one list.
const LISTS: &str = "lines of one name stay lines of their own";

/// 503 and 14 in either case.
const RESET: &str = "a stream that its server resets is told as a connection that it ends";

const CLOSES: &[&str] = &["connection: close", "+ and the connection ends"];

pub(super) const KNOWN: [Difference; 19] = [
    Difference {
        cases: &["POST with trailers"],
        recorded: &[],
        ours: &["+ x-sum: 1"],
        why: "trailers that are announced go through, of HTTP/1.1 as of HTTP/2",
    },
    Difference {
        cases: &["a method of nobody"],
        recorded: &[
            "HTTP/1.1 400 Bad Request",
            "connection: close",
            "content-length: 11",
            "content-type: text/plain",
            "| Bad Request",
            "+ and the connection ends",
        ],
        ours: &[
            "--- received",
            "BREW / HTTP/1.1",
            "content-length: 0",
            "host: api-v2.shop",
            "x-forwarded-client-cert: By=spiffe://cluster.local/ns/shop/sa/api-v2;Hash=SHA256;URI=spiffe://cluster.local/ns/shop/sa/web",
            "x-forwarded-proto: http",
            "x-request-id: UUID",
            "HTTP/1.1 200 OK",
            "content-length: 2",
            "| ok",
        ],
        why: "a method is any token (RFC 9110, section 9.1): the rules and the server say whether it is known",
    },
    Difference {
        cases: &["lists twice"],
        recorded: &["accept: text/html,text/plain;q=0.5", "via: 1.1 a,1.1 b"],
        ours: &["accept: text/html", "accept: text/plain;q=0.5", "via: 1.1 a", "via: 1.1 b"],
        why: LISTS,
    },
    Difference {
        cases: &["X-Request-Id twice"],
        recorded: &["x-request-id: 1,2"],
        ours: &["x-request-id: 1", "x-request-id: 2"],
        why: LISTS,
    },
    Difference { cases: &["X-Envoy of the caller"], recorded: &["x-envoy-original-path: /z"], ours: &[], why: ORDERS },
    Difference {
        cases: &["outside: X-Envoy"],
        recorded: &["x-envoy-decorator-operation: a", "x-envoy-original-path: /z"],
        ours: &[],
        why: ORDERS,
    },
    Difference {
        cases: &["outside: HTTP/1.0"],
        recorded: &["HTTP/1.1 426 Upgrade Required"],
        ours: &["HTTP/1.0 426 Upgrade Required"],
        why: "who speaks HTTP/1.0 is answered in it",
    },
    Difference { cases: &["200 in other words"], recorded: &["HTTP/1.1 200 OK"], ours: &["HTTP/1.1 200 Very Well"], why: WORDS },
    Difference { cases: &["200 without words"], recorded: &["HTTP/1.1 200 OK"], ours: &["HTTP/1.1 200 "], why: WORDS },
    Difference { cases: &["599"], recorded: &["HTTP/1.1 599 Last Unassigned Server Error Code"], ours: &["HTTP/1.1 599 Odd"], why: WORDS },
    Difference {
        cases: &["retried", "POST retried"],
        recorded: &["HTTP/1.1 503 Service Unavailable"],
        ours: &["HTTP/1.1 503 No"],
        why: WORDS,
    },
    Difference {
        cases: &["answered by the route", "HEAD answered by the route", "POST answered by the route", "fault", "HEAD fault"],
        recorded: &["HTTP/1.1 418 Unknown"],
        ours: &["HTTP/1.1 418 I'm a teapot"],
        why: WORDS,
    },
    Difference { cases: &["200 and Connection with options"], recorded: &["x-foo: 1"], ours: &[], why: HOP },
    Difference {
        cases: &["to HEAD in chunks", "to HEAD without a length", "HEAD redirected", "HEAD of no route"],
        recorded: &["transfer-encoding: chunked"],
        ours: &[],
        why: HOP,
    },
    Difference {
        cases: &["304"],
        recorded: &["content-length: 5"],
        ours: &[],
        why: "of what has not changed no length is told (it may be: RFC 9110, section 15.4.5)",
    },
    Difference {
        cases: &["HTTP/2: POST of nothing", "HTTP/2: OPTIONS"],
        recorded: &[],
        ours: &["content-length: 0"],
        why: "that there is no body is said, as in HTTP/1.1",
    },
    Difference {
        cases: &["POST redirected", "POST answered by the route", "POST of no route"],
        recorded: CLOSES,
        ours: &[],
        why: "the rest of a request that was answered early is read, and the connection serves the next",
    },
    Difference {
        cases: &["HTTP/2: reset by the server"],
        recorded: &["content-length: 85", "| upstream connect error or disconnect/reset before headers. reset reason: remote reset"],
        ours: &["content-length: 95", "| upstream connect error or disconnect/reset before headers. reset reason: connection termination"],
        why: RESET,
    },
    Difference {
        cases: &["gRPC: reset by the server"],
        recorded: &["grpc-message: upstream connect error or disconnect/reset before headers. reset reason: remote reset"],
        ours: &["grpc-message: upstream connect error or disconnect/reset before headers. reset reason: connection termination"],
        why: RESET,
    },
];
