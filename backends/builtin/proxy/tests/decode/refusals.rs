//! What a resource means has to be safe, and not each of its fields alone; and a refusal says where and why.

use envoy_types::pb::envoy::config::route::v3::RouteConfiguration;
use envoy_types::pb::google::protobuf::Any;
use prost_reflect::prost::Message;
use serde_json::{Value, json};
use test_case::test_case;

use super::bytes::read;
use super::samples;

/// What is said of a sample in which one value stands in place of another (`null`: of none). An index that is one too great adds a member.
fn refusal(sample: &str, pointer: &str, value: Value) -> String {
    let mut document = samples::of(sample);
    let (parent, last) = pointer.rsplit_once('/').expect("a pointer");
    match document["resource"].pointer_mut(parent).expect("a value that is there") {
        Value::Object(fields) if value.is_null() => drop(fields.remove(&last.replace("~1", "/"))),
        Value::Object(fields) => drop(fields.insert(last.replace("~1", "/"), value)),
        Value::Array(list) => match last.parse::<usize>().expect("an index") {
            index if value.is_null() => drop(list.remove(index)),
            index if index == list.len() => list.push(value),
            index => list[index] = value,
        },
        other => panic!("{other} has no members"),
    }
    read(&document).map_or_else(|refusal| refusal.to_string(), |_| "taken".to_owned())
}

/// The chains of the sample `inbound`, and its default chain.
const INBOUND: &str = "/filter_chains/0/filters/0/typed_config";
const ROUTE: &str = "/virtual_hosts/0/routes/6";

fn at(base: &str, rest: &str) -> String {
    format!("{base}{rest}")
}

#[test_case("/name", json!(null), "name: is missing" ; "no name")]
#[test_case("/name", json!("n".repeat(4097)), "name: is longer than 4096 bytes" ; "long name")]
#[test_case("/type", json!("STRICT_DNS"), "type: is unknown: EDS, STATIC and ORIGINAL_DST are known" ; "other discovery")]
#[test_case("/type", json!(null), "type: is missing" ; "no discovery")]
#[test_case("/connect_timeout", json!(null), "connect_timeout: is missing" ; "no connect timeout")]
#[test_case("/connect_timeout", json!("-1s"), "connect_timeout: is no time from 0s on" ; "negative time")]
#[test_case("/connect_timeout", json!("0s"), "connect_timeout: has to be more than 0s" ; "no time to connect")]
#[test_case("/lb_policy", json!("CLUSTER_PROVIDED"), "least_request_lb_config: is set, and nothing in it is obeyed under CLUSTER_PROVIDED" ; "configuration of another policy")]
#[test_case("/least_request_lb_config/choice_count", json!(3), "least_request_lb_config.choice_count: has to be 2" ; "three choices")]
#[test_case("/common_lb_config/healthy_panic_threshold/value", json!(50), "common_lb_config.healthy_panic_threshold.value: has to be 0" ; "panics")]
#[test_case("/common_lb_config", json!(null), "common_lb_config: is missing" ; "panics by default")]
#[test_case("/circuit_breakers", json!(null), "circuit_breakers: is missing" ; "limits of Envoy")]
#[test_case("/circuit_breakers/thresholds/0/max_retries", json!(null), "circuit_breakers.thresholds[0].max_retries: is missing" ; "three retries")]
#[test_case("/circuit_breakers/thresholds/0/retry_budget/budget_percent/value", json!(101), "circuit_breakers.thresholds[0].retry_budget.budget_percent.value: is no number from 0 to 100" ; "more than all")]
#[test_case("/outlier_detection/enforcing_success_rate", json!(null), "outlier_detection.enforcing_success_rate: has to be 0" ; "success rate by default")]
#[test_case("/outlier_detection/max_ejection_time", json!("2s"), "outlier_detection.max_ejection_time: has to be base_ejection_time or more" ; "shorter than the first")]
#[test_case("/transport_socket_matches/0/match", json!({ "mtls": false }), "transport_socket_matches[0].match.mtls: has to be `mtls`, and true" ; "marked otherwise")]
#[test_case("/transport_socket_matches/1/match", json!({ "mtls": true }), "transport_socket_matches[1].match: has to be {}" ; "plain to whom TLS is due")]
#[test_case("/transport_socket_matches/1", json!(null), "transport_socket_matches: has to be two, `mtls` and `plain`, not 1" ; "TLS for some and nothing for others")]
#[test_case("/transport_socket_matches/0/transport_socket/typed_config/common_tls_context/combined_validation_context/default_validation_context", json!({}),
    "transport_socket_matches[0].transport_socket.typed_config.common_tls_context.combined_validation_context.default_validation_context.\
     match_typed_subject_alt_names: is empty: every certificate of the mesh would do as the server's" ; "any server")]
