//! Listeners on 127.0.0.1: without redirection what is called is the listener's own port.

use meshglot_translator::render::RenderedObject;
use serde_json::{Value, json};

use super::{address, ads, extension, object, tls};

const KIND: (&str, &str) = ("listener", "Listener");

/// Requests of a workload, all by one route configuration.
pub(crate) fn explicit(workload: &str, port: u16, routes: &str) -> RenderedObject {
    let filters = json!([
        extension("envoy.filters.http.cors", "envoy.extensions.filters.http.cors.v3.Cors", json!({})),
        extension("envoy.filters.http.fault", "envoy.extensions.filters.http.fault.v3.HTTPFault", json!({})),
        router(),
    ]);
    listening(workload, port, manager("outbound", routes, filters, http_log("outbound")))
}

/// Connections of a workload, all to one cluster.
pub(crate) fn bytes(workload: &str, port: u16, cluster: &str) -> RenderedObject {
    listening(workload, port, tcp("outbound", cluster))
}

fn listening(workload: &str, port: u16, filter: Value) -> RenderedObject {
    let name = format!("explicit/{port}");
    let resource = json!({
        "name": name,
        "address": address(port),
        "traffic_direction": "OUTBOUND",
        "filter_chains": [{ "name": name, "filters": [filter] }],
    });
    object(workload, KIND, &name, resource)
}

/// Requests to a workload: over mutual TLS, or in plain by who has no proxy.
pub(crate) fn inbound(workload: &str, port: u16) -> RenderedObject {
    let routes = format!("inbound/{port}");
    let rbac = "envoy.extensions.filters.http.rbac.v3.RBAC";
    let rate = "envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit";
    let filters = json!([
        extension("meshglot.deny", rbac, json!({})),
        extension("meshglot.allow", rbac, json!({ "rules": {} })),
        extension("envoy.filters.http.local_ratelimit", rate, json!({ "stat_prefix": "rate" })),
        router(),
    ]);
    let plain = manager("inbound", &routes, filters, http_log("inbound"));
    let mut identified = plain.clone();
    identified["typed_config"]["forward_client_cert_details"] = "SANITIZE_SET".into();
    identified["typed_config"]["set_current_client_cert_details"] = json!({ "uri": true });
    let context = json!({
        "common_tls_context": tls(&["meshglot-tcp", "h2", "http/1.1"], json!({})),
        "require_client_certificate": true,
        "disable_stateless_session_resumption": true,
        "disable_stateful_session_resumption": true,
    });
    let ends = extension("envoy.transport_sockets.tls", "envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext", context);
    let inspector = "envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector";
    let mutual = json!({ "destination_port": port, "transport_protocol": "tls", "application_protocols": ["meshglot"] });
    let resource = json!({
        "name": "inbound",
        "address": address(port),
        "traffic_direction": "INBOUND",
        "listener_filters": [extension("envoy.filters.listener.tls_inspector", inspector, json!({}))],
        "listener_filters_timeout": "5s",
        "continue_on_listener_filters_timeout": true,
        "filter_chains": [
            { "name": format!("{port}/mtls"), "filter_chain_match": mutual, "filters": [identified], "transport_socket": ends },
            { "name": format!("{port}/plain"), "filter_chain_match": { "destination_port": port }, "filters": [plain] },
        ],
        "default_filter_chain": { "name": "default", "filters": [tcp("inbound", "closed")] },
    });
    object(workload, KIND, "inbound", resource)
}

fn router() -> Value {
    let message = "envoy.extensions.filters.http.router.v3.Router";
    extension("envoy.filters.http.router", message, json!({ "suppress_envoy_headers": true }))
}

