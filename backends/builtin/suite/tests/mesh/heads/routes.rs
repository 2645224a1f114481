//! Requests to routes that do more than to lead on, and how these routes are made.

use serde_json::{Value, json};

use super::case::{Asks, Case, asks};
use super::server::Says;

const fn silent(name: &'static str, request: &'static [u8]) -> Case {
    Case { name, asks: Asks::Http1(request), says: Says::Nothing }
}

const fn failing(name: &'static str, request: &'static [u8], answer: &'static [u8]) -> Case {
    Case { name, asks: Asks::Http1(request), says: Says::Stays(answer) }
}

pub(super) const CASES: [Case; 24] = [
    asks("rewritten", b"GET /old/x?q=1 HTTP/1.1\r\nhost: api-v2.shop\r\n\r\n"),
    asks("rewritten to the root", b"GET /old HTTP/1.1\r\nhost: api-v2.shop\r\n\r\n"),
    asks("edited", b"GET /edited HTTP/1.1\r\nhost: api-v2.shop\r\nx-set: 1\r\nx-add: a\r\nx-gone: 2\r\n\r\n"),
    failing(
        "edited answer",
        b"GET /edited HTTP/1.1\r\nhost: api-v2.shop\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n\
              x-answer: no\r\nx-more: 1\r\nx-received: 2\r\ncontent-length: 0\r\n\r\n",
    ),
    asks("redirected", b"GET /gone/x?q=1 HTTP/1.1\r\nhost: api-v2.shop\r\n\r\n"),
    asks("POST redirected", b"POST /gone HTTP/1.1\r\nhost: api-v2.shop:80\r\ncontent-length: 5\r\n\r\nhello"),
    asks("HEAD redirected", b"HEAD /gone HTTP/1.1\r\nhost: api-v2.shop\r\n\r\n"),
    asks("redirected to another path", b"GET /moved?a=b HTTP/1.1\r\nhost: api-v2.shop:80\r\n\r\n"),
    asks("answered by the route", b"GET /direct HTTP/1.1\r\nhost: api-v2.shop\r\n\r\n"),
    asks("HEAD answered by the route", b"HEAD /direct HTTP/1.1\r\nhost: api-v2.shop\r\n\r\n"),
    asks("POST answered by the route", b"POST /direct HTTP/1.1\r\nhost: api-v2.shop\r\ncontent-length: 5\r\n\r\nhello"),
    asks(
        "preflight",
        b"OPTIONS /sites HTTP/1.1\r\nhost: api-v2.shop\r\norigin: https://a.example\r\n\
              access-control-request-method: PUT\r\naccess-control-request-headers: x-a\r\n\r\n",
    ),
    asks(
        "preflight of a stranger",
        b"OPTIONS /sites HTTP/1.1\r\nhost: api-v2.shop\r\norigin: https://b.example\r\n\
              access-control-request-method: PUT\r\n\r\n",
    ),
    asks("of another site", b"GET /sites HTTP/1.1\r\nhost: api-v2.shop\r\norigin: https://a.example\r\n\r\n"),
    asks("fault", b"GET /fault HTTP/1.1\r\nhost: api-v2.shop\r\n\r\n"),
    asks("HEAD fault", b"HEAD /fault HTTP/1.1\r\nhost: api-v2.shop\r\n\r\n"),
    silent("timeout", b"GET /timeout HTTP/1.1\r\nhost: api-v2.shop\r\n\r\n"),
    silent("HEAD timeout", b"HEAD /timeout HTTP/1.1\r\nhost: api-v2.shop\r\n\r\n"),
    failing("retried", b"GET /retried HTTP/1.1\r\nhost: api-v2.shop\r\n\r\n", b"HTTP/1.1 503 No\r\nx-a: 1\r\ncontent-length: 2\r\n\r\nno"),
    failing(
        "POST retried",
        b"POST /retried HTTP/1.1\r\nhost: api-v2.shop\r\ntransfer-encoding: chunked\r\n\r\n5\r\n\
              hello\r\n0\r\n\r\n",
        b"HTTP/1.1 503 No\r\ncontent-length: 2\r\n\r\nno",
    ),
    asks("within the rate", b"GET /limited HTTP/1.1\r\nhost: api-v2.shop\r\n\r\n"),
    asks("beyond the rate", b"GET /limited HTTP/1.1\r\nhost: api-v2.shop\r\n\r\n"),
    asks("HEAD beyond the rate", b"HEAD /limited HTTP/1.1\r\nhost: api-v2.shop\r\n\r\n"),
    Case { name: "ended before an answer", asks: Asks::Http1(b"GET / HTTP/1.1\r\nhost: api-v2.shop\r\n\r\n"), says: Says::Ends(b"") },
];