#[test_case("/transport_socket_matches/0/transport_socket/typed_config/common_tls_context/tls_params/tls_maximum_protocol_version", json!("TLSv1_2"),
    "transport_socket_matches[0].transport_socket.typed_config.common_tls_context.tls_params.tls_maximum_protocol_version: has to be TLSv1_3" ; "old TLS")]
#[test_case("/transport_socket_matches/0/transport_socket/typed_config/common_tls_context/tls_certificate_sds_secret_configs/0/name", json!("other"),
    "transport_socket_matches[0].transport_socket.typed_config.common_tls_context.tls_certificate_sds_secret_configs[0].name: has to be identity" ; "another secret")]
#[test_case("/typed_extension_protocol_options/x", json!({ "@type": "type.googleapis.com/envoy.config.core.v3.Metadata" }),
    "typed_extension_protocol_options[\"x\"]: is unknown: envoy.extensions.upstreams.http.v3.HttpProtocolOptions is known" ; "other options")]
fn of_a_cluster(pointer: &str, value: Value, want: &str) {
    assert_eq!(refusal("cluster", pointer, value), want);
}

#[test_case("/load_assignment/cluster_name", json!("other"), "load_assignment.cluster_name: has to be inbound/8080" ; "endpoints of another")]
#[test_case("/ring_hash_lb_config/maximum_ring_size", json!("3"), "ring_hash_lb_config.maximum_ring_size: has to be from 64 to 8388608" ; "smaller than the smallest")]
#[test_case("/lb_policy", json!("MAGLEV"), "ring_hash_lb_config: is set, and nothing in it is obeyed under MAGLEV" ; "ring of a table")]
#[test_case("/load_assignment/endpoints/0/lb_endpoints/0/endpoint/address/socket_address/address", json!("localhost"),
    "load_assignment.endpoints[0].lb_endpoints[0].endpoint.address.socket_address.address: is \"localhost\", which is no IP address" ; "name for an address")]
fn of_a_static_cluster(pointer: &str, value: Value, want: &str) {
    assert_eq!(refusal("fixed", pointer, value), want);
}

#[test_case("/endpoints/0/lb_endpoints/0/load_balancing_weight", json!(0), "endpoints[0].lb_endpoints[0].load_balancing_weight: has to be at least 1" ; "weight 0")]
#[test_case("/endpoints/0/lb_endpoints/0/endpoint/address/socket_address/port_value", json!(70000), "endpoints[0].lb_endpoints[0].endpoint.address.socket_address.port_value: is 70000: ports are 1 to 65535" ; "no port")]
#[test_case("/endpoints/0/lb_endpoints/0/metadata/filter_metadata/x", json!({}), "endpoints[0].lb_endpoints[0].metadata.filter_metadata[\"x\"]: is read by nobody: envoy.transport_socket_match alone is known" ; "other metadata")]
#[test_case("/policy/overprovisioning_factor", json!(100), "policy.overprovisioning_factor: has to be 140" ; "another factor")]
fn of_an_assignment(pointer: &str, value: Value, want: &str) {
    assert_eq!(refusal("assignment", pointer, value), want);
}

