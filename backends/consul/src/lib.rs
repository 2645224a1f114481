//! Consul: `consul.hashicorp.com/v1alpha1`, and the same as config entries. Cells are named like the features
//! of the model.

mod access;
mod chain;
mod destination;
mod entry;
mod eval;
mod http_match;
mod identity;
mod member;
mod names;
mod permission;
mod posture;
mod reach;
mod resource;
mod shape;
mod split;
mod weight;

use std::sync::Arc;

use meshglot_translator::diff::Shape;
use meshglot_translator::ir::{AccountKey, Kind, MeshSettings, ObjectKey, ServiceKey};
use meshglot_translator::render::{Backend, Capability, Fragment, ObjectId, Rendered, RenderedKind, UnitKey};
use meshglot_translator::resolve::View;
use serde_json::{Value, json};

pub use entry::config_entries;

/// The backend `consul`.
#[derive(Debug)]
pub struct Consul;

/// Unit: all entries of one Consul service name, so that a destination of several splits is written once.
const SERVICE: &str = "Service";

/// Unit: all entries of the virtual service of one split with matches; named after the split.
const VIRTUAL_SERVICE: &str = "VirtualService";

/// Unit: the entry for everything else of one Mesh, which it is named after.
const ALL_SERVICES: &str = "AllServices";

/// Unit: what is told about one account; nothing is rendered.
const ACCOUNT: &str = "Account";

/// Unit: what is told about one namespace; nothing is rendered.
const NAMESPACE: &str = "Namespace";

/// The output for a Consul without Kubernetes.
const CONFIG_ENTRIES: &str = "config-entries";

/// Everything that it renders, in the order of [`config_entries`].
const KINDS: [RenderedKind; 5] = [
    RenderedKind { group: "consul.hashicorp.com", version: "v1alpha1", kind: "ServiceDefaults", plural: "servicedefaults" },
    RenderedKind { group: "consul.hashicorp.com", version: "v1alpha1", kind: "ServiceResolver", plural: "serviceresolvers" },
    RenderedKind { group: "consul.hashicorp.com", version: "v1alpha1", kind: "ServiceSplitter", plural: "servicesplitters" },
    RenderedKind { group: "consul.hashicorp.com", version: "v1alpha1", kind: "ServiceRouter", plural: "servicerouters" },
    RenderedKind { group: "consul.hashicorp.com", version: "v1alpha1", kind: "ServiceIntentions", plural: "serviceintentions" },
];

