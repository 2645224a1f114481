//! What is read is what was written.

use std::time::Duration;

use meshglot_proxy::decode;
use meshglot_proxy::table::{
    Action, Assignment, Cluster, Discovery, Encryption, Fault, Filters, Forward, HashPolicy, HeaderSource, Limits, Listener, LoadBalancing,
    LogValue, Mirror, Names, Outlier, PathMatch, PathRewrite, Peer, Permission, Ports, Principal, RedirectPath, Response, Retry,
    RetryBudget, RouteAction, RouteTable, Sessions, Shares, TextMatch, Verdict,
};
use prost_reflect::prost::Message;
use serde_json::{Value, json};
use test_case::test_case;

use super::bytes::message;
use super::samples;

fn bytes(document: &Value) -> Vec<u8> {
    message(document).encode_to_vec()
}

fn cluster(sample: &str) -> Cluster {
    decode::cluster(&bytes(&samples::of(sample)), &mut Names::default()).expect("a cluster")
}

fn listener(document: &Value) -> (Listener, Names) {
    let mut names = Names::default();
    (decode::listener(&bytes(document), &mut names).expect("a listener"), names)
}

fn routes(sample: &str) -> (RouteTable, Names) {
    let mut names = Names::default();
    (decode::route_table(&bytes(&samples::of(sample)), &mut names).expect("routes"), names)
}

#[test]
fn a_cluster() {
    let Cluster { id, name, discovery, connect_timeout, balancing, limits, outlier, encryption } = cluster("cluster");
    assert_eq!((id.0, &*name, connect_timeout), (0, "shop/api/80", Duration::from_secs(5)));
    assert!(matches!(discovery, Discovery::Assigned));
    assert_eq!(balancing, LoadBalancing::LeastRequest);
    let budget = Some(RetryBudget { share: 125_000, minimum: 5 });
    assert_eq!(limits, Limits { connections: 2, pending: 1, requests: 2, retries: u32::MAX, budget });
    let seconds = Duration::from_secs;
    let wanted = Outlier { consecutive_5xx: 3, interval: seconds(1), base_ejection: seconds(3), max_ejection: seconds(6), max_percent: 50 };
    assert_eq!(outlier, Some(wanted));
    let Encryption::Marked(tls) = encryption else { panic!("{encryption:?}") };
    assert_eq!(tls.alpn, [b"meshglot"]);
    assert!(matches!(&tls.peers[..], [TextMatch::Exact(_), TextMatch::Prefix(_), TextMatch::Regex(regex)]
        if regex.compiled.is_match(b"spiffe://cluster.local/ns/x/sa/api") && !regex.compiled.is_match(b"spiffe://cluster.local/ns/x/sa/api2")));
}

#[test]
fn other_clusters() {
    let direct = cluster("direct");
    assert!(matches!((direct.discovery, direct.encryption), (Discovery::OriginalDestination, Encryption::Always(_))));
    let fixed = cluster("fixed");
    assert_eq!(fixed.balancing, LoadBalancing::RingHash { minimum: 64, maximum: 1024 });
    assert!(matches!(fixed.encryption, Encryption::Plain));
    let Discovery::Static(Assignment { localities }) = fixed.discovery else { panic!("{:?}", fixed.discovery) };
    assert_eq!(localities[0].endpoints[0].address.to_string(), "127.0.0.1:8080");
    assert_eq!(localities[0].endpoints[0].weight, 1);
}

#[test_case(json!("ROUND_ROBIN"), json!({}), LoadBalancing::RoundRobin ; "round robin")]
#[test_case(json!("RANDOM"), json!({}), LoadBalancing::Random ; "random")]
#[test_case(json!("LEAST_REQUEST"), json!({}), LoadBalancing::LeastRequest ; "least request")]
#[test_case(json!("RING_HASH"), json!({}), LoadBalancing::RingHash { minimum: 1024, maximum: 8_388_608 } ; "ring of the usual size")]
#[test_case(json!("MAGLEV"), json!({}), LoadBalancing::Maglev { size: 65_537 } ; "table of the usual size")]
#[test_case(json!("MAGLEV"), json!({ "table_size": "31" }), LoadBalancing::Maglev { size: 31 } ; "small table")]
fn balancing(policy: Value, table: Value, want: LoadBalancing) {
    let mut document = samples::of("cluster");
    let fields = document["resource"].as_object_mut().expect("fields");
    fields.remove("least_request_lb_config");
    fields.insert("lb_policy".to_owned(), policy);
    if table != json!({}) {
        fields.insert("maglev_lb_config".to_owned(), table);
    }
    assert_eq!(decode::cluster(&bytes(&document), &mut Names::default()).expect("a cluster").balancing, want);
}