#[test_case("/traffic_direction", json!(null), "traffic_direction: has to be INBOUND or OUTBOUND" ; "no direction")]
#[test_case("/filter_chains/1", json!(null), "filter_chains[0]: ends TLS, and no chain takes what comes in plain on its port: it would take the default chain" ; "TLS without its twin")]
#[test_case("/filter_chains/3/filter_chain_match/destination_port", json!(5433), "filter_chains[2]: ends TLS, and no chain takes what comes in plain on its port: it would take the default chain" ; "twin of another port")]
#[test_case("/default_filter_chain/filters/0/typed_config/cluster", json!("passthrough"), "default_filter_chain: lets everything pass, and 5432/mtls is closed to what is plain" ; "past a strict port")]
#[test_case("/filter_chains/3/filter_chain_match", json!({ "destination_port": 8080 }), "filter_chains[3].filter_chain_match: matches what 8080/plain matches" ; "equal chains")]
#[test_case("/filter_chains/0/filter_chain_match/transport_protocol", json!(null), "filter_chains[0].filter_chain_match.transport_protocol: has to be tls" ; "plain text into a handshake")]
#[test_case("/filter_chains/0/filters/0/typed_config/request_timeout", json!("10s"), "filter_chains[0].filters[0].typed_config.request_timeout: has to be 0s: times are those of routes" ; "time of a request")]
#[test_case("/filter_chains/0/filters/0/typed_config/stream_idle_timeout", json!("300s"), "filter_chains[0].filters[0].typed_config.stream_idle_timeout: has to be 0s: times are those of routes" ; "idle stream")]
#[test_case("/filter_chains/0/transport_socket/typed_config/require_client_certificate", json!(false), "filter_chains[0].transport_socket.typed_config.require_client_certificate: has to be true" ; "no client certificate")]
#[test_case("/filter_chains/2/filters/0/name", json!("meshglot.allow"), "filter_chains[2].filters[1].name: is meshglot.allow, which is unknown here: filters are meshglot.deny and meshglot.allow, then envoy.filters.network.tcp_proxy; or envoy.filters.network.http_connection_manager alone" ; "twice allowed")]
#[test_case("/filter_chains/2/filters/2", json!(null), "filter_chains[2].filters[1].name: is meshglot.allow, which is unknown here: filters are meshglot.deny and meshglot.allow, then envoy.filters.network.tcp_proxy; or envoy.filters.network.http_connection_manager alone" ; "access to nothing")]
#[test_case("/filter_chains/2/filters/0/typed_config/rules/action", json!("LOG"), "filter_chains[2].filters[0].typed_config.rules.action: is neither ALLOW nor DENY" ; "rules that only log")]
#[test_case("/filter_chains/2/filters/0/typed_config/rules/policies/closed/principals", json!([]), "filter_chains[2].filters[0].typed_config.rules.policies[\"closed\"].principals: is empty" ; "no principals")]
#[test_case("/filter_chains/2/filters/0/typed_config/rules/policies/closed/permissions/0", json!({ "url_path": { "path": { "exact": "/" } } }), "filter_chains[2].filters[0].typed_config.rules.policies[\"closed\"].permissions[0]: looks at requests, and there are connections alone" ; "path of a connection")]
#[test_case("/listener_filters/1", json!(null), "filter_chains[0].filter_chain_match.transport_protocol: has to be absent: the tls_inspector does not look at the port" ; "nobody looks for TLS")]
#[test_case("/listener_filters/0/name", json!("envoy.filters.listener.proxy_protocol"), "listener_filters[0].name: is envoy.filters.listener.proxy_protocol: envoy.filters.listener.original_dst, envoy.filters.listener.tls_inspector and envoy.filters.listener.http_inspector are known, in this order" ; "other listener filter")]
#[test_case("/listener_filters/2/filter_disabled/not_match/destination_port_range/end", json!(9000), "listener_filters[2].filter_disabled.not_match.destination_port_range.end: has to be greater than start" ; "no ports")]
fn of_a_listener(pointer: &str, value: Value, want: &str) {
    assert_eq!(refusal("inbound", pointer, value), want);
}

