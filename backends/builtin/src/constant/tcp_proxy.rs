//! The filter that forwards bytes unread: Envoy's TCP proxy.

use serde_json::{Value, json};

use super::{access_log, extension};

/// At the server.
pub(crate) fn inbound(cluster: &str) -> Value {
    filter("inbound", json!({ "cluster": cluster }))
}

/// At the caller. `to` is `cluster` or `weighted_clusters` with its value.
pub(crate) fn outbound(to: Value) -> Value {
    filter("outbound", to)
}

fn filter(direction: &str, mut fields: Value) -> Value {
    fields["stat_prefix"] = direction.into();
    fields["idle_timeout"] = "3600s".into();
    fields["access_log"] = access_log::tcp(direction);
    extension("envoy.filters.network.tcp_proxy", "envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy", fields)
}
