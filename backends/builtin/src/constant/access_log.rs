//! The access log: one JSON line on standard output per request or connection.

use serde_json::{Value, json};

use super::extension;
use crate::message::message;

/// Of a caller's proxy.
pub(crate) fn http_outbound() -> Value {
    to_stdout(request("outbound"))
}

/// Of a server's proxy, which knows the peer and the rule that decided.
pub(crate) fn http_inbound() -> Value {
    let mut fields = request("inbound");
    fields["peer"] = "%DOWNSTREAM_PEER_URI_SAN%".into();
    fields["policy"] = "%DYNAMIC_METADATA(envoy.filters.http.rbac:allow_enforced_effective_policy_id)%".into();
    fields["policy_denied_by"] = "%DYNAMIC_METADATA(envoy.filters.http.rbac:deny_enforced_effective_policy_id)%".into();
    fields["audit"] = "%DYNAMIC_METADATA(envoy.filters.http.rbac:audit_shadow_effective_policy_id)%".into();
    fields["audit_result"] = "%DYNAMIC_METADATA(envoy.filters.http.rbac:audit_shadow_engine_result)%".into();
    to_stdout(fields)
}

/// Of a connection that is not read; `direction` is `inbound` or `outbound`.
pub(crate) fn tcp(direction: &str) -> Value {
    to_stdout(json!({
        "bytes_in": "%BYTES_RECEIVED%",
        "bytes_out": "%BYTES_SENT%",
        "cluster": "%UPSTREAM_CLUSTER_RAW%",
        "destination": "%DOWNSTREAM_LOCAL_ADDRESS%",
        "details": "%CONNECTION_TERMINATION_DETAILS%",
        "direction": direction,
        "duration_ms": "%DURATION%",
        "flags": "%RESPONSE_FLAGS%",
        "peer": "%DOWNSTREAM_PEER_URI_SAN%",
        // Network RBAC writes no metadata for the rules that it enforces, only for their shadow.
        "policy": "%DYNAMIC_METADATA(envoy.filters.network.rbac:allow_shadow_effective_policy_id)%",
        "protocol": "TCP",
        "source": "%DOWNSTREAM_REMOTE_ADDRESS%",
        "start": "%START_TIME%",
        "upstream": "%UPSTREAM_HOST%",
    }))
}

fn request(direction: &str) -> Value {
    json!({
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
        // `%REQ_WITHOUT_QUERY%` would need a formatter extension.
        "path": "%PATH(NQ:ORIG_OR_PATH)%",
        "protocol": "%PROTOCOL%",
        "request_id": "%REQ(X-REQUEST-ID)%",
        "route": "%ROUTE_NAME%",
        "source": "%DOWNSTREAM_REMOTE_ADDRESS%",
        "start": "%START_TIME%",
        "status": "%RESPONSE_CODE%",
        "tls": "%DOWNSTREAM_TLS_VERSION%",
        "upstream": "%UPSTREAM_HOST%",
    })
}

fn to_stdout(fields: Value) -> Value {
    let message = "envoy.extensions.access_loggers.file.v3.FileAccessLog";
    let fields = message! { "path": "/dev/stdout", "log_format": message! { "json_format": fields } };
    vec![extension("envoy.access_loggers.file", message, fields)].into()
}