#[test_case("/normalize_path", json!(null), "normalize_path: has to be true" ; "paths as they come")]
#[test_case("/merge_slashes", json!(true), "merge_slashes: is set, and this proxy does not obey it: leave it out" ; "merged slashes")]
#[test_case("/path_with_escaped_slashes_action", json!("UNESCAPE_AND_FORWARD"), "path_with_escaped_slashes_action: has to be REJECT_REQUEST" ; "escaped slashes")]
#[test_case("/use_remote_address", json!(true), "use_remote_address: has to be false" ; "remote address")]
#[test_case("/skip_xff_append", json!(null), "skip_xff_append: has to be true" ; "x-forwarded-for")]
#[test_case("/internal_address_config/cidr_ranges", json!([]), "internal_address_config.cidr_ranges: has to be [{address_prefix: \"::\", prefix_len: 128}]" ; "internal callers")]
#[test_case("/generate_request_id", json!(null), "generate_request_id: has to be true" ; "request ids")]
#[test_case("/preserve_external_request_id", json!(false), "preserve_external_request_id: has to be true" ; "new request ids")]
#[test_case("/server_header_transformation", json!("OVERWRITE"), "server_header_transformation: has to be PASS_THROUGH" ; "server")]
#[test_case("/codec_type", json!("HTTP2"), "codec_type: is set, and this proxy does not obey it: leave it out" ; "one codec")]
#[test_case("/common_http_protocol_options/headers_with_underscores_action", json!("DROP_HEADER"), "common_http_protocol_options.headers_with_underscores_action: is set, and this proxy does not obey it: leave it out" ; "underscores")]
#[test_case("/stream_idle_timeout", json!(null), "stream_idle_timeout: is missing" ; "five minutes")]
#[test_case("/upgrade_configs/0/upgrade_type", json!("connect"), "upgrade_configs[0].upgrade_type: has to be websocket" ; "tunnels")]
#[test_case("/forward_client_cert_details", json!("APPEND_FORWARD"), "forward_client_cert_details: is neither SANITIZE nor SANITIZE_SET: callers would be believed" ; "callers who say who they are")]
#[test_case("/http_filters/1", json!(null), "http_filters: is [meshglot.deny, envoy.filters.http.local_ratelimit, envoy.filters.http.router]: either [meshglot.deny, meshglot.allow, envoy.filters.http.local_ratelimit, envoy.filters.http.router] or [envoy.filters.http.cors, envoy.filters.http.fault, envoy.filters.http.router] is known" ; "nobody is held")]
#[test_case("/http_filters/1/typed_config/rules", json!(null), "http_filters[1].typed_config.rules: is missing" ; "open without routes")]
#[test_case("/http_filters/3/typed_config/suppress_envoy_headers", json!(false), "http_filters[3].typed_config.suppress_envoy_headers: has to be true" ; "headers of Envoy")]
#[test_case("/http_filters/2/typed_config/token_bucket", json!({ "max_tokens": 1 }), "http_filters[2].typed_config.token_bucket: is set, and this proxy does not obey it: leave it out" ; "limits of a listener")]
#[test_case("/http_filters/3/typed_config", json!({ "@type": "type.googleapis.com/envoy.extensions.filters.http.cors.v3.Cors" }), "http_filters[3].typed_config: is of the type envoy.extensions.filters.http.cors.v3.Cors, where this proxy knows envoy.extensions.filters.http.router.v3.Router alone" ; "another type")]
#[test_case("/access_log/0/typed_config/path", json!("/etc/passwd"), "access_log[0].typed_config.path: has to be /dev/stdout" ; "another file")]
#[test_case("/access_log/0/typed_config/log_format/json_format/x", json!("%RESPONSE_TX_DURATION%"), "access_log[0].typed_config.log_format.json_format[\"x\"]: is %RESPONSE_TX_DURATION%, a command that this proxy does not know" ; "other command")]
#[test_case("/access_log/0/typed_config/log_format/json_format/x", json!("%REQ(X?Y):10%"), "access_log[0].typed_config.log_format.json_format[\"x\"]: is %REQ(X?Y):10%, a command that this proxy does not know" ; "parts of headers")]
#[test_case("/access_log/0/typed_config/log_format/json_format/x", json!("took %DURATION%"), "access_log[0].typed_config.log_format.json_format[\"x\"]: is \"took %DURATION%\", which is neither one command nor a text without commands (% is written %%)" ; "text around a command")]
#[test_case("/access_log/0/typed_config/log_format/json_format/x", json!({ "y": "z" }), "access_log[0].typed_config.log_format.json_format[\"x\"]: has to be a text" ; "nested")]
fn of_a_connection_manager(pointer: &str, value: Value, want: &str) {
    let want = format!("filter_chains[0].filters[0].typed_config.{want}");
    assert_eq!(refusal("inbound", &at(INBOUND, pointer), value), want);
}

#[test_case("/filter_chains/1/filters/0/typed_config/weighted_clusters/clusters/0/weight", json!(0), "filter_chains[1].filters[0].typed_config.weighted_clusters.clusters[0].weight: has to be at least 1" ; "tcp weight 0")]
#[test_case("/filter_chains/1/filters/0/typed_config/weighted_clusters/clusters/0/weight", json!(4294967295u64), "filter_chains[1].filters[0].typed_config.weighted_clusters.clusters: has weights of 4294967296 in sum, more than 4294967295" ; "tcp weights over 32 bits")]
#[test_case("/traffic_direction", json!("INBOUND"), "filter_chains[0].filters[0].typed_config.http_filters: has to be those of the listener's traffic_direction" ; "filters of the other side")]
#[test_case("/filter_chains/2/filter_chain_match/server_names/0", json!("a*.example"), "filter_chains[2].filter_chain_match.server_names[0]: is \"a*.example\": a name, or `*.` and a name, is known" ; "other wildcard")]
#[test_case("/filter_chains/0/filters/0/typed_config/tracing/provider/typed_config/service_name", json!(null), "filter_chains[0].filters[0].typed_config.tracing.provider.typed_config.service_name: is missing" ; "spans of nobody")]
#[test_case("/filter_chains/0/filters/0/typed_config/tracing/provider/name", json!("envoy.tracers.zipkin"), "filter_chains[0].filters[0].typed_config.tracing.provider.name: has to be envoy.tracers.opentelemetry" ; "other spans")]
fn of_an_outbound_listener(pointer: &str, value: Value, want: &str) {
    assert_eq!(refusal("outbound", pointer, value), want);
}

