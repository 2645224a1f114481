//! The worked examples of `docs/mapping/builtin.md`, section 8: text in, resources out.

use serde_json::{Value, json};

use crate::resources::{GROUP, Resources, SHARED, deployment, sans, services};

fn websites() -> String {
    services(
        "{name: http, port: 80, targetPort: 8080}",
        &[("website", "10.96.0.1"), ("website-v1", "10.96.0.2"), ("website-v2", "10.96.0.3")],
    )
}

/// Routes without `ambiguous-path`, which is there, and first.
fn routes(resources: &Resources, name: &str) -> Vec<Value> {
    let config = resources.get(SHARED, "RouteConfiguration", name);
    assert_eq!(config["validate_clusters"], false);
    let host = &config["virtual_hosts"][0];
    assert_eq!((&host["name"], &host["domains"]), (&json!(name), &json!(["*"])));
    let mut routes = host["routes"].as_array().cloned().unwrap_or_default();
    let first = routes.remove(0);
    assert_eq!((&first["name"], &first["direct_response"]), (&json!("ambiguous-path"), &json!({ "status": 400 })));
    routes
}

/// Name, match and first filter of each chain of the outbound listener.
fn chains(resources: &Resources) -> Vec<(String, Value, Value)> {
    let listener = resources.get(GROUP, "Listener", "outbound");
    assert_eq!(listener["default_filter_chain"]["filters"][0]["typed_config"]["cluster"], "passthrough");
    let chain = |chain: &Value| {
        let filter = chain["filters"][0]["typed_config"].clone();
        (chain["name"].as_str().unwrap_or_default().to_owned(), chain["filter_chain_match"].clone(), filter)
    };
    listener["filter_chains"].as_array().map(|chains| chains.iter().map(chain).collect()).unwrap_or_default()
}

fn to(port: u16, ip: &str) -> Value {
    json!({ "destination_port": port, "prefix_ranges": [{ "address_prefix": ip, "prefix_len": 32 }] })
}

#[test]
fn split_8_1() {
    let split = "{apiVersion: split.smi-spec.io/v1alpha4, kind: TrafficSplit, metadata: {name: website, namespace: shop}, spec: {service: \
                 website, backends: [{service: website-v1, weight: 90}, {service: website-v2, weight: 10}]}}";
    let slice = "{apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, metadata: {name: v2, namespace: shop, labels: \
                 {kubernetes.io/service-name: website-v2}}, ports: [{name: http, port: 8080}], endpoints: [{addresses: [10.1.0.4]}]}";
    let resources = Resources::of(&[split, &websites(), &deployment("web"), &deployment("website-v2"), slice]);
    assert!(resources.codes().is_empty());
    assert_eq!(
        routes(&resources, "shop/website/80"),
        [json!({ "match": { "prefix": "/" }, "name": "TrafficSplit/shop/website", "route": { "timeout": "0s", "weighted_clusters": {
            "clusters": [{ "name": "shop/website-v1/80", "weight": 90 }, { "name": "shop/website-v2/80", "weight": 10 }] } } })]
    );
    assert_eq!(
        routes(&resources, "shop/website-v2/80"),
        [json!({ "match": { "prefix": "/" }, "route": { "timeout": "0s", "cluster": "shop/website-v2/80" } })]
    );
    assert_eq!(
        *resources.get(SHARED, "ClusterLoadAssignment", "shop/website-v2/80"),
        json!({ "cluster_name": "shop/website-v2/80", "endpoints": [{ "lb_endpoints": [{
            "endpoint": { "address": { "socket_address": { "address": "10.1.0.4", "port_value": 8080 } } },
            "metadata": { "filter_metadata": { "envoy.transport_socket_match": { "mtls": true } } } }] }] })
    );
    let http = |name: &str, ip: &str| (name.to_owned(), to(80, ip), json!(name));
    let chains: Vec<_> = chains(&resources)
        .into_iter()
        .map(|(name, matching, filter)| (name, matching, filter["rds"]["route_config_name"].clone()))
        .collect();
    let want = [http("shop/website-v1/80", "10.96.0.2"), http("shop/website-v2/80", "10.96.0.3"), http("shop/website/80", "10.96.0.1")];
    assert_eq!(chains, want);
}

