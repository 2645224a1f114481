//! The filter that reads requests: Envoy's HTTP connection manager.

use serde_json::{Value, json};

use super::{access_log, ads, extension};
use crate::message::message;

/// At the server. `identified`: the chain has a verified peer, whose identity is told to the application; else
/// whatever the caller claims about itself is removed.
pub(crate) fn inbound(route_config: &str, identified: bool) -> Value {
    let rbac = "envoy.extensions.filters.http.rbac.v3.RBAC";
    let rate_limit = "envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit";
    let filters = vec![
        extension("meshglot.deny", rbac, json!({})),
        // Rules without a policy deny everything: what stands here counts only until the routes are there.
        extension("meshglot.allow", rbac, json!({ "rules": {} })),
        extension("envoy.filters.http.local_ratelimit", rate_limit, json!({ "stat_prefix": "rate" })),
        router(),
    ];
    let mut fields = manager("inbound", route_config, filters, access_log::http_inbound());
    if identified {
        fields["forward_client_cert_details"] = "SANITIZE_SET".into();
        fields["set_current_client_cert_details"] = json!({ "uri": true });
    }
    filter(fields)
}

/// At the caller.
pub(crate) fn outbound(route_config: &str) -> Value {
    let filters = vec![
        extension("envoy.filters.http.cors", "envoy.extensions.filters.http.cors.v3.Cors", json!({})),
        extension("envoy.filters.http.fault", "envoy.extensions.filters.http.fault.v3.HTTPFault", json!({})),
        router(),
    ];
    filter(manager("outbound", route_config, filters, access_log::http_outbound()))
}

/// What requests are forwarded by; the mesh adds no header of its own.
fn router() -> Value {
    let message = "envoy.extensions.filters.http.router.v3.Router";
    extension("envoy.filters.http.router", message, json!({ "suppress_envoy_headers": true }))
}

fn filter(fields: Value) -> Value {
    let message = "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager";
    extension("envoy.filters.network.http_connection_manager", message, fields)
}

fn manager(direction: &str, route_config: &str, filters: Vec<Value>, access_log: Value) -> Value {
    let mut fields = json!({
        "stat_prefix": direction,
        "codec_type": "AUTO",
        // Together with the route `ambiguous-path`: rules and servers see one and the same path.
        "normalize_path": true,
        "merge_slashes": false,
        "path_with_escaped_slashes_action": "REJECT_REQUEST",
        "use_remote_address": false,
        "skip_xff_append": true,
        // An address that never occurs: without one, a forged `x-forwarded-for` makes the caller "internal", and
        // Envoy obeys its `x-envoy-*` headers.
        "internal_address_config": { "cidr_ranges": [{ "address_prefix": "::", "prefix_len": 128 }] },
        "generate_request_id": true,
        "preserve_external_request_id": true,
        "server_header_transformation": "PASS_THROUGH",
        // The default of five minutes would cut long polls.
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
    fields["rds"] = message! { "route_config_name": route_config, "config_source": ads() };
    fields["http_filters"] = filters.into();
    fields["access_log"] = access_log;
    fields
}