#[test_case("/validate_clusters", json!(null), "validate_clusters: has to be false" ; "clusters that are there already")]
#[test_case("/virtual_hosts/0/routes/0", json!(null), "virtual_hosts[0].routes: has to be led by the route `ambiguous-path`: one safe_regex and a direct_response of 400" ; "ambiguous paths")]
#[test_case("/virtual_hosts/0/domains", json!([]), "virtual_hosts[0].domains: is empty" ; "no host")]
#[test_case("/virtual_hosts/0/domains", json!(["*", "*"]), "virtual_hosts[0].domains[1]: is *, which another virtual host has already" ; "two stars")]
#[test_case("/virtual_hosts/0/domains", json!(["api", "API"]), "virtual_hosts[0].domains[1]: is api, which another virtual host has already" ; "one host twice")]
#[test_case("/virtual_hosts/0/domains", json!(["*.shop"]), "virtual_hosts[0].domains[0]: is \"*.shop\": `*` or a host is known" ; "part of a host")]
#[test_case("/virtual_hosts/0/typed_per_filter_config", json!({ "meshglot.allow": { "@type": "type.googleapis.com/envoy.extensions.filters.http.rbac.v3.RBACPerRoute" } }), "virtual_hosts: has to be for the filters of one side: calls to the workload, or calls of it" ; "filters of both sides")]
#[test_case("/virtual_hosts/0/typed_per_filter_config", json!({ "meshglot.other": { "@type": "type.googleapis.com/envoy.extensions.filters.http.rbac.v3.RBACPerRoute" } }), "virtual_hosts[0].typed_per_filter_config[\"meshglot.other\"]: is said to a filter that no chain has: meshglot.deny, meshglot.allow, envoy.filters.http.local_ratelimit, envoy.filters.http.fault and envoy.filters.http.cors are known" ; "override of no filter")]
fn of_a_route_table(pointer: &str, value: Value, want: &str) {
    assert_eq!(refusal("routes", pointer, value), want);
}

