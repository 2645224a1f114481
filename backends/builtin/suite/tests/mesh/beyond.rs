//! What resources can say and the backend does not write yet: the same bytes for every data plane, and the same behaviour.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use libtest_mimic::{Failed, Trial};
use meshglot_suite::{Answer, Call, Mesh};
use serde_json::{Value, json};

use super::scenario::{Shared, answered, get, lines, shares, timed, trial};

pub(crate) fn trials(mesh: &Shared) -> Vec<Trial> {
    vec![
        trial("beyond/a timeout", mesh, timeout),
        trial("beyond/another try after a failure goes to another endpoint", mesh, retried),
        trial("beyond/another try of a request with a body", mesh, retried_with_body),
        trial("beyond/each try has its own time", mesh, per_try),
        trial("beyond/a failure that is not named is not tried again", mesh, not_retried),
        trial("beyond/an endpoint that fails is left out, and comes back", mesh, left_out),
        trial("beyond/no more requests at once than allowed", mesh, limited),
        trial("beyond/faults", mesh, faults),
        trial("beyond/a copy for somebody else", mesh, mirrored),
        trial("beyond/headers are set, added and removed", mesh, headers),
        trial("beyond/another path and another host", mesh, rewritten),
        trial("beyond/elsewhere", mesh, redirected),
        trial("beyond/pages of other sites", mesh, shared_with_sites),
        trial("beyond/a limited rate", mesh, rate),
        trial("beyond/by a hash", mesh, hashed),
        trial("beyond/one after the other, and by chance", mesh, balanced),
        trial("beyond/the nearest first", mesh, nearest),
        trial("beyond/an answer of the proxy's own", mesh, direct),
        trial("beyond/traces", mesh, traced),
    ]
}

/// Alters the last route of the routes of a name, which takes what no other does, and waits until everybody has it.
fn route(mesh: &mut Mesh, of: &str, alter: impl Fn(&mut Value)) -> Result<(), Failed> {
    altered(mesh, |name, resource| {
        let routes = resource.pointer_mut("/virtual_hosts/0/routes").and_then(Value::as_array_mut);
        if let Some(last) = routes.and_then(|routes| routes.last_mut()).filter(|_| name == of) {
            alter(last);
        }
    })
}

/// Alters the cluster of a name; other resources have its name, too.
fn cluster(mesh: &mut Mesh, of: &str, alter: impl Fn(&mut Value)) -> Result<(), Failed> {
    altered(mesh, |name, resource| {
        if name == of && resource.get("connect_timeout").is_some() {
            alter(resource);
        }
    })
}

fn altered(mesh: &mut Mesh, alter: impl Fn(&str, &mut Value)) -> Result<(), Failed> {
    mesh.alter("", &alter)?;
    mesh.settle()?;
    Ok(())
}

fn timeout(mesh: &mut Mesh) -> Result<(), Failed> {
    route(mesh, "shop/api/80", |route| route["route"]["timeout"] = json!("0.3s"))?;
    lines(mesh, &["web GET api:80/slow/3000 -> 504 (250..2000 ms; says upstream request timeout)", "web GET api:80/slow/50 -> 200 api"])
}

fn retry(on: &str, more: Value) -> Value {
    let mut policy = json!({
        "retry_on": on,
        "num_retries": 3,
        "retry_back_off": { "base_interval": "0.025s", "max_interval": "0.25s" },
        "retry_host_predicate": [{
            "name": "envoy.retry_host_predicates.previous_hosts",
            "typed_config": {
                "@type": "type.googleapis.com/envoy.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate",
            },
        }],
        // Enough for chance not to find the same one each time, once in many runs.
        "host_selection_retry_max_attempts": "20",
    });
    if let (Value::Object(policy), Value::Object(more)) = (&mut policy, more) {
        policy.extend(more);
    }
    policy
}

fn retried(mesh: &mut Mesh) -> Result<(), Failed> {
    route(mesh, "shop/pool/80", |route| route["route"]["retry_policy"] = retry("5xx", json!({})))?;
    mesh.stop_applications("pool-b");
    let played = shares(mesh, "web GET pool:80/ -> 200 pool-a", 100, &[("pool-a", 1.0)]);
    mesh.start_applications("pool-b")?;
    played
}

