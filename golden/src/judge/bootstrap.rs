//! Puts a stream of Envoy resources together as static bootstraps, one per workload and one of
//! what they share, because Envoy's validation follows no reference.

use super::identity::Identity;
use super::inline::Inliner;
use super::stream::{Resources, SHARED, Stream};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// One configuration for Envoy.
#[derive(Debug)]
pub(super) struct Bootstrap {
    /// The workload or the group, or [`SHARED`].
    pub(super) name: String,
    pub(super) json: Value,
}

/// The bootstraps of a stream, and what is wrong with its references.
pub(super) fn bootstraps(stream: &Stream, identity: &Identity) -> (Vec<Bootstrap>, Vec<String>) {
    let nothing = Resources::default();
    let shared = stream.get(SHARED).unwrap_or(&nothing);
    let mut findings = Vec::new();
    let mut all = Vec::new();
    let mut read = BTreeSet::new();
    for (name, own) in stream.iter().filter(|(name, _)| *name != SHARED) {
        let mut inliner = Inliner::new(own, shared, identity);
        let (group, wrong) = of_group(own, stream);
        findings.extend(wrong.map(|words| format!("{name}: {words}")));
        let all_listeners = own.listeners.values().chain(group.into_iter().flat_map(|group| group.listeners.values()));
        let mut listeners: Vec<Value> = all_listeners.map(|it| inliner.inline(it.clone())).collect();
        listeners.extend(unread_routes(&mut inliner, &BTreeSet::new()));
        let named: Vec<&Value> = inliner.clusters.iter().filter_map(|cluster| shared.clusters.get(cluster)).collect();
        let clusters = own.clusters.values().chain(named).flat_map(|it| inliner.cluster(it)).collect();
        all.push(bootstrap(name, listeners, clusters));
        read.extend(inliner.routes.into_iter().filter(|route| !own.routes.contains_key(route)));
        findings.extend(inliner.findings.into_iter().map(|words| format!("{name}: {words}")));
    }
    // What they share comes last: only now it is known which routes no listener reads.
    let mut inliner = Inliner::new(shared, &nothing, identity);
    let mut listeners: Vec<Value> = shared.listeners.values().map(|it| inliner.inline(it.clone())).collect();
    listeners.extend(unread_routes(&mut inliner, &read));
    let clusters = shared.clusters.values().flat_map(|it| inliner.cluster(it)).collect();
    all.push(bootstrap(SHARED, listeners, clusters));
    findings.extend(inliner.findings.into_iter().map(|words| format!("{SHARED}: {words}")));
    findings.extend(stream.iter().flat_map(|(name, own)| unread_assignments(name, own, shared)));
    (all, findings)
}

/// What a workload reads of its group, and what is wrong with that.
fn of_group<'a>(own: &Resources, stream: &'a Stream) -> (Option<&'a Resources>, Option<String>) {
    let mut groups = own.groups.iter();
    match (groups.next(), groups.next()) {
        (Some(one), Some(other)) => (None, Some(format!("it is of two groups, {one} and {other}"))),
        (Some(one), None) => match stream.get(one) {
            Some(group) => (Some(group), None),
            None => (None, Some(format!("there is nothing of its group {one}"))),
        },
        (None, _) => (None, None),
    }
}

/// A listener for each route configuration that no listener of the stream reads, so that Envoy
/// does.
fn unread_routes(inliner: &mut Inliner<'_>, read: &BTreeSet<String>) -> Vec<Value> {
    let own = inliner.own;
    let unread: Vec<(&String, &Value)> =
        own.routes.iter().filter(|(name, _)| !inliner.routes.contains(*name) && !read.contains(*name)).collect();
    let listener = |(index, (name, route)): (usize, (&String, &Value))| {
        let manager = json!({
            "@type": "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
            "stat_prefix": "judge",
            "route_config": inliner.inline(route.clone()),
            "http_filters": [{
                "name": "envoy.filters.http.router",
                "typed_config": {"@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router"},
            }],
        });
        json!({
            "name": format!("route {name}"),
            // Nothing is bound: an address of its own is all that Envoy asks for.
            "address": {"socket_address": {"address": "127.0.0.2", "port_value": index + 1}},
            "filter_chains": [{"filters": [{"name": "http", "typed_config": manager}]}],
        })
    };
    unread.into_iter().enumerate().map(listener).collect()
}

/// Assignments of clusters that do not exist: nobody would ever read them.
fn unread_assignments<'a>(name: &'a str, own: &'a Resources, shared: &'a Resources) -> impl Iterator<Item = String> + 'a {
    let orphan = |cluster: &&String| !own.clusters.contains_key(*cluster) && !shared.clusters.contains_key(*cluster);
    own.assignments.keys().filter(orphan).map(move |cluster| format!("{name}: assignment of unknown cluster {cluster:?}"))
}

fn bootstrap(name: &str, listeners: Vec<Value>, mut clusters: Vec<Value>) -> Bootstrap {
    let agent = json!({"cluster_name": "meshglot-agent", "endpoints": [{"lb_endpoints": [
        {"endpoint": {"address": {"pipe": {"path": "agent.sock"}}}}
    ]}]});
    clusters.push(json!({"name": "meshglot-agent", "type": "STATIC", "load_assignment": agent}));
    let json = json!({
        "node": {"id": format!("{name}/judge"), "cluster": name.split('/').next()},
        "layered_runtime": {"layers": [{
            "name": "static",
            // As in the bootstrap of the built-in mesh: regexes may be long.
            "static_layer": {"re2": {"max_program_size": {"error_level": 100_000}}},
        }]},
        "static_resources": {"listeners": listeners, "clusters": clusters},
    });
    Bootstrap { name: name.to_owned(), json }
}