#[test_case("/match/prefix", json!(null), "match: holds no condition on the path: prefix, path, path_separated_prefix and safe_regex are known" ; "no path")]
#[test_case("/match/headers/0/string_match", json!({ "exact": "a", "ignore_case": true }), "match.headers[0].string_match.ignore_case: is set, and this proxy does not obey it: leave it out" ; "either case")]
#[test_case("/match/headers/0/string_match/safe_regex/regex", json!("("), "match.headers[0].string_match.safe_regex.regex: unclosed group" ; "no expression")]
#[test_case("/match/headers/0/string_match/safe_regex/regex", json!("a)|(?:b"), "match.headers[0].string_match.safe_regex.regex: unopened group" ; "out of its parentheses")]
#[test_case("/match/headers/0/string_match/safe_regex/regex", json!("a(?=b)"), "match.headers[0].string_match.safe_regex.regex: look-around, including look-ahead and look-behind, is not supported" ; "lookahead")]
#[test_case("/match/headers/0/string_match/safe_regex/regex", json!("[a&&b]"), "match.headers[0].string_match.safe_regex.regex: combines classes with &&, -- or ~~" ; "classes that RE2 reads otherwise")]
#[test_case("/match/headers/0/string_match/safe_regex/regex", json!("a{1001}"), "match.headers[0].string_match.safe_regex.regex: repeats more than 1000 times" ; "many times")]
#[test_case("/match/headers/0/string_match/safe_regex/regex", json!("(?:(?:abcdefghij){1000}){10}"), "match.headers[0].string_match.safe_regex.regex: takes more than 1024 KiB when compiled" ; "large when compiled")]
#[test_case("/match/headers/0/string_match/safe_regex/regex", json!("a".repeat(4097)), "match.headers[0].string_match.safe_regex.regex: is longer than 4096 characters" ; "long expression")]
#[test_case("/match/headers/0/name", json!("x y"), "match.headers[0].name: is \"x y\", which is no name of a header" ; "no header")]
#[test_case("/route/timeout", json!(null), "route.timeout: is missing" ; "fifteen seconds")]
#[test_case("/route/weighted_clusters/clusters/0/weight", json!(0), "route.weighted_clusters.clusters: has weights of 0 alone" ; "weights of sum 0")]
#[test_case("/route/weighted_clusters/clusters/1/weight", json!(4294967295u64), "route.weighted_clusters.clusters: has weights of 4294967304 in sum, more than 4294967295" ; "weights over 32 bits")]
#[test_case("/route/weighted_clusters/clusters/0/weight", json!(null), "route.weighted_clusters.clusters[0].weight: is missing" ; "no weight")]
#[test_case("/route/retry_policy/num_retries", json!(0), "route.retry_policy.num_retries: has to be at least 1: without retries there is no retry_policy" ; "no retries")]
#[test_case("/route/retry_policy/retry_on", json!("5xx,envoy-ratelimited"), "route.retry_policy.retry_on: holds envoy-ratelimited, which this proxy does not know" ; "retries after other things")]
#[test_case("/route/retry_policy/retry_on", json!("5xx"), "route.retry_policy.retriable_status_codes: has to be set if retry_on holds retriable-status-codes, and only then" ; "statuses for nothing")]
#[test_case("/route/retry_policy/retry_back_off/max_interval", json!("0.001s"), "route.retry_policy.retry_back_off.max_interval: has to be base_interval or more" ; "shorter than its base")]
#[test_case("/route/retry_policy/host_selection_retry_max_attempts", json!(null), "route.retry_policy.host_selection_retry_max_attempts: has to be at least 1 beside retry_host_predicate" ; "avoided never")]
#[test_case("/route/request_mirror_policies/0/disable_shadow_host_suffix_append", json!(null), "route.request_mirror_policies[0].disable_shadow_host_suffix_append: has to be true" ; "another host")]
#[test_case("/route/request_mirror_policies/0/runtime_fraction/default_value/numerator", json!(1000001), "route.request_mirror_policies[0].runtime_fraction.default_value.numerator: is more than the whole" ; "more copies than requests")]
#[test_case("/route/hash_policy/0", json!({ "filter_state": { "key": "x" } }), "route.hash_policy[0].filter_state: is set, and this proxy does not obey it: leave it out" ; "hash of other things")]
#[test_case("/route/hash_policy/2/connection_properties/source_ip", json!(false), "route.hash_policy[2].connection_properties.source_ip: has to be true" ; "hash of nothing")]
#[test_case("/request_headers_to_add/1/header/value", json!("100%"), "request_headers_to_add[1].header.value: holds a lone %, which begins a command: % is written %%" ; "lone percent")]
#[test_case("/request_headers_to_add/1/header/value", json!("a\nb"), "request_headers_to_add[1].header.value: is no value of a header" ; "two lines")]
#[test_case("/request_headers_to_add/1/header/key", json!("Host"), "request_headers_to_add[1].header.key: is Host, which is part of the request's line: it is not changed as a header" ; "host as a header")]
#[test_case("/response_headers_to_remove/0", json!(":status"), "response_headers_to_remove[0]: is :status, which is part of the request's line: it is not changed as a header" ; "pseudo header")]
#[test_case("/request_headers_to_add/0/append_action", json!("ADD_IF_ABSENT"), "request_headers_to_add[0].append_action: is unknown: APPEND_IF_EXISTS_OR_ADD and OVERWRITE_IF_EXISTS_OR_ADD are known" ; "added if absent")]
#[test_case("/typed_per_filter_config/envoy.filters.http.fault/abort/http_status", json!(199), "typed_per_filter_config[\"envoy.filters.http.fault\"].abort.http_status: is 199: statuses are 200 to 599" ; "no end of a request")]
#[test_case("/typed_per_filter_config/envoy.filters.http.fault/delay/percentage", json!(null), "typed_per_filter_config[\"envoy.filters.http.fault\"].delay.percentage: is missing" ; "delay of how many")]
fn of_a_route(pointer: &str, value: Value, want: &str) {
    let want = format!("virtual_hosts[0].routes[6].{want}");
    assert_eq!(refusal("routes", &at(ROUTE, pointer), value), want);
}