#[test]
fn an_assignment() {
    let (name, Assignment { localities }) = decode::assignment(&bytes(&samples::of("assignment"))).expect("an assignment");
    assert_eq!(&*name, "shop/api/80");
    let [near, far] = &localities[..] else { panic!("{localities:?}") };
    assert_eq!((near.priority, far.priority), (0, 1));
    assert!(near.endpoints[0].is_meshed && near.endpoints[0].is_healthy && near.endpoints[0].weight == 2);
    assert!(!far.endpoints[0].is_meshed && !far.endpoints[0].is_healthy);
}

#[test]
fn an_inbound_listener() {
    let (listener, names) = listener(&samples::of("inbound"));
    assert_eq!(listener.addresses.iter().map(ToString::to_string).collect::<Vec<_>>(), ["10.1.0.3:8080", "10.1.0.3:5432"]);
    assert!(listener.original_destination && listener.goes_on && listener.patience == Duration::from_secs(5));
    assert_eq!((&listener.sees_tls, &listener.sees_http), (&Ports::All, &Ports::Within(vec![9000..=9000])));
    let [http, plain, tcp, closed] = &listener.chains[..] else { panic!("four chains") };
    assert_eq!((http.matches.port, http.matches.is_tls, &*http.matches.protocols[0]), (Some(8080), Some(true), "meshglot"));
    let tls = http.tls.as_ref().expect("TLS");
    assert!(tls.peers.is_empty() && tls.sessions == Sessions::None && tls.alpn == [&b"meshglot-tcp"[..], b"h2", b"http/1.1"]);
    let Action::Http(manager) = &http.action else { panic!("{:?}", http.action) };
    assert_eq!((&**names.route_name(manager.routes), manager.peer, manager.max_headers), ("inbound/8080", Peer::Replace, 100));
    assert!(manager.websocket && manager.headers_timeout == Some(Duration::from_secs(10)));
    let Filters::Inbound { deny, allow } = &manager.filters else { panic!("{:?}", manager.filters) };
    assert!(deny.rules.is_none() && allow.rules.as_ref().is_some_and(|rules| rules.action == Verdict::Allow && rules.policies.is_empty()));
    assert!(matches!(&plain.action, Action::Http(manager) if manager.peer == Peer::Remove));
    let Action::Tcp(proxy) = &tcp.action else { panic!("{:?}", tcp.action) };
    let [deny, allow] = &proxy.access[..] else { panic!("{:?}", proxy.access) };
    assert!(allow.rules.is_none() && allow.shadow.is_some() && &*allow.shadow_prefix == "allow_");
    let rules = deny.rules.as_ref().expect("rules");
    assert_eq!((rules.action, &*rules.policies[0].key), (Verdict::Deny, "closed"));
    assert!(matches!(rules.policies[0].permissions[..], [Permission::Port(5432)]));
    assert!(matches!(rules.policies[0].principals[..], [Principal::Address(prefix)] if prefix.contains([10, 9, 1, 1].into())));
    assert!(
        matches!(&closed.action, Action::Tcp(proxy) if matches!(proxy.shares, Shares::One(cluster) if &**names.cluster_name(cluster) == "closed"))
    );
}