/// Where no route leads, and where the application does not run.
pub(super) const REFUSALS: [Case; 6] = [
    asks("no route", b"GET /unknown HTTP/1.1\r\nhost: batch.shop\r\n\r\n"),
    asks("HEAD of no route", b"HEAD /unknown HTTP/1.1\r\nhost: batch.shop\r\n\r\n"),
    asks("POST of no route", b"POST /unknown HTTP/1.1\r\nhost: batch.shop\r\ncontent-length: 5\r\n\r\nhello"),
    asks("refused", b"GET /known HTTP/1.1\r\nhost: batch.shop\r\n\r\n"),
    asks("HEAD refused", b"HEAD /known HTTP/1.1\r\nhost: batch.shop\r\n\r\n"),
    asks("POST refused", b"POST /known HTTP/1.1\r\nhost: batch.shop\r\ncontent-length: 5\r\n\r\nhello"),
];

/// Puts these routes before the one that takes the rest.
pub(super) fn alter(name: &str, resource: &mut Value) {
    let Some(routes) = resource.pointer_mut("/virtual_hosts/0/routes").and_then(Value::as_array_mut) else { return };
    let Some(last) = routes.pop() else { return };
    let made = match name {
        "shop/api-v2/80" => outbound(&last),
        "inbound/8080" => vec![with(&last, "/limited", rate)],
        "shop/batch/80" => return routes.push(with(&last, "/known", |_| {})),
        _ => Vec::new(),
    };
    routes.extend(made);
    routes.push(last);
}

fn outbound(last: &Value) -> Vec<Value> {
    vec![
        with(last, "/old", |route| {
            route["route"]["regex_rewrite"] = json!({ "pattern": { "regex": "^/old/?" }, "substitution": "/" });
            route["route"]["host_rewrite_literal"] = json!("inner.example");
        }),
        with(last, "/edited", |route| {
            route["request_headers_to_add"] = json!([put("x-set", "2"), add("x-add", "b")]);
            route["request_headers_to_remove"] = json!(["x-gone"]);
            route["response_headers_to_add"] = json!([put("x-answer", "yes"), add("x-more", "2")]);
            route["response_headers_to_remove"] = json!(["x-received"]);
        }),
        instead(last, "/gone", "redirect", json!({ "host_redirect": "new.example", "prefix_rewrite": "/here" })),
        instead(last, "/moved", "redirect", json!({ "path_redirect": "/there", "response_code": "TEMPORARY_REDIRECT" })),
        instead(last, "/direct", "direct_response", json!({ "status": 418, "body": { "inline_string": "no coffee" } })),
        with(last, "/sites", |route| {
            route["typed_per_filter_config"] = json!({ "envoy.filters.http.cors": {
                "@type": "type.googleapis.com/envoy.extensions.filters.http.cors.v3.CorsPolicy",
                "allow_origin_string_match": [{ "exact": "https://a.example" }],
                "allow_methods": "GET,PUT",
                "allow_headers": "x-a",
                "expose_headers": "x-b",
                "max_age": "600",
                "allow_credentials": true,
            } });
        }),
        with(last, "/fault", |route| {
            route["typed_per_filter_config"] = json!({ "envoy.filters.http.fault": {
                "@type": "type.googleapis.com/envoy.extensions.filters.http.fault.v3.HTTPFault",
                "abort": { "http_status": 418, "percentage": { "numerator": 100, "denominator": "HUNDRED" } },
            } });
        }),
        with(last, "/timeout", |route| route["route"]["timeout"] = json!("0.2s")),
        with(last, "/retried", |route| {
            route["route"]["retry_policy"] = json!({
                "retry_on": "5xx",
                "num_retries": 1,
                "retry_back_off": { "base_interval": "0.025s", "max_interval": "0.25s" },
            });
        }),
    ]
}

fn rate(route: &mut Value) {
    route["typed_per_filter_config"] = json!({ "envoy.filters.http.local_ratelimit": {
        "@type": "type.googleapis.com/envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit",
        "stat_prefix": "rate",
        "token_bucket": { "max_tokens": 1, "tokens_per_fill": 1, "fill_interval": "3600s" },
        "filter_enabled": { "default_value": { "numerator": 100, "denominator": "HUNDRED" } },
        "filter_enforced": { "default_value": { "numerator": 100, "denominator": "HUNDRED" } },
    } });
}

/// The same route for paths that begin so, with something more.
fn with(last: &Value, path: &str, alter: impl Fn(&mut Value)) -> Value {
    let mut route = last.clone();
    route["match"] = json!({ "path_separated_prefix": path });
    alter(&mut route);
    route
}

/// The same with another action.
fn instead(last: &Value, path: &str, action: &str, how: Value) -> Value {
    with(last, path, |route| {
        if let Some(route) = route.as_object_mut() {
            route.remove("route");
        }
        route[action] = how.clone();
    })
}

fn put(name: &str, value: &str) -> Value {
    json!({ "header": { "key": name, "value": value }, "append_action": "OVERWRITE_IF_EXISTS_OR_ADD" })
}

fn add(name: &str, value: &str) -> Value {
    json!({ "header": { "key": name, "value": value }, "append_action": "APPEND_IF_EXISTS_OR_ADD" })
}