fn retried_with_body(mesh: &mut Mesh) -> Result<(), Failed> {
    const LENGTH: usize = 200_000;
    route(mesh, "shop/pool/80", |route| route["route"]["retry_policy"] = retry("5xx", json!({})))?;
    mesh.stop_applications("pool-b");
    let post = Call::Http { method: "POST".to_owned(), target: "/".to_owned(), headers: Vec::new(), body: LENGTH };
    let caller = mesh.caller("web", "pool", 80);
    let answers: Vec<_> = (0..12).map(|_| caller.call(&post)).collect();
    mesh.start_applications("pool-b")?;
    for answer in answers {
        match answer? {
            Answer::Http { status: 200, head, .. } if head.contains(&format!("x-received: {LENGTH}")) => {}
            other => return Err(format!("{other:?}").into()),
        }
    }
    Ok(())
}

fn per_try(mesh: &mut Mesh) -> Result<(), Failed> {
    let policy = retry("reset", json!({ "num_retries": 2, "per_try_timeout": "0.2s" }));
    route(mesh, "shop/api/80", |route| route["route"]["retry_policy"] = policy.clone())?;
    // Three times 200 ms, and what lies between.
    lines(mesh, &["web GET api:80/slow/5000 -> 504 (590..3000 ms)", "web GET api:80/slow/50 -> 200 api"])
}

fn not_retried(mesh: &mut Mesh) -> Result<(), Failed> {
    let policy = retry("retriable-status-codes", json!({ "retriable_status_codes": [504], "per_try_timeout": "0.2s" }));
    route(mesh, "shop/api/80", |route| route["route"]["retry_policy"] = policy.clone())?;
    lines(mesh, &["web GET api:80/slow/5000 -> 504 (190..390 ms)", "web GET api:80/status/500 -> 500 api"])
}

fn left_out(mesh: &mut Mesh) -> Result<(), Failed> {
    cluster(mesh, "shop/pool/80", |cluster| {
        cluster["outlier_detection"] = json!({
            "consecutive_5xx": 3, "enforcing_consecutive_5xx": 100, "interval": "1s", "base_ejection_time": "3s", "max_ejection_time": "6s",
            "max_ejection_percent": 50, "enforcing_success_rate": 0, "enforcing_consecutive_gateway_failure": 0,
            "enforcing_failure_percentage": 0, "max_ejection_time_jitter": "0s", "always_eject_one_host": false,
            "split_external_local_origin_errors": false,
        });
    })?;
    mesh.stop_applications("pool-b");
    let caller = mesh.caller("web", "pool", 80);
    let began = Instant::now();
    let first = caller.calls(&get("/"), 60)?;
    let after = caller.calls(&get("/"), 40)?;
    let took = began.elapsed();
    mesh.start_applications("pool-b")?;
    let failed = |answers: &[Answer]| answers.iter().filter(|answer| matches!(answer, Answer::Http { status: 503, .. })).count();
    // Threads that count together may each be in the midst of a call.
    if !(3..=4).contains(&failed(&first)) || (failed(&after) > 0 && took < Duration::from_secs(2)) {
        return Err(format!("{} failed, then {}", failed(&first), failed(&after)).into());
    }
    std::thread::sleep(Duration::from_millis(5200));
    shares(mesh, "web GET pool:80/ -> 200 pool-a|pool-b", 100, &[("pool-a", 0.5), ("pool-b", 0.5)])
}

fn limited(mesh: &mut Mesh) -> Result<(), Failed> {
    cluster(mesh, "shop/api/80", |cluster| cluster["circuit_breakers"]["thresholds"][0]["max_requests"] = json!(1))?;
    let (caller, other) = (mesh.caller("web", "api", 80), mesh.caller("web", "api", 80));
    std::thread::scope(|scope| {
        let slow = scope.spawn(move || caller.call(&get("/slow/1500")));
        std::thread::sleep(Duration::from_millis(500));
        let refused = answered(other.call(&get("/")), 503, "")?;
        if !refused.ends_with("reset reason: overflow") {
            return Err(Failed::from(refused));
        }
        answered(slow.join().map_err(|_| "the caller panicked")?, 200, "api")?;
        answered(other.call(&get("/")), 200, "api").map(drop)
    })
}

fn faults(mesh: &mut Mesh) -> Result<(), Failed> {
    let fault = |share: u32| {
        json!({ "envoy.filters.http.fault": {
            "@type": "type.googleapis.com/envoy.extensions.filters.http.fault.v3.HTTPFault",
            "delay": { "fixed_delay": "0.3s", "percentage": { "numerator": 1_000_000, "denominator": "MILLION" } },
            "abort": { "http_status": 418, "percentage": { "numerator": share, "denominator": "MILLION" } },
        } })
    };
    route(mesh, "shop/api/80", |route| route["typed_per_filter_config"] = fault(1_000_000))?;
    lines(mesh, &["web GET api:80/ -> 418 (290..3000 ms; says fault filter abort)", "batch GET api-v2:80/ -> 200 api-v2"])?;
    route(mesh, "shop/api/80", |route| {
        route["typed_per_filter_config"] = fault(250_000);
        route["typed_per_filter_config"]["envoy.filters.http.fault"]["delay"]["fixed_delay"] = json!("0.001s");
    })?;
    shares(mesh, "web GET api:80/ -> 200 api", 800, &[("api", 0.75), ("418", 0.25)])
}