#[test]
fn a_log() {
    let (listener, _) = listener(&samples::of("inbound"));
    let Action::Http(manager) = &listener.chains[0].action else { panic!("{:?}", listener.chains[0].action) };
    let log = manager.log.as_ref().expect("a log");
    let keys: Vec<&str> = log.fields.iter().map(|field| &*field.key).collect();
    assert!(keys.is_sorted() && keys.contains(&"\"bytes_in\""), "{keys:?}");
    let of = |key: &str| &log.fields.iter().find(|field| *field.key == *format!("\"{key}\"")).expect("a field").value;
    assert_eq!(of("policy"), &LogValue::Access("allow_enforced_effective_policy_id".into()));
    assert_eq!(of("request_id"), &LogValue::Header("x-request-id".parse().expect("a name")));
    assert_eq!((of("direction"), of("sure")), (&LogValue::Text("inbound".into()), &LogValue::Text("100%".into())));
    assert_eq!((of("status"), of("duration_ms")), (&LogValue::Status, &LogValue::Duration));
}

#[test]
fn an_outbound_listener() {
    let (listener, names) = listener(&samples::of("outbound"));
    assert_eq!(listener.sees_http, Ports::Within(vec![80..=80, 65535..=65535]));
    assert!(!listener.goes_on && listener.patience == Duration::from_secs(15));
    let [http, tcp, external] = &listener.chains[..] else { panic!("three chains") };
    let Action::Http(manager) = &http.action else { panic!("{:?}", http.action) };
    let tracing = manager.tracing.as_ref().expect("spans");
    assert_eq!((&**names.cluster_name(tracing.cluster), &*tracing.service, tracing.sampling), ("shop/collector/4317", "shop/web", 10_000));
    let Action::Tcp(proxy) = &tcp.action else { panic!("{:?}", tcp.action) };
    assert!(matches!(&proxy.shares, Shares::Weighted { total: 4, of } if of[0].weight == 3) && proxy.hash_source);
    assert_eq!(external.matches.server_names, ["*.books.example".into(), "books.example".into()]);
}

/// Chains that say the same keep their connections.
#[test]
fn a_chain_has_the_digest_of_what_it_says() {
    let digests = |document: &Value| listener(document).0.chains.iter().map(|chain| chain.digest).collect::<Vec<_>>();
    let mut document = samples::of("inbound");
    let before = digests(&document);
    document["resource"]["filter_chains"][0]["filters"][0]["typed_config"]["request_headers_timeout"] = "1s".into();
    let after = digests(&document);
    assert_ne!(before[0], after[0]);
    assert_eq!(before[1..], after[1..]);
}

fn forward(table: &RouteTable, route: usize) -> &Forward {
    let RouteAction::Forward(forward) = &table.hosts[0].routes[route].action else { panic!("route {route}") };
    forward
}

#[test]
fn a_route() {
    let (table, names) = routes("routes");
    let route = &table.hosts[0].routes[6];
    let Forward { shares, timeout, retry, mirrors, hash, path, host } = forward(&table, 6);
    assert!(matches!(shares, Shares::Weighted { total: 9, of } if of.len() == 2 && of[1].weight == 0));
    assert_eq!((*timeout, path.is_none(), host), (Some(Duration::from_secs(2)), true, &None));
    let Retry { on, attempts, per_try, backoff, avoid } = retry.as_ref().expect("retries");
    assert_eq!((*attempts, *per_try, *avoid), (3, Some(Duration::from_millis(400)), Some(3)));
    assert!(on.server_error && !on.reset && on.statuses == [409] && on.grpc == [14]);
    assert_eq!((backoff.base, backoff.maximum), (Duration::from_millis(25), Duration::from_millis(250)));
    assert!(matches!(mirrors[..], [Mirror { cluster, share: 500_000 }] if &**names.cluster_name(cluster) == "shop/shadow/80"));
    let cookie = HashPolicy::Cookie { name: "stick".into(), ttl: Some(Duration::from_secs(60)), path: "/".into() };
    let header = HashPolicy::Header("x-user".parse().expect("a name"));
    assert_eq!(hash[..], [header, cookie, HashPolicy::SourceAddress, HashPolicy::Query("user".into())]);
    assert_eq!(route.request_headers.put[0].value, "100% %REQ(x)%");
    assert!(route.request_headers.put[0].replace && !route.request_headers.put[1].replace);
    assert_eq!(
        (&route.request_headers.remove[0], &route.response_headers.remove[0]),
        (&"x-gone".parse().expect("a name"), &"x-echo".parse().expect("a name"))
    );
    let teapot = http_status(418);
    assert_eq!(route.overrides.fault, Some(Fault { delay: Some((Duration::from_millis(300), 1_000_000)), abort: Some((teapot, 250_000)) }));
    let cors = route.overrides.cors.as_ref().expect("CORS");
    assert!(cors.credentials && cors.methods.as_ref().is_some_and(|methods| methods == "GET,PUT"));
}

