//! Resources in a document, be it an answer of the control plane or Envoy's own configuration dump.

use meshglot_control::{ResourceAnswer, Resources};
use serde_json::Value;

use crate::exit::{Exit, Failure};

/// The messages of a document by kind.
#[derive(Default)]
pub(super) struct Messages<'v> {
    pub(super) clusters: Vec<&'v Value>,
    pub(super) assignments: Vec<&'v Value>,
    pub(super) listeners: Vec<&'v Value>,
    pub(super) routes: Vec<&'v Value>,
}

impl<'v> Messages<'v> {
    pub(super) fn of(document: &'v Value) -> Result<Self, Failure> {
        let mut found = Self::default();
        found.walk(document);
        if found.is_empty() {
            let failure = Failure::new(Exit::Invalid, "there is no cluster, listener or route in it");
            return Err(failure.help("give what `meshglot proxy config -o json` printed, or what Envoy has at /config_dump?include_eds"));
        }
        Ok(found)
    }

    fn is_empty(&self) -> bool {
        [&self.clusters, &self.assignments, &self.listeners, &self.routes].iter().all(|kind| kind.is_empty())
    }

    fn walk(&mut self, value: &'v Value) {
        let kind = value.get("@type").and_then(Value::as_str).and_then(|url| url.rsplit('.').next());
        match (kind, value) {
            (Some("Cluster"), _) => self.clusters.push(value),
            (Some("ClusterLoadAssignment"), _) => self.assignments.push(value),
            (Some("Listener"), _) => self.listeners.push(value),
            (Some("RouteConfiguration"), _) => self.routes.push(value),
            // What Envoy was started with leads to the control plane; it is none of the mesh.
            (Some("BootstrapConfigDump"), _) => {}
            (_, Value::Object(fields)) => fields.values().for_each(|field| self.walk(field)),
            (_, Value::Array(items)) => items.iter().for_each(|item| self.walk(item)),
            _ => {}
        }
    }
}

/// The same as an answer.
pub(super) fn resources(document: &Value) -> Result<Resources, Failure> {
    if let Ok(resources) = serde_json::from_value(document.clone()) {
        return Ok(resources);
    }
    let Messages { clusters, assignments, listeners, routes } = Messages::of(document)?;
    let all = [clusters, assignments, listeners, routes].concat();
    let resources = all.into_iter().map(|resource| ResourceAnswer { sources: Vec::new(), resource: resource.clone() }).collect();
    Ok(Resources { workload: String::new(), revision: 0, resources })
}