fn mirrored(mesh: &mut Mesh) -> Result<(), Failed> {
    route(mesh, "shop/api/80", |route| {
        route["route"]["request_mirror_policies"] = json!([{
            "cluster": "shop/api-v2/80", "disable_shadow_host_suffix_append": true,
            "runtime_fraction": { "default_value": { "numerator": 1_000_000, "denominator": "MILLION" } },
        }]);
    })?;
    let caller = mesh.caller("web", "api", 80);
    let post = Call::Http { method: "POST".to_owned(), target: "/mirror/4711".to_owned(), headers: Vec::new(), body: 5000 };
    for call in [get("/mirror/4710"), post] {
        answered(caller.call(&call), 200, "api")?;
    }
    let told = |mesh: &Mesh| {
        let log = mesh.log("api-v2").unwrap_or_default();
        let is_of = |line: &str, path: &str, bytes: &str| line.contains(path) && line.contains(bytes) && line.contains("api.shop");
        log.lines().any(|line| is_of(line, "/mirror/4710", "\"bytes_in\":0"))
            && log.lines().any(|line| is_of(line, "/mirror/4711", "\"bytes_in\":5000"))
    };
    for _ in 0..50 {
        // A log is written when there is much of it, or after a while.
        mesh.caller("web", "api-v2", 80).calls(&get("/"), 100)?;
        if told(mesh) {
            return Ok(());
        }
    }
    Err("the log of the other does not tell of a copy".into())
}

fn headers(mesh: &mut Mesh) -> Result<(), Failed> {
    route(mesh, "shop/api/80", |route| {
        let put = |name: &str, value: &str, action: &str| json!({ "header": { "key": name, "value": value }, "append_action": action });
        route["request_headers_to_add"] =
            json!([put("x-set", "100%% %%REQ(x)%%", "OVERWRITE_IF_EXISTS_OR_ADD"), put("x-add", "b", "APPEND_IF_EXISTS_OR_ADD"),]);
        route["request_headers_to_remove"] = json!(["x-gone"]);
        route["response_headers_to_add"] = json!([put("x-answer", "yes", "OVERWRITE_IF_EXISTS_OR_ADD")]);
        route["response_headers_to_remove"] = json!(["x-received"]);
    })?;
    lines(
        mesh,
        &[
            "web GET api:80/ [x-set: 1; x-add: a; x-gone: 2] -> 200 api (sees x-set: 100% %REQ(x)%; sees x-add: a; sees x-add: b; hides x-gone; \
             has x-answer: yes; lacks x-received)",
        ],
    )
}

fn rewritten(mesh: &mut Mesh) -> Result<(), Failed> {
    route(mesh, "shop/api/80", |route| {
        route["match"] = json!({ "path_separated_prefix": "/old" });
        route["route"]["regex_rewrite"] = json!({ "pattern": { "regex": "^/old/?" }, "substitution": "/" });
        route["route"]["host_rewrite_literal"] = json!("inner.example");
    })?;
    lines(
        mesh,
        &[
            "web GET api:80/old -> 200 api (sees GET / HTTP/1.1; sees host: inner.example; hides x-envoy-original-path)",
            "web GET api:80/old/x?q=1 -> 200 api (sees GET /x?q=1 HTTP/1.1)",
            "web GET api:80/older -> 404",
        ],
    )
}

fn redirected(mesh: &mut Mesh) -> Result<(), Failed> {
    route(mesh, "shop/api/80", |route| {
        if let Some(route) = route.as_object_mut() {
            route.remove("route");
        }
        route["match"] = json!({ "path_separated_prefix": "/gone" });
        route["redirect"] = json!({ "host_redirect": "new.example", "prefix_rewrite": "/here", "response_code": "PERMANENT_REDIRECT" });
    })?;
    lines(
        mesh,
        &[
            "web GET api:80/gone/x?q=1 -> 308 (has location: http://new.example/here/x?q=1; lacks x-served-by)",
            "web GET api:80/gone -> 308 (has location: http://new.example/here)",
        ],
    )
}

