//! Istio: `networking.istio.io/v1`, sidecar mode. Cells are named like the features of the model.

mod http_match;
mod resource;
mod split;

use meshglot_translator::ir::{Kind, ObjectKey, ServiceKey};
use meshglot_translator::render::{Backend, Capability, Fragment, UnitKey};
use meshglot_translator::resolve::View;

/// The backend `istio`.
#[derive(Debug)]
pub struct Istio;

/// Unit: the one VirtualService of a host. Istio does not merge two of one host, so that everything that is
/// said about a Service stands in one object.
const VIRTUAL_SERVICE: &str = "VirtualService";

impl Backend for Istio {
    fn name(&self) -> &'static str {
        "istio"
    }

    fn units(&self, object: &ObjectKey, view: &View<'_>) -> Vec<UnitKey> {
        let split = (object.kind == Kind::TrafficSplit).then(|| view.split(object)).flatten();
        let unit =
            |name: &std::sync::Arc<str>| UnitKey { output: VIRTUAL_SERVICE, namespace: object.namespace.clone(), name: name.clone() };
        split.iter().map(|split| unit(split.root_name())).collect()
    }

    fn render(&self, unit: &UnitKey, view: &View<'_>) -> Fragment {
        let root = ServiceKey { namespace: unit.namespace.clone(), name: unit.name.clone() };
        let Some(mesh) = view.target_mesh(&root.namespace) else { return Fragment::default() };
        let mut report = view.report(&mesh);
        let object = split::virtual_service(&view.routes(&root), &mesh, &mut report);
        Fragment { objects: object.into_iter().collect(), sets: Vec::new(), losses: report.into_losses() }
    }

    fn capabilities(&self) -> Vec<Capability> {
        [split::CAPABILITIES, http_match::CAPABILITIES].concat()
    }
}