#[test_case(2, "/route/regex_rewrite/substitution", json!("/\\2"), "route.regex_rewrite.substitution: says \\2, and the pattern has no such group" ; "no such group")]
#[test_case(2, "/route/regex_rewrite/substitution", json!("/\\x"), "route.regex_rewrite.substitution: has a \\ before neither \\ nor a digit" ; "lone backslash")]
#[test_case(2, "/route/prefix_rewrite", json!("/"), "route.prefix_rewrite: has to be absent beside regex_rewrite" ; "rewritten twice")]
#[test_case(3, "/match", json!({ "safe_regex": { "regex": "/v1.*" } }), "route.prefix_rewrite: has to be absent where the path is matched by an expression" ; "prefix of an expression")]
#[test_case(4, "/redirect/response_code", json!(9), "redirect.response_code: is unknown" ; "other redirect")]
#[test_case(4, "/redirect/scheme_redirect", json!("ftp"), "redirect.scheme_redirect: has to be http or https" ; "other scheme")]
#[test_case(4, "/redirect/port_redirect", json!(70000), "redirect.port_redirect: is 70000: ports are 1 to 65535" ; "redirect to no port")]
#[test_case(1, "/direct_response/body/inline_string", json!("x".repeat(4097)), "direct_response.body.inline_string: has to be at most 4096 bytes" ; "long body")]
#[test_case(1, "/direct_response", json!(null), ": leads nowhere: route, redirect and direct_response are known" ; "no action")]
fn of_other_routes(route: usize, pointer: &str, value: Value, want: &str) {
    let want = format!("virtual_hosts[0].routes[{route}]{}{want}", if want.starts_with(':') { "" } else { "." });
    assert_eq!(refusal("routes", &format!("/virtual_hosts/0/routes/{route}{pointer}"), value), want);
}

const ALLOW: &str = "/virtual_hosts/0/typed_per_filter_config/meshglot.allow";
const RATE: &str = "/virtual_hosts/0/routes/1/typed_per_filter_config/envoy.filters.http.local_ratelimit";

#[test_case(ALLOW, "/rbac/rules/action", json!("LOG"), "rbac.rules.action: is neither ALLOW nor DENY" ; "rules that only log")]
#[test_case(ALLOW, "/rbac/rules/policies/p", json!({}), "rbac.rules.policies[\"p\"].permissions: is empty" ; "policy of nothing")]
#[test_case(ALLOW, "/rbac/rules/policies/p", json!({ "permissions": [{ "any": true }], "principals": [{ "direct_remote_ip": { "address_prefix": "::ffff:10.0.0.0", "prefix_len": 104 } }] }), "rbac.rules.policies[\"p\"].principals[0].direct_remote_ip.address_prefix: is an address of IPv4 within IPv6: it is written as one of IPv4" ; "IPv4 within IPv6")]
#[test_case(ALLOW, "/rbac/rules/policies/TrafficTarget~1shop~1api#metrics", json!({ "permissions": [{ "any": true }] }), "rbac.rules.policies[\"TrafficTarget/shop/api#metrics\"].principals: is empty" ; "policy of nobody")]
#[test_case(ALLOW, "/rbac/rules/policies/p", json!({ "permissions": [{ "any": true }], "principals": [{ "authenticated": {} }] }), "rbac.rules.policies[\"p\"].principals[0].authenticated.principal_name: is missing" ; "any certificate")]
#[test_case(ALLOW, "/rbac/rules/policies/p", json!({ "permissions": [{ "any": true }], "principals": [{ "remote_ip": { "address_prefix": "10.0.0.0" } }] }), "rbac.rules.policies[\"p\"].principals[0].remote_ip: is set, and this proxy does not obey it: leave it out" ; "address that a header says")]
#[test_case(ALLOW, "/rbac/rules/policies/p", json!({ "permissions": [{ "any": true }], "principals": [{ "direct_remote_ip": { "address_prefix": "10.0.0.0", "prefix_len": 33 } }] }), "rbac.rules.policies[\"p\"].principals[0].direct_remote_ip.prefix_len: has to be at most 32" ; "long prefix")]
#[test_case(ALLOW, "/rbac/rules/policies/p", json!({ "permissions": [{ "and_rules": { "rules": [] } }], "principals": [{ "any": true }] }), "rbac.rules.policies[\"p\"].permissions[0].and_rules.rules: is empty" ; "all of nothing")]
#[test_case(RATE, "/filter_enforced", json!(null), "filter_enforced: has to be 100 %" ; "enforced of none")]
#[test_case(RATE, "/filter_enabled/default_value/numerator", json!(99), "filter_enabled: has to be 100 %" ; "enabled of some")]
#[test_case(RATE, "/token_bucket", json!(null), "token_bucket: is missing" ; "no bucket")]
#[test_case(RATE, "/token_bucket/fill_interval", json!("0.049s"), "token_bucket.fill_interval: has to be at least 0.05s" ; "filled too often")]
fn of_overrides(base: &str, pointer: &str, value: Value, want: &str) {
    let place = if base == ALLOW {
        "virtual_hosts[0].typed_per_filter_config[\"meshglot.allow\"]"
    } else {
        "virtual_hosts[0].routes[1].typed_per_filter_config[\"envoy.filters.http.local_ratelimit\"]"
    };
    assert_eq!(refusal("inbound-routes", &at(base, pointer), value), format!("{place}.{want}"));
}