fn shared_with_sites(mesh: &mut Mesh) -> Result<(), Failed> {
    route(mesh, "shop/api/80", |route| {
        route["typed_per_filter_config"] = json!({ "envoy.filters.http.cors": {
            "@type": "type.googleapis.com/envoy.extensions.filters.http.cors.v3.CorsPolicy",
            "allow_origin_string_match": [{ "exact": "https://a.example" }],
            "allow_methods": "GET,PUT",
            "max_age": "600",
        } });
    })?;
    lines(
        mesh,
        &[
            "web OPTIONS api:80/ [origin: https://a.example; access-control-request-method: PUT] -> 200 \
             (has access-control-allow-origin: https://a.example; has access-control-allow-methods: GET,PUT; has access-control-max-age: 600)",
            "web GET api:80/ [origin: https://a.example] -> 200 api (has access-control-allow-origin: https://a.example)",
            "web GET api:80/ [origin: https://b.example] -> 200 api (lacks access-control-allow-origin)",
            "web OPTIONS api:80/ [origin: https://b.example; access-control-request-method: PUT] -> 200 api (lacks access-control-allow-origin)",
        ],
    )
}

fn rate(mesh: &mut Mesh) -> Result<(), Failed> {
    route(mesh, "inbound/8081", |route| {
        route["typed_per_filter_config"] = json!({ "envoy.filters.http.local_ratelimit": {
            "@type": "type.googleapis.com/envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit",
            "stat_prefix": "rate",
            "token_bucket": { "max_tokens": 10, "tokens_per_fill": 10, "fill_interval": "60s" },
            "filter_enabled": { "default_value": { "numerator": 100, "denominator": "HUNDRED" } },
            "filter_enforced": { "default_value": { "numerator": 100, "denominator": "HUNDRED" } },
        } });
    })?;
    let answers = mesh.caller("web", "api", 81).calls(&get("/"), 30)?;
    let mut counts: BTreeMap<u16, usize> = BTreeMap::new();
    for answer in answers {
        if let Answer::Http { status, .. } = answer {
            *counts.entry(status).or_default() += 1;
        }
    }
    if counts != BTreeMap::from([(200, 10), (429, 20)]) {
        return Err(format!("{counts:?}").into());
    }
    lines(mesh, &["batch GET api:81/ -> 429 (says local_rate_limited)"])
}

fn hashed(mesh: &mut Mesh) -> Result<(), Failed> {
    for (policy, more) in [("RING_HASH", json!({ "ring_hash_lb_config": { "minimum_ring_size": 1024 } })), ("MAGLEV", json!({}))] {
        altered(mesh, |name, resource| {
            if name != "shop/pool/80" {
                return;
            }
            if resource.get("connect_timeout").is_some() {
                resource["lb_policy"] = json!(policy);
                if let (Value::Object(resource), Value::Object(more)) = (resource, more.clone()) {
                    resource.extend(more);
                }
            } else if let Some(routes) = resource.pointer_mut("/virtual_hosts/0/routes").and_then(Value::as_array_mut)
                && let Some(last) = routes.last_mut()
            {
                last["route"]["hash_policy"] = json!([{ "header": { "header_name": "x-user" } }]);
            }
        })?;
        let by = |user: usize| {
            let headers = vec![("x-user".to_owned(), user.to_string())];
            mesh.caller("web", "pool", 80).call(&Call::Http { method: "GET".to_owned(), target: "/".to_owned(), headers, body: 0 })
        };
        let mut all: BTreeMap<String, usize> = BTreeMap::new();
        for user in 0..30 {
            let mut who = Vec::new();
            for _ in 0..3 {
                match by(user)? {
                    Answer::Http { status: 200, served_by, .. } => who.push(served_by),
                    other => return Err(format!("{policy}: {other:?}").into()),
                }
            }
            who.dedup();
            let [one] = who.as_slice() else { return Err(format!("{policy}: {user} came to {who:?}").into()) };
            *all.entry(one.clone()).or_default() += 1;
        }
        if all.len() != 2 {
            return Err(format!("{policy}: everybody came to {all:?}").into());
        }
    }
    Ok(())
}

fn balanced(mesh: &mut Mesh) -> Result<(), Failed> {
    cluster(mesh, "shop/pool/80", |cluster| cluster["lb_policy"] = json!("ROUND_ROBIN"))?;
    let answers = mesh.caller("web", "pool", 80).calls(&get("/"), 20)?;
    let by_a = answers.iter().filter(|answer| matches!(answer, Answer::Http { served_by, .. } if served_by == "pool-a")).count();
    if by_a != 10 {
        return Err(format!("one after the other: {by_a} of 20").into());
    }
    cluster(mesh, "shop/pool/80", |cluster| cluster["lb_policy"] = json!("RANDOM"))?;
    shares(mesh, "web GET pool:80/ -> 200 pool-a|pool-b", 400, &[("pool-a", 0.5), ("pool-b", 0.5)])
}