impl Backend for Consul {
    fn name(&self) -> &'static str {
        "consul"
    }

    fn units(&self, object: &ObjectKey, view: &View<'_>) -> Vec<UnitKey> {
        let unit = |output: &'static str, name: &Arc<str>| UnitKey { output, namespace: object.namespace.clone(), name: name.clone() };
        match object.kind {
            Kind::TrafficSplit => {
                let Some(split) = view.split(object) else { return Vec::new() };
                let destinations = split.backends.iter().map(|backend| unit(SERVICE, &backend.service));
                let by_matches = (!split.matches.is_empty()).then(|| unit(VIRTUAL_SERVICE, &object.name));
                std::iter::once(unit(SERVICE, split.root_name())).chain(destinations).chain(by_matches).collect()
            }
            Kind::Service => {
                let mesh = view.target_mesh(&object.namespace).filter(|mesh| destination::denies_all(mesh));
                let all = |mesh: Arc<MeshSettings>| UnitKey {
                    output: ALL_SERVICES,
                    namespace: mesh.system_namespace.clone(),
                    name: mesh.name.clone(),
                };
                mesh.map(all).into_iter().chain([unit(SERVICE, &object.name)]).collect()
            }
            // An account may have a Consul service that is in no input, where the names are the same.
            Kind::ServiceAccount => of_account(object.namespace.clone(), object.name.clone(), view),
            kind if kind.runs_pods() => {
                let account = view.pods(object).map(|pods| pods.service_account.clone());
                account.map_or_else(Vec::new, |account| of_account(object.namespace.clone(), account, view))
            }
            // Its account may have no object of its own in the input, where Consul's ACLs tie the names.
            Kind::TrafficTarget => view
                .target(object)
                .map_or_else(Vec::new, |target| of_account(target.destination.namespace.clone(), target.destination.name.clone(), view)),
            _ => Vec::new(),
        }
    }

    fn render(&self, unit: &UnitKey, view: &View<'_>) -> Fragment {
        let UnitKey { output, namespace, name } = unit.clone();
        let mesh = if output == ALL_SERVICES { mesh_named(&name, view) } else { view.target_mesh(&namespace) };
        let Some(mesh) = mesh else { return Fragment::default() };
        let mut report = view.report(&mesh);
        let mut objects = Vec::new();
        match output {
            SERVICE => objects = split::entries(&ServiceKey { namespace, name }, view, &mesh, &mut report),
            ALL_SERVICES => objects.extend(posture::all_services(&mesh, &report)),
            ACCOUNT => posture::account(&AccountKey { namespace, name }, view, &mesh, &mut report),
            NAMESPACE => posture::namespace(&namespace, view, &mesh, &mut report),
            _ => {
                let split = view.split(&ObjectKey { kind: Kind::TrafficSplit, namespace, name });
                objects = split.map_or_else(Vec::new, |split| split::virtual_entries(&split, view, &mesh, &mut report));
            }
        }
        Fragment { objects, sets: Vec::new(), losses: report.into_losses() }
    }

    fn has_pod(&self, pod: &Value) -> bool {
        member::is_member(pod)
    }

    fn control_plane(&self) -> &'static [(&'static str, &'static str)] {
        &[("app", "consul"), ("component", "connect-injector")]
    }

    fn shape(&self, object: &ObjectId) -> Shape {
        shape::shape(&object.kind)
    }

    fn kinds(&self) -> &'static [RenderedKind] {
        &KINDS
    }

    fn capabilities(&self) -> Vec<Capability> {
        [split::CAPABILITIES, http_match::CAPABILITIES, access::CAPABILITIES].concat()
    }

    fn formats(&self) -> &'static [&'static str] {
        &[CONFIG_ENTRIES]
    }

    fn in_format(&self, format: &str, rendered: &Rendered<'_>) -> Vec<(ObjectId, Value)> {
        if format == CONFIG_ENTRIES { config_entries(rendered) } else { Vec::new() }
    }

    fn reader(
        &self,
        objects: Vec<Value>,
        inventory: meshglot_translator::eval::Inventory,
        defaults: &Value,
    ) -> Box<dyn meshglot_translator::eval::Evaluate> {
        Box::new(eval::Reading::new(&objects, inventory, defaults))
    }

    fn has_ports(&self) -> bool {
        false
    }

    /// A server whose default is to deny admits less.
    fn installation(&self, _mesh: &MeshSettings) -> Value {
        json!({ "default": "allow" })
    }
}

/// What exists because an account is the destination of rules.
fn of_account(namespace: Arc<str>, name: Arc<str>, view: &View<'_>) -> Vec<UnitKey> {
    let account = AccountKey { namespace, name };
    if view.targets_of(&account).is_empty() {
        return Vec::new();
    }
    let AccountKey { namespace, name } = account;
    let unit = |output: &'static str, name: &Arc<str>| UnitKey { output, namespace: namespace.clone(), name: name.clone() };
    let acls = view.target_mesh(&namespace).is_some_and(|mesh| mesh.consul_acls);
    let same_name = acls.then(|| unit(SERVICE, &name));
    [unit(ACCOUNT, &name), unit(NAMESPACE, &namespace)].into_iter().chain(same_name).collect()
}

/// A Mesh that is rendered here, by its name.
fn mesh_named(name: &str, view: &View<'_>) -> Option<Arc<MeshSettings>> {
    let named = |service: ServiceKey| view.target_mesh(&service.namespace).filter(|mesh| &*mesh.name == name);
    view.services().into_iter().find_map(named)
}
