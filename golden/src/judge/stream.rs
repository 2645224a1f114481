//! Reads the golden form of the built-in mesh: one YAML document per Envoy resource.

use super::yaml;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The owner of resources that all workloads read.
pub(super) const SHARED: &str = "shared";

/// One workload's resources by name.
#[derive(Debug, Default)]
pub(super) struct Resources {
    /// Groups whose resources the workload reads besides: at most one.
    pub(super) groups: BTreeSet<String>,
    pub(super) listeners: BTreeMap<String, Value>,
    pub(super) routes: BTreeMap<String, Value>,
    pub(super) clusters: BTreeMap<String, Value>,
    /// By cluster; several when they depend on the client's locality.
    pub(super) assignments: BTreeMap<String, Vec<Value>>,
}

/// The resources of each workload, [`SHARED`] among them.
pub(super) type Stream = BTreeMap<String, Resources>;

/// Sorts a stream's resources.
///
/// # Errors
/// Each document that is not `{workload, "@type", resource}` with a known type (an assignment may
/// have `locality`, a resource of a workload its `group`), or repeats a name.
pub(super) fn read(text: &str) -> Result<Stream, Vec<String>> {
    let documents = yaml::documents(text).map_err(|words| vec![words])?;
    let mut stream = Stream::from([(SHARED.to_owned(), Resources::default())]);
    let mut findings = Vec::new();
    for (index, document) in documents.into_iter().enumerate() {
        if let Err(words) = add(&mut stream, document) {
            findings.push(format!("document {}: {words}", index + 1));
        }
    }
    if findings.is_empty() { Ok(stream) } else { Err(findings) }
}

fn add(stream: &mut Stream, document: Value) -> Result<(), String> {
    let Value::Object(mut fields) = document else {
        return Err("not an object".to_owned());
    };
    let mut take = |key: &str| fields.remove(key);
    let (workload, kind, resource, locality) = (take("workload"), take("@type"), take("resource"), take("locality"));
    let group = take("group");
    if let Some(key) = fields.keys().next() {
        return Err(format!("unknown key {key}"));
    }
    let (Some(Value::String(workload)), Some(Value::String(kind)), Some(resource)) = (workload, kind, resource) else {
        return Err("workload, @type and resource must all be there".to_owned());
    };
    let kind = kind.strip_prefix("type.googleapis.com/").ok_or_else(|| format!("@type {kind} is no type URL"))?;
    let resources = stream.entry(workload.clone()).or_default();
    match group {
        None => {}
        Some(Value::String(group)) => drop(resources.groups.insert(group)),
        Some(other) => return Err(format!("group {other} is no name")),
    }
    let assignment = kind == "envoy.config.endpoint.v3.ClusterLoadAssignment";
    let key = if assignment { "cluster_name" } else { "name" };
    let name = resource[key].as_str().ok_or_else(|| format!("{kind} without {key}"))?.to_owned();
    let known = match kind {
        _ if assignment => {
            let others = resources.assignments.entry(name.clone()).or_default();
            others.push(resource);
            return match (others.len(), &locality) {
                (1, _) | (_, Some(_)) => Ok(()),
                (_, None) => Err(format!("{workload} has two assignments of {name}")),
            };
        }
        "envoy.config.listener.v3.Listener" => &mut resources.listeners,
        "envoy.config.route.v3.RouteConfiguration" => &mut resources.routes,
        "envoy.config.cluster.v3.Cluster" => &mut resources.clusters,
        _ => return Err(format!("{kind} is no resource of this mesh")),
    };
    if locality.is_some() {
        return Err(format!("{kind} does not depend on a locality"));
    }
    match known.insert(name.clone(), resource) {
        None => Ok(()),
        Some(_) => Err(format!("{workload} has two {kind} named {name}")),
    }
}
