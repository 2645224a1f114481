//! Linkerd: routes of the Gateway API whose parent is a Service. Cells are named like the features of the model.

mod http_match;
mod port;
mod precedence;
mod resource;
mod split;

use meshglot_translator::ir::{Kind, ObjectKey, ServiceKey};
use meshglot_translator::render::{Backend, Capability, Fragment, UnitKey};
use meshglot_translator::resolve::View;

/// The backend `linkerd`.
#[derive(Debug)]
pub struct Linkerd;

/// Unit: the routes of one root Service, one object per port. Linkerd merges all routes of a port into one list
/// and orders it by age, so that everything that is said about a port stands in one object.
const SERVICE_ROUTES: &str = "ServiceRoutes";

impl Backend for Linkerd {
    fn name(&self) -> &'static str {
        "linkerd"
    }

    fn units(&self, object: &ObjectKey, view: &View<'_>) -> Vec<UnitKey> {
        let split = (object.kind == Kind::TrafficSplit).then(|| view.split(object)).flatten();
        let unit = |name: &std::sync::Arc<str>| UnitKey { output: SERVICE_ROUTES, namespace: object.namespace.clone(), name: name.clone() };
        split.iter().map(|split| unit(split.root_name())).collect()
    }

    fn render(&self, unit: &UnitKey, view: &View<'_>) -> Fragment {
        let root = ServiceKey { namespace: unit.namespace.clone(), name: unit.name.clone() };
        let Some(mesh) = view.target_mesh(&root.namespace) else { return Fragment::default() };
        split::service_routes(&view.routes(&root), &view.namespace(&root.namespace), &mesh, || view.report(&mesh))
    }

    fn capabilities(&self) -> Vec<Capability> {
        [split::CAPABILITIES, http_match::CAPABILITIES].concat()
    }
}