#[test]
fn cluster_8_1() {
    let resources = Resources::of(&[&websites(), &deployment("website-v2")]);
    let secret = |name: &str| {
        json!({ "name": name, "sds_config": { "resource_api_version": "V3", "api_config_source": { "api_type": "GRPC",
            "transport_api_version": "V3", "grpc_services": [{ "envoy_grpc": { "cluster_name": "meshglot-agent" } }] } } })
    };
    let san = "spiffe://cluster.local/ns/shop/sa/website-v2";
    let tls = json!({ "name": "envoy.transport_sockets.tls", "typed_config": {
        "@type": "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext", "common_tls_context": {
        "tls_params": { "tls_minimum_protocol_version": "TLSv1_3", "tls_maximum_protocol_version": "TLSv1_3" },
        "alpn_protocols": ["meshglot"], "tls_certificate_sds_secret_configs": [secret("identity")], "combined_validation_context": {
        "default_validation_context": { "match_typed_subject_alt_names": [{ "san_type": "URI", "matcher": { "exact": san } }] },
        "validation_context_sds_secret_config": secret("trust") } } } });
    let plain = json!({ "name": "envoy.transport_sockets.raw_buffer", "typed_config": {
        "@type": "type.googleapis.com/envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer" } });
    let options = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";
    let unlimited = 4_294_967_295_u32;
    assert_eq!(
        *resources.get(SHARED, "Cluster", "shop/website-v2/80"),
        json!({ "name": "shop/website-v2/80", "type": "EDS", "connect_timeout": "5s", "lb_policy": "LEAST_REQUEST",
            "eds_cluster_config": { "eds_config": { "ads": {}, "resource_api_version": "V3" } },
            "common_lb_config": { "healthy_panic_threshold": { "value": 0 } },
            "circuit_breakers": { "thresholds": [{ "max_connections": unlimited, "max_pending_requests": unlimited,
                "max_requests": unlimited, "max_retries": unlimited }] },
            "transport_socket_matches": [{ "name": "mtls", "match": { "mtls": true }, "transport_socket": tls },
                { "name": "plain", "match": {}, "transport_socket": plain }],
            "typed_extension_protocol_options": { options: { "@type": format!("type.googleapis.com/{options}"),
                "use_downstream_protocol_config": { "http_protocol_options": {}, "http2_protocol_options": {} } } } })
    );
    // Nobody is known behind the other: nobody may answer for it.
    let other = resources.get(SHARED, "Cluster", "shop/website-v1/80");
    assert_eq!(sans(&other["transport_socket_matches"][0]["transport_socket"]), ["spiffe://cluster.local/none"]);
}

#[test]
fn missing_service_8_2() {
    let split = "{apiVersion: split.smi-spec.io/v1alpha1, kind: TrafficSplit, metadata: {name: website, namespace: shop}, spec: {service: \
                 website, backends: [{service: website-v1, weight: 999m}, {service: website-v2, weight: 1m}, {service: nowhere, weight: \
                 NOWHERE}]}}";
    let rendered = |nowhere: &str| Resources::of(&[&split.replace("NOWHERE", nowhere), &websites()]);
    let resources = rendered("0");
    assert_eq!(
        routes(&resources, "shop/website/80")[0]["route"]["weighted_clusters"]["clusters"],
        json!([{ "name": "shop/website-v1/80", "weight": 999 }, { "name": "shop/website-v2/80", "weight": 1 },
            { "name": "shop/nowhere/80", "weight": 0 }])
    );
    assert!(resources.find(SHARED, "Cluster", "shop/nowhere/80").is_none());

    let resources = rendered("1m");
    assert!(resources.find(SHARED, "Cluster", "shop/nowhere/80").is_some());
    let empty = json!({ "cluster_name": "shop/nowhere/80" });
    assert_eq!(*resources.get(SHARED, "ClusterLoadAssignment", "shop/nowhere/80"), empty);
}

