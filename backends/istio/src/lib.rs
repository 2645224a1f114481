//! Istio: `networking.istio.io/v1` and `security.istio.io/v1`, sidecar mode. Cells are named like the features of the model.

mod access;
mod access_draft;
mod branch;
mod eval;
mod header_rule;
mod http_match;
mod member;
mod path_rule;
mod path_template;
mod resource;
mod shape;
mod split;

use std::sync::Arc;

use meshglot_translator::diff::Shape;
use meshglot_translator::eval::{Evaluate, Inventory};
use meshglot_translator::ir::{AccessDefault, Kind, MeshSettings, ObjectKey, ServiceKey};
use meshglot_translator::render::{Backend, Capability, Fragment, ObjectId, RenderedKind, UnitKey};
use meshglot_translator::resolve::View;
use serde_json::{Value, json};

/// The backend `istio`.
#[derive(Debug)]
pub struct Istio;

/// Unit: the one VirtualService of a host. Istio does not merge two of one host, so that everything that is
/// said about a Service stands in one object.
const VIRTUAL_SERVICE: &str = "VirtualService";

/// Unit: the one AuthorizationPolicy of a workload, `KIND/NAME`, or the one that closes a namespace.
const AUTHORIZATION_POLICY: &str = "AuthorizationPolicy";

/// The name of the latter; a workload's has a slash.
const DEFAULT_DENY: &str = "default-deny";

/// Everything that it renders.
const KINDS: [RenderedKind; 2] = [
    RenderedKind { group: "networking.istio.io", version: "v1", kind: "VirtualService", plural: "virtualservices" },
    RenderedKind { group: "security.istio.io", version: "v1", kind: "AuthorizationPolicy", plural: "authorizationpolicies" },
];

impl Backend for Istio {
    fn name(&self) -> &'static str {
        "istio"
    }

    fn units(&self, object: &ObjectKey, view: &View<'_>) -> Vec<UnitKey> {
        let unit = |output, namespace: &Arc<str>, name: Arc<str>| UnitKey { output, namespace: namespace.clone(), name };
        let mut units = Vec::new();
        if object.kind == Kind::TrafficSplit {
            let split = view.split(object);
            units.extend(split.map(|split| unit(VIRTUAL_SERVICE, &object.namespace, split.root_name().clone())));
        }
        let namespace = match object.kind {
            Kind::Namespace => &object.name,
            kind if kind.runs_pods() || matches!(kind, Kind::Service | Kind::ServiceAccount) => &object.namespace,
            _ => return units,
        };
        let Some(mesh) = view.target_mesh(namespace) else { return units };
        if object.kind.runs_pods() && view.pods(object).is_some() {
            units.push(unit(AUTHORIZATION_POLICY, namespace, format!("{}/{}", object.kind.name(), object.name).into()));
        }
        if mesh.access_default == AccessDefault::Deny {
            units.push(unit(AUTHORIZATION_POLICY, namespace, DEFAULT_DENY.into()));
        }
        units
    }

    fn render(&self, unit: &UnitKey, view: &View<'_>) -> Fragment {
        let Some(mesh) = view.target_mesh(&unit.namespace) else { return Fragment::default() };
        let mut report = view.report(&mesh);
        let object = match (unit.output, unit.name.split_once('/')) {
            (AUTHORIZATION_POLICY, Some((kind, name))) => {
                let kind = Kind::ALL.into_iter().find(|one| one.name() == kind);
                let key = kind.map(|kind| ObjectKey { kind, namespace: unit.namespace.clone(), name: name.into() });
                let access = key.and_then(|key| view.pods(&key)).and_then(|workload| view.access(&workload));
                access.and_then(|access| access::authorization_policy(&access, &mesh, view, &mut report))
            }
            (AUTHORIZATION_POLICY, None) => access::default_deny(&unit.namespace, &mesh, &report),
            _ => {
                let root = ServiceKey { namespace: unit.namespace.clone(), name: unit.name.clone() };
                split::virtual_service(&view.routes(&root), &mesh, &mut report)
            }
        };
        Fragment { objects: object.into_iter().collect(), sets: Vec::new(), losses: report.into_losses() }
    }

    fn reader(&self, objects: Vec<Value>, inventory: Inventory, defaults: &Value) -> Box<dyn Evaluate> {
        eval::read(&objects, &inventory, defaults)
    }

    fn installation(&self, mesh: &MeshSettings) -> Value {
        json!({
            "clusterDomain": &*mesh.cluster_domain,
            "meshConfig": { "trustDomain": &*mesh.trust_domain, "rootNamespace": &*mesh.istio_root_namespace },
        })
    }

    fn has_pod(&self, pod: &Value) -> bool {
        member::is_member(pod)
    }

    fn control_plane(&self) -> &'static [(&'static str, &'static str)] {
        &[("app", "istiod")]
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
}