fn manager(direction: &str, routes: &str, filters: Value, log: Value) -> Value {
    let fields = json!({
        "stat_prefix": direction,
        "codec_type": "AUTO",
        "rds": { "route_config_name": routes, "config_source": ads() },
        "http_filters": filters,
        "access_log": log,
        "normalize_path": true,
        "merge_slashes": false,
        "path_with_escaped_slashes_action": "REJECT_REQUEST",
        "use_remote_address": false,
        "skip_xff_append": true,
        "internal_address_config": { "cidr_ranges": [{ "address_prefix": "::", "prefix_len": 128 }] },
        "generate_request_id": true,
        "preserve_external_request_id": true,
        "server_header_transformation": "PASS_THROUGH",
        "stream_idle_timeout": "0s",
        "request_timeout": "0s",
        "request_headers_timeout": "10s",
        "common_http_protocol_options": {
            "idle_timeout": "3600s",
            "max_headers_count": 100,
            "headers_with_underscores_action": "ALLOW",
        },
        "upgrade_configs": [{ "upgrade_type": "websocket" }],
        "forward_client_cert_details": "SANITIZE",
    });
    let message = "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager";
    extension("envoy.filters.network.http_connection_manager", message, fields)
}

fn tcp(direction: &str, cluster: &str) -> Value {
    let log = json!({
        "bytes_in": "%BYTES_RECEIVED%",
        "bytes_out": "%BYTES_SENT%",
        "cluster": "%UPSTREAM_CLUSTER_RAW%",
        "destination": "%DOWNSTREAM_LOCAL_ADDRESS%",
        "details": "%CONNECTION_TERMINATION_DETAILS%",
        "direction": direction,
        "duration_ms": "%DURATION%",
        "flags": "%RESPONSE_FLAGS%",
        "peer": "%DOWNSTREAM_PEER_URI_SAN%",
        "policy": "%DYNAMIC_METADATA(envoy.filters.network.rbac:allow_shadow_effective_policy_id)%",
        "protocol": "TCP",
        "source": "%DOWNSTREAM_REMOTE_ADDRESS%",
        "start": "%START_TIME%",
        "upstream": "%UPSTREAM_HOST%",
    });
    let fields = json!({ "stat_prefix": direction, "idle_timeout": "3600s", "access_log": to_stdout(log), "cluster": cluster });
    extension("envoy.filters.network.tcp_proxy", "envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy", fields)
}

fn http_log(direction: &str) -> Value {
    let mut fields = json!({
        "attempts": "%UPSTREAM_REQUEST_ATTEMPT_COUNT%",
        "authority": "%REQ(:AUTHORITY)%",
        "bytes_in": "%BYTES_RECEIVED%",
        "bytes_out": "%BYTES_SENT%",
        "cluster": "%UPSTREAM_CLUSTER_RAW%",
        "destination": "%DOWNSTREAM_LOCAL_ADDRESS%",
        "details": "%RESPONSE_CODE_DETAILS%",
        "direction": direction,
        "duration_ms": "%DURATION%",
        "flags": "%RESPONSE_FLAGS%",
        "method": "%REQ(:METHOD)%",
        "path": "%PATH(NQ:ORIG_OR_PATH)%",
        "protocol": "%PROTOCOL%",
        "request_id": "%REQ(X-REQUEST-ID)%",
        "route": "%ROUTE_NAME%",
        "source": "%DOWNSTREAM_REMOTE_ADDRESS%",
        "start": "%START_TIME%",
        "status": "%RESPONSE_CODE%",
        "tls": "%DOWNSTREAM_TLS_VERSION%",
        "upstream": "%UPSTREAM_HOST%",
    });
    if direction == "inbound" {
        fields["peer"] = "%DOWNSTREAM_PEER_URI_SAN%".into();
        fields["policy"] = "%DYNAMIC_METADATA(envoy.filters.http.rbac:allow_enforced_effective_policy_id)%".into();
        fields["policy_denied_by"] = "%DYNAMIC_METADATA(envoy.filters.http.rbac:deny_enforced_effective_policy_id)%".into();
        fields["audit"] = "%DYNAMIC_METADATA(envoy.filters.http.rbac:audit_shadow_effective_policy_id)%".into();
        fields["audit_result"] = "%DYNAMIC_METADATA(envoy.filters.http.rbac:audit_shadow_engine_result)%".into();
    }
    to_stdout(fields)
}

fn to_stdout(fields: Value) -> Value {
    let message = "envoy.extensions.access_loggers.file.v3.FileAccessLog";
    let fields = json!({ "path": "/dev/stdout", "log_format": { "json_format": fields } });
    json!([extension("envoy.access_loggers.file", message, fields)])
}
