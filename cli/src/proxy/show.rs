//! Clusters and routes as tables.

use std::collections::BTreeMap;

use serde_json::Value;

use super::messages::Messages;

/// Addresses that are written out in one cell.
const SHOWN: usize = 3;

/// One row per cluster: where calls can go, and whom the server has to be.
pub(super) fn clusters(messages: &Messages<'_>) -> Vec<Vec<String>> {
    let assignments: BTreeMap<&str, &Value> = messages.assignments.iter().map(|one| (text(one, "cluster_name"), *one)).collect();
    let mut rows: Vec<Vec<String>> = messages.clusters.iter().map(|cluster| cluster_row(cluster, &assignments)).collect();
    rows.sort();
    rows.insert(0, ["CLUSTER", "TYPE", "ENDPOINTS", "SERVER"].map(str::to_owned).to_vec());
    rows
}

fn cluster_row(cluster: &Value, assignments: &BTreeMap<&str, &Value>) -> Vec<String> {
    let name = text(cluster, "name");
    let assignment = cluster.get("load_assignment").or_else(|| assignments.get(name).copied());
    let kind = match text(cluster, "type") {
        // The first of an enumeration is left out where it is written.
        "" if cluster.get("cluster_type").is_none() => "STATIC",
        kind => kind,
    };
    let endpoints = if kind == "ORIGINAL_DST" { "as called".to_owned() } else { shorten(&addresses(assignment)) };
    let ids = identities(cluster);
    let server = if ids.is_empty() { "-".to_owned() } else { shorten(&ids) };
    vec![name.to_owned(), kind.to_owned(), endpoints, server]
}

fn addresses(assignment: Option<&Value>) -> Vec<String> {
    let localities = assignment.and_then(|one| one["endpoints"].as_array()).into_iter().flatten();
    let endpoints = localities.flat_map(|locality| locality["lb_endpoints"].as_array().into_iter().flatten());
    let address = |endpoint: &Value| {
        let socket = &endpoint["endpoint"]["address"]["socket_address"];
        Some(format!("{}:{}", socket["address"].as_str()?, socket["port_value"].as_u64()?))
    };
    endpoints.filter_map(address).collect()
}

/// Every SPIFFE ID in a cluster: it stands nowhere but where the server's is compared.
fn identities(value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    fn walk(value: &Value, found: &mut Vec<String>) {
        match value {
            Value::String(text) if text.starts_with("spiffe://") && !found.contains(text) => found.push(text.clone()),
            Value::Array(items) => items.iter().for_each(|item| walk(item, found)),
            Value::Object(fields) => fields.values().for_each(|field| walk(field, found)),
            _ => {}
        }
    }
    walk(value, &mut found);
    found
}

fn shorten(all: &[String]) -> String {
    match all.len() {
        0 => "none".to_owned(),
        count if count <= SHOWN => all.join(" "),
        count => format!("{} and {} more", all[..SHOWN].join(" "), count - SHOWN),
    }
}

/// One row per route, in the order in which they are tried.
pub(super) fn routes(messages: &Messages<'_>) -> Vec<Vec<String>> {
    let mut all = messages.routes.clone();
    all.sort_by_key(|routes| text(routes, "name"));
    let mut rows = vec![["ROUTES", "MATCH", "TO"].map(str::to_owned).to_vec()];
    for routes in all {
        let hosts = routes["virtual_hosts"].as_array().into_iter().flatten();
        for route in hosts.flat_map(|host| host["routes"].as_array().into_iter().flatten()) {
            rows.push(vec![text(routes, "name").to_owned(), matching(&route["match"]), action(route)]);
        }
    }
    rows
}

/// What a request has to be.
fn matching(value: &Value) -> String {
    let path = if let Some(path) = value["path"].as_str() {
        format!("path {path}")
    } else if let Some(regex) = value["safe_regex"]["regex"].as_str() {
        format!("path ~ {regex}")
    } else {
        match value["prefix"].as_str() {
            Some("/") | None => String::new(),
            Some(prefix) => format!("path {prefix}*"),
        }
    };
    let headers = value["headers"].as_array().into_iter().flatten().map(header);
    let parts: Vec<String> = std::iter::once(path).chain(headers).filter(|part| !part.is_empty()).collect();
    if parts.is_empty() { "any".to_owned() } else { parts.join(", ") }
}

fn header(value: &Value) -> String {
    let name = match text(value, "name") {
        ":method" => "method",
        name => name,
    };
    let not = if value["invert_match"] == true { "not " } else { "" };
    let string = &value["string_match"];
    if let Some(exact) = string["exact"].as_str() {
        return format!("{not}{name} {exact}");
    }
    if let Some(regex) = string["safe_regex"]["regex"].as_str() {
        return format!("{not}{name} ~ {regex}");
    }
    if let Some(prefix) = string["prefix"].as_str() {
        return format!("{not}{name} {prefix}*");
    }
    format!("{not}{name}")
}

/// Where a request goes.
fn action(route: &Value) -> String {
    if let Some(cluster) = route["route"]["cluster"].as_str() {
        return cluster.to_owned();
    }
    if let Some(clusters) = route["route"]["weighted_clusters"]["clusters"].as_array() {
        let one = |cluster: &Value| format!("{} {}", cluster["weight"].as_u64().unwrap_or_default(), text(cluster, "name"));
        return clusters.iter().map(one).collect::<Vec<_>>().join(", ");
    }
    match route["direct_response"]["status"].as_u64() {
        Some(status) => format!("answers {status}"),
        None => "-".to_owned(),
    }
}

fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}
