//! What there is to ask for, as clients of Kubernetes discover it.

use serde_json::{Value, json};

use crate::resource::Resource;
use crate::wire::{API_VERSION, GROUP};

/// `APIVersions`: nothing of the core is here.
pub(crate) fn core() -> Value {
    json!({ "kind": "APIVersions", "apiVersion": "v1", "versions": [], "serverAddressByClientCIDRs": [] })
}

/// `APIGroupList`.
pub(crate) fn groups() -> Value {
    json!({ "kind": "APIGroupList", "apiVersion": "v1", "groups": [description()] })
}

/// `APIGroup`.
pub(crate) fn group() -> Value {
    let mut group = description();
    group["kind"] = "APIGroup".into();
    group["apiVersion"] = "v1".into();
    group
}

fn description() -> Value {
    let version = json!({ "groupVersion": API_VERSION, "version": "v1alpha1" });
    json!({ "name": GROUP, "versions": [version], "preferredVersion": version })
}

/// `APIResourceList`: each resource, then its edges.
pub(crate) fn resources() -> Value {
    let resources = Resource::ALL.into_iter().flat_map(|resource| {
        let all = json!({
            "name": resource.plural(),
            "singularName": resource.singular(),
            "shortNames": [resource.short()],
            "namespaced": resource.is_namespaced(),
            "kind": "TrafficMetrics",
            "verbs": ["get", "list"],
        });
        let edges = json!({
            "name": format!("{}/edges", resource.plural()),
            "singularName": "",
            "namespaced": resource.is_namespaced(),
            "kind": "TrafficMetricsList",
            "verbs": ["get"],
        });
        [all, edges]
    });
    json!({ "kind": "APIResourceList", "apiVersion": "v1", "groupVersion": API_VERSION, "resources": resources.collect::<Vec<_>>() })
}

/// `APIGroupDiscoveryList`, empty without the group.
///
/// Each resource has a kind of its own here: the specification names the same for all of them in the older list, and `kubectl get`, which
/// goes from a resource to its kind and back, would show the last of them whatever was asked for. Objects are `TrafficMetrics` all the same:
/// one resource has to have that kind, since `kubectl get -o yaml` goes from an object to a resource, too.
pub(crate) fn aggregated(version: &str, with_group: bool) -> Value {
    let kind = |kind: String| json!({ "group": GROUP, "version": "v1alpha1", "kind": kind });
    let resource = |resource: Resource| {
        let own = if resource == Resource::Pods { String::new() } else { resource.kind().to_owned() };
        json!({
            "resource": resource.plural(),
            "responseKind": kind(own + "TrafficMetrics"),
            "scope": if resource.is_namespaced() { "Namespaced" } else { "Cluster" },
            "singularResource": resource.singular(),
            "shortNames": [resource.short()],
            "verbs": ["get", "list"],
            "subresources": [{ "subresource": "edges", "responseKind": kind("TrafficMetricsList".to_owned()), "verbs": ["get"] }],
        })
    };
    let resources: Vec<Value> = Resource::ALL.map(resource).into();
    let versions = json!([{ "version": "v1alpha1", "resources": resources, "freshness": "Current" }]);
    let group = json!({ "metadata": { "name": GROUP, "creationTimestamp": null }, "versions": versions });
    let items: Vec<Value> = with_group.then_some(group).into_iter().collect();
    let api_version = format!("apidiscovery.k8s.io/{version}");
    json!({ "kind": "APIGroupDiscoveryList", "apiVersion": api_version, "metadata": {}, "items": items })
}