fn nearest(mesh: &mut Mesh) -> Result<(), Failed> {
    /// Each endpoint becomes a locality of its own, the nearest first; `sick`: the nearest is not well.
    fn split(resource: &mut Value, sick: bool) {
        let Some(all) = resource.pointer("/endpoints/0/lb_endpoints").and_then(Value::as_array).cloned() else { return };
        let locality = |(priority, mut endpoint): (usize, Value)| {
            if sick && priority == 0 {
                endpoint["health_status"] = json!("UNHEALTHY");
            }
            json!({ "priority": priority, "lb_endpoints": [endpoint] })
        };
        resource["endpoints"] = all.into_iter().enumerate().map(locality).collect();
    }
    let is_assignment = |name: &str, resource: &Value| name == "shop/pool/80" && resource.get("cluster_name").is_some();
    for (sick, who) in [(false, "pool-a"), (true, "pool-b"), (false, "pool-a")] {
        altered(mesh, |name, resource| {
            if is_assignment(name, resource) {
                split(resource, sick);
            }
        })?;
        shares(mesh, &format!("web GET pool:80/ -> 200 {who}"), 40, &[(who, 1.0)])?;
    }
    Ok(())
}

fn direct(mesh: &mut Mesh) -> Result<(), Failed> {
    route(mesh, "shop/api/80", |route| {
        if let Some(route) = route.as_object_mut() {
            route.remove("route");
        }
        route["direct_response"] = json!({ "status": 503, "body": { "inline_string": "closed for today" } });
    })?;
    let (played, took) = timed(|| lines(mesh, &["web GET api:80/ -> 503 (says closed for today; has content-type: text/plain)"]));
    played?;
    if took < Duration::from_secs(2) { Ok(()) } else { Err(format!("it took {took:?}").into()) }
}

/// The collector is an application like any other; it need not know what it is sent.
fn traced(mesh: &mut Mesh) -> Result<(), Failed> {
    altered(mesh, |_, resource| {
        let Some(chains) = resource.get_mut("filter_chains").and_then(Value::as_array_mut) else { return };
        for chain in chains {
            let Some(manager) = chain.pointer_mut("/filters/0/typed_config").filter(|config| config.get("rds").is_some()) else { continue };
            manager["tracing"] = json!({
                "random_sampling": { "value": 100 },
                "provider": { "name": "envoy.tracers.opentelemetry", "typed_config": {
                    "@type": "type.googleapis.com/envoy.config.trace.v3.OpenTelemetryConfig",
                    "grpc_service": { "envoy_grpc": { "cluster_name": "shop/api/82" } },
                    "service_name": "shop",
                } },
            });
        }
    })?;
    const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
    let head = |sampled: &str| vec![("traceparent".to_owned(), format!("00-{TRACE}-00f067aa0ba902b7-{sampled}"))];
    let call = |headers| Call::Http { method: "GET".to_owned(), target: "/traced".to_owned(), headers, body: 0 };
    let caller = mesh.caller("web", "batch", 80);
    let body = answered(caller.call(&call(head("01"))), 200, "batch")?;
    let said = body.lines().find_map(|line| line.strip_prefix("traceparent: ")).unwrap_or_default().to_owned();
    if !said.starts_with(&format!("00-{TRACE}-")) || !said.ends_with("-01") || said.contains("00f067aa0ba902b7") {
        return Err(format!("the server is told {said:?}").into());
    }
    let body = answered(caller.call(&call(head("00"))), 200, "batch")?;
    if !body.lines().any(|line| line.starts_with(&format!("traceparent: 00-{TRACE}-")) && line.ends_with("-00")) {
        return Err(format!("what is not sampled becomes so: {body}").into());
    }
    // To a cluster that speaks what its caller speaks, Envoy's own calls speak HTTP/1.1: its collector has to be a cluster of its own.
    if mesh.data_plane().name() == "envoy" {
        return Ok(());
    }
    // Spans are gathered for a second.
    for _ in 0..150 {
        let log = mesh.log("api").unwrap_or_default();
        if log.lines().any(|line| line.contains("/opentelemetry.proto.collector.trace.v1.TraceService/Export")) {
            return Ok(());
        }
        mesh.caller("web", "api", 80).calls(&get("/"), 20)?;
        std::thread::sleep(Duration::from_millis(100));
    }
    Err("no span comes to the collector".into())
}