fn http_status(status: u16) -> http::StatusCode {
    http::StatusCode::from_u16(status).expect("a status")
}

#[test]
fn other_routes() {
    let (table, _) = routes("routes");
    let route = |index: usize| &table.hosts[0].routes[index];
    assert!(matches!(&route(1).action, RouteAction::Respond(Response { status, body }) if *status == 503 && &**body == "later"));
    assert!(matches!(&route(1).headers[..], [method, debug]
        if method.source == HeaderSource::Method && debug.value.is_none() && debug.invert));
    assert!(matches!(&route(2).path, PathMatch::Separated(prefix) if **prefix == *b"/old"));
    let Some(PathRewrite::Regex { pattern, replacement }) = &forward(&table, 2).path else { panic!("a rewrite") };
    assert_eq!(pattern.replace_all(b"/old/x", replacement.as_bytes()), &b"/newx\\$"[..]);
    assert_eq!(forward(&table, 2).host.as_ref().expect("a host"), "inner.example");
    assert_eq!(forward(&table, 2).timeout, None);
    assert!(matches!(&forward(&table, 3).path, Some(PathRewrite::Prefix(prefix)) if &**prefix == "/"));
    let RouteAction::Redirect(redirect) = &route(4).action else { panic!("a redirect") };
    assert_eq!((redirect.status, redirect.port, redirect.scheme.as_deref()), (http_status(308), Some(8443), Some("https")));
    assert!(redirect.strip_query && matches!(&redirect.path, Some(RedirectPath::Prefix(prefix)) if &**prefix == "/here"));
    let RouteAction::Redirect(redirect) = &route(5).action else { panic!("a redirect") };
    assert_eq!((redirect.status, &redirect.port, &redirect.scheme, &redirect.host), (http_status(301), &None, &None, &None));
}

#[test]
fn rules_of_requests() {
    let (table, _) = routes("inbound-routes");
    let host = &table.hosts[0];
    assert_eq!(host.domains, ["api".into(), "api:80".into(), "api.shop".into()]);
    let (deny, allow) = (host.overrides.deny.as_ref().expect("rules"), host.overrides.allow.as_ref().expect("rules"));
    assert_eq!((&*deny.prefix, &*allow.prefix, &*allow.shadow_prefix), ("deny_", "allow_", "audit_"));
    let policy = &deny.rules.as_ref().expect("rules").policies[0];
    assert!(matches!(&policy.permissions[..], [Permission::Path(PathMatch::Regex(regex))]
        if regex.compiled.is_match(b"/admin/x") && !regex.compiled.is_match(b"/x/admin")));
    assert!(matches!(&policy.principals[..], [Principal::Not(inner)] if matches!(**inner, Principal::Id(TextMatch::Regex(_)))));
    let policy = &allow.rules.as_ref().expect("rules").policies[0];
    assert!(matches!(&policy.permissions[..], [Permission::And(all), Permission::Or(some)] if all.len() == 2 && some.len() == 3));
    assert!(allow.shadow.as_ref().is_some_and(|rules| rules.policies.is_empty()));
    let open = &host.routes[0].overrides;
    assert!(open.deny.as_ref().is_some_and(|rbac| rbac.rules.is_none()) && open.allow.as_ref().is_some_and(|rbac| rbac.rules.is_none()));
    let limit = host.routes[1].overrides.rate_limit.as_ref().expect("a limit");
    assert_eq!((limit.burst, limit.fill, limit.every), (10, 10, Duration::from_secs(60)));
}
