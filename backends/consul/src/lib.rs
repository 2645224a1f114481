//! Consul: `consul.hashicorp.com/v1alpha1`, and the same as config entries. Cells are named like the features
//! of the model.

mod chain;
mod entry;
mod http_match;
mod names;
mod reach;
mod resource;
mod split;
mod weight;

use std::sync::Arc;

use meshglot_translator::ir::{Kind, ObjectKey, ServiceKey};
use meshglot_translator::render::{Backend, Capability, Fragment, Rendered, UnitKey};
use meshglot_translator::resolve::View;
use serde_json::Value;

pub use entry::config_entries;

/// The backend `consul`.
#[derive(Debug)]
pub struct Consul;

/// Unit: all entries of one Consul service name, so that a destination of several splits is written once.
const SERVICE: &str = "Service";

/// Unit: all entries of the virtual service of one split with matches; named after the split.
const VIRTUAL_SERVICE: &str = "VirtualService";

/// The output for a Consul without Kubernetes.
const CONFIG_ENTRIES: &str = "config-entries";

impl Backend for Consul {
    fn name(&self) -> &'static str {
        "consul"
    }

    fn units(&self, object: &ObjectKey, view: &View<'_>) -> Vec<UnitKey> {
        let split = (object.kind == Kind::TrafficSplit).then(|| view.split(object)).flatten();
        let Some(split) = split else { return Vec::new() };
        let unit = |output: &'static str, name: &Arc<str>| UnitKey { output, namespace: object.namespace.clone(), name: name.clone() };
        let destinations = split.backends.iter().map(|backend| unit(SERVICE, &backend.service));
        let by_matches = (!split.matches.is_empty()).then(|| unit(VIRTUAL_SERVICE, &object.name));
        std::iter::once(unit(SERVICE, split.root_name())).chain(destinations).chain(by_matches).collect()
    }

    fn render(&self, unit: &UnitKey, view: &View<'_>) -> Fragment {
        let Some(mesh) = view.target_mesh(&unit.namespace) else { return Fragment::default() };
        let mut report = view.report(&mesh);
        let (namespace, name) = (unit.namespace.clone(), unit.name.clone());
        let objects = if unit.output == SERVICE {
            split::entries(&ServiceKey { namespace, name }, view, &mesh, &mut report)
        } else {
            let split = view.split(&ObjectKey { kind: Kind::TrafficSplit, namespace, name });
            split.map_or_else(Vec::new, |split| split::virtual_entries(&split, view, &mesh, &mut report))
        };
        Fragment { objects, sets: Vec::new(), losses: report.into_losses() }
    }

    fn capabilities(&self) -> Vec<Capability> {
        [split::CAPABILITIES, http_match::CAPABILITIES].concat()
    }

    fn formats(&self) -> &'static [&'static str] {
        &[CONFIG_ENTRIES]
    }

    fn in_format(&self, format: &str, rendered: &Rendered<'_>) -> Vec<Value> {
        if format == CONFIG_ENTRIES { config_entries(rendered) } else { Vec::new() }
    }
}