#[test]
fn matches_8_3() {
    let group = "{apiVersion: specs.smi-spec.io/v1alpha4, kind: HTTPRouteGroup, metadata: {name: testers, namespace: shop}, spec: \
                 {matches: [{name: firefox, headers: [{user-agent: .*Firefox.*}, {x-region: eu-.*}]}, {name: beta, pathRegex: /beta, \
                 methods: [GET]}]}}";
    let split = "{apiVersion: split.smi-spec.io/v1alpha4, kind: TrafficSplit, metadata: {name: website, namespace: shop}, spec: \
                 {service: website, matches: [{kind: HTTPRouteGroup, name: testers}], backends: [{service: website-v1, weight: 0}, \
                 {service: website-v2, weight: 100}]}}";
    let resources = Resources::of(&[group, split, &websites()]);
    let regex = |name: &str, regex: &str| json!({ "name": name, "string_match": { "safe_regex": { "regex": regex } } });
    let split = json!({ "timeout": "0s", "weighted_clusters": {
        "clusters": [{ "name": "shop/website-v1/80", "weight": 0 }, { "name": "shop/website-v2/80", "weight": 100 }] } });
    assert_eq!(
        routes(&resources, "shop/website/80"),
        [
            json!({ "name": "TrafficSplit/shop/website#firefox", "route": split,
                "match": { "prefix": "/", "headers": [regex("user-agent", ".*Firefox.*"), regex("x-region", "eu-.*")] } }),
            json!({ "name": "TrafficSplit/shop/website#beta", "route": split,
                "match": { "prefix": "/beta", "headers": [{ "name": ":method", "string_match": { "exact": "GET" } }] } }),
            json!({ "name": "TrafficSplit/shop/website#rest", "match": { "prefix": "/" },
                "route": { "timeout": "0s", "cluster": "shop/website/80" } }),
        ]
    );
}

#[test]
fn tcp_split_8_5() {
    let split = "{apiVersion: split.smi-spec.io/v1alpha4, kind: TrafficSplit, metadata: {name: db, namespace: shop}, spec: {service: db, \
                 backends: [{service: db, weight: 3}, {service: db-v2, weight: 1}, {service: db-v3, weight: 0}]}}";
    let db = services("{name: tcp-a, port: 5432}, {name: tcp-b, port: 5433}", &[("db", "10.96.0.1")]);
    let others = services("{name: tcp-a, port: 5432}", &[("db-v2", "10.96.0.2"), ("db-v3", "10.96.0.3")]);
    let resources = Resources::of(&[split, &db, &others, &deployment("web")]);
    let destination = |filter: &Value| json!([filter["cluster"], filter["weighted_clusters"]["clusters"]]);
    let chains: Vec<_> = chains(&resources).into_iter().map(|(name, matching, filter)| (name, matching, destination(&filter))).collect();
    let shares = json!([{ "name": "shop/db/5432", "weight": 3 }, { "name": "shop/db-v2/5432", "weight": 1 }]);
    let want = [
        ("shop/db-v2/5432".to_owned(), to(5432, "10.96.0.2"), json!(["shop/db-v2/5432", null])),
        ("shop/db-v3/5432".to_owned(), to(5432, "10.96.0.3"), json!(["shop/db-v3/5432", null])),
        ("shop/db/5432".to_owned(), to(5432, "10.96.0.1"), json!([null, shares])),
        ("shop/db/5433".to_owned(), to(5433, "10.96.0.1"), json!(["shop/db/5433", null])),
    ];
    assert_eq!(chains, want);
    assert!(resources.find(SHARED, "RouteConfiguration", "shop/db/5432").is_none());
}
