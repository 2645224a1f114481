//! Route configurations, and the access rules that stand in them.

use meshglot_translator::render::RenderedObject;
use serde_json::{Map, Value, json};

use super::{SHARED, object, typed};

const KIND: (&str, &str) = ("route", "RouteConfiguration");

/// The first route of every virtual host.
const AMBIGUOUS: &str = r".*(?://|\\|%(?:00|2[Ff]|5[Cc]|$|[^0-9A-Fa-f]|[0-9A-Fa-f](?:$|[^0-9A-Fa-f]))).*";

/// Every request of a caller to one cluster, of the same name as the routes.
pub(crate) fn to_cluster(name: &str) -> RenderedObject {
    configuration(SHARED, name, None, None)
}

/// Requests of callers by their Host, each to the cluster of that Service.
pub(crate) fn by_host(name: &str, services: &[(String, String)]) -> RenderedObject {
    let host = |(host, cluster): &(String, String)| {
        let rest = json!({ "match": { "prefix": "/" }, "route": { "cluster": cluster, "timeout": "0s" } });
        json!({ "name": cluster, "domains": [host, format!("{host}:80")], "routes": [ambiguous(None), rest] })
    };
    let hosts: Vec<Value> = services.iter().map(host).collect();
    let resource = json!({ "name": name, "virtual_hosts": hosts, "validate_clusters": false });
    object(SHARED, KIND, name, resource)
}

/// Every request to a workload, from whomever it comes.
pub(crate) fn open(workload: &str, port: u16) -> RenderedObject {
    configuration(workload, &format!("inbound/{port}"), Some(filters(json!({}))), Some(filters(json!({}))))
}

/// Requests to a workload that one of the policies allows.
pub(crate) fn guarded(workload: &str, port: u16, policies: Map<String, Value>) -> RenderedObject {
    let rbac = json!({ "rbac": { "rules": { "action": "ALLOW", "policies": policies }, "rules_stat_prefix": "allow_" } });
    configuration(workload, &format!("inbound/{port}"), Some(filters(rbac)), Some(filters(json!({}))))
}

/// What one caller may do; `path`: the condition on it, `None`: any.
pub(crate) fn policy(id: &str, path: Option<Value>) -> Value {
    let permission = path.map_or_else(|| json!({ "any": true }), |path| json!({ "url_path": { "path": path } }));
    json!({ "permissions": [permission], "principals": [{ "authenticated": { "principal_name": { "exact": id } } }] })
}

fn configuration(workload: &str, name: &str, access: Option<Value>, unasked: Option<Value>) -> RenderedObject {
    let rest = json!({ "match": { "prefix": "/" }, "route": { "cluster": name, "timeout": "0s" } });
    let mut host = json!({ "name": name, "domains": ["*"], "routes": [ambiguous(unasked), rest] });
    if let Some(access) = access {
        host["typed_per_filter_config"] = access;
    }
    let resource = json!({ "name": name, "virtual_hosts": [host], "validate_clusters": false });
    object(workload, KIND, name, resource)
}

fn ambiguous(filters: Option<Value>) -> Value {
    let mut route =
        json!({ "name": "ambiguous-path", "match": { "safe_regex": { "regex": AMBIGUOUS } }, "direct_response": { "status": 400 } });
    if let Some(filters) = filters {
        route["typed_per_filter_config"] = filters;
    }
    route
}

fn filters(allow: Value) -> Value {
    let message = "envoy.extensions.filters.http.rbac.v3.RBACPerRoute";
    json!({ "meshglot.allow": typed(message, allow), "meshglot.deny": typed(message, json!({})) })
}