#[test_case("", "has no @type" ; "none")]
#[test_case("example.com/envoy.extensions.filters.http.rbac.v3.RBACPerRoute", "is of the type example.com/envoy.extensions.filters.http.rbac.v3.RBACPerRoute, which is none of type.googleapis.com/" ; "of others")]
#[test_case("type.googleapis.com/envoy.extensions.filters.http.lua.v3.Lua", "is of the type envoy.extensions.filters.http.lua.v3.Lua, where this proxy knows envoy.extensions.filters.http.rbac.v3.RBACPerRoute alone" ; "another")]
fn an_any_has_a_type(url: &str, want: &str) {
    let bytes = super::bytes::message(&samples::of("inbound-routes")).encode_to_vec();
    let mut table = RouteConfiguration::decode(bytes.as_slice()).expect("routes");
    let any = Any { type_url: url.to_owned(), value: Vec::new() };
    table.virtual_hosts[0].typed_per_filter_config.insert("meshglot.deny".to_owned(), any);
    let said = super::bytes::of_bytes("envoy.config.route.v3.RouteConfiguration", &table.encode_to_vec()).expect_err("a refusal");
    assert_eq!(said.to_string(), format!("virtual_hosts[0].typed_per_filter_config[\"meshglot.deny\"]: {want}"));
}

#[test]
fn calls_of_the_workload_come_in_plain() {
    let socket = samples::of("inbound")["resource"]["filter_chains"][0]["transport_socket"].clone();
    let said = refusal("outbound", "/filter_chains/2/transport_socket", socket);
    assert_eq!(said, "filter_chains[2].transport_socket: has to be absent: calls of the workload itself come in plain");
}

#[test]
fn rules_within_rules_end() {
    let nested = |depth: usize| {
        let inner = json!({ "any": true });
        let rule = (0..depth).fold(inner, |rule, _| json!({ "not_rule": rule }));
        refusal("inbound-routes", &at(ALLOW, "/rbac/rules/policies/p"), json!({ "permissions": [rule], "principals": [{ "any": true }] }))
    };
    assert_eq!(nested(50), "taken");
    assert!(nested(60).ends_with("lies deeper than 64 messages"), "{}", nested(60));
    assert!(nested(200).contains("recursion limit reached"), "{}", nested(200));
}

#[test]
fn there_is_a_limit_of_routes() {
    let route = json!({ "match": { "prefix": "/" }, "route": { "timeout": "0s", "cluster": "a" } });
    let mut document = samples::of("routes");
    let routes = document["resource"]["virtual_hosts"][0]["routes"].as_array_mut().expect("routes");
    let more = 10_000 - routes.len();
    routes.extend(std::iter::repeat_n(route.clone(), more));
    assert!(read(&document).is_ok());
    document["resource"]["virtual_hosts"][0]["routes"].as_array_mut().expect("routes").push(route);
    assert_eq!(read(&document).expect_err("a limit").to_string(), "virtual_hosts: holds 10001 routes, more than 10000");
}

#[test]
fn there_is_a_limit_of_bytes() {
    let said = super::bytes::of_bytes("envoy.config.cluster.v3.Cluster", &vec![0; (64 << 20) + 1]);
    assert_eq!(said.expect_err("a limit").to_string(), "Cluster: takes 67108865 bytes, more than 67108864");
}
