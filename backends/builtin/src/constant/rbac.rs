//! The filters that decide who may call: Envoy's RBAC, of requests and of connections.
//!
//! Source: <https://www.envoyproxy.io/docs/envoy/v1.40.0/api-v3/config/rbac/v3/rbac.proto>

use serde_json::{Map, Value, json};

use super::{extension, typed};
use crate::message::message;

/// Policies by their key: Envoy tries them in this order and tells the first that allows.
pub(crate) type Policies = Map<String, Value>;

/// Access rules of a virtual host or route, by filter; everybody may call.
pub(crate) fn open() -> Value {
    per_route(json!({}))
}

/// Requests that no policy allows are answered 403. Without a policy that is all of them.
pub(crate) fn closed(policies: Policies) -> Value {
    per_route(message! { "rbac": message! { "rules": allow(policies), "rules_stat_prefix": "allow_" } })
}

/// The log tells what [`closed`] would have done.
pub(crate) fn audited(policies: Policies) -> Value {
    per_route(message! { "rbac": message! { "shadow_rules": allow(policies), "shadow_rules_stat_prefix": "audit_" } })
}

/// Both filters are in every chain, so that both are switched here.
fn per_route(allow: Value) -> Value {
    let message = "envoy.extensions.filters.http.rbac.v3.RBACPerRoute";
    message! { "meshglot.allow": typed(message, allow), "meshglot.deny": typed(message, json!({})) }
}

fn allow(policies: Policies) -> Value {
    message! { "action": "ALLOW", "policies": policies }
}

/// Connections that no policy allows are closed at their first byte.
pub(crate) fn connections(policies: Policies) -> Value {
    network("meshglot.allow", "allow_", Some(allow(policies.clone())), allow(policies))
}

/// The log tells which policy would have allowed a connection.
pub(crate) fn audited_connections(policies: Policies) -> Value {
    network("meshglot.allow", "allow_", None, allow(policies))
}

/// Nobody. The key is what the log tells.
pub(crate) fn no_connections() -> Value {
    let rules =
        json!({ "action": "DENY", "policies": { "closed": { "permissions": [{ "any": true }], "principals": [{ "any": true }] } } });
    network("meshglot.deny", "deny_", Some(rules.clone()), rules)
}

/// Rules that are enforced leave no trace for the log here, only their shadow does: both are the same.
fn network(name: &str, prefix: &str, rules: Option<Value>, shadow_rules: Value) -> Value {
    let mut fields = message! { "stat_prefix": "rbac_", "shadow_rules": shadow_rules, "shadow_rules_stat_prefix": prefix };
    if let Some(rules) = rules {
        fields["rules"] = rules;
    }
    extension(name, "envoy.extensions.filters.network.rbac.v3.RBAC", fields)
}
