//! Linkerd: routes of the Gateway API whose parent is a Service, for callers; Servers and what stands on them, for
//! those who are called. Cells are named like the features of the model.

mod access;
mod as_sent;
mod containment;
mod eval;
mod http_match;
mod inbound;
mod member;
mod policy;
mod port;
mod precedence;
mod principal;
mod resource;
mod selector;
mod server;
mod shape;
mod split;

use meshglot_translator::diff::Shape;
use meshglot_translator::eval::{Evaluate, Inventory};
use meshglot_translator::ir::{Kind, MeshSettings, ObjectKey, ServiceKey};
use meshglot_translator::render::{Backend, Capability, Fragment, ObjectId, RenderedKind, UnitKey};
use meshglot_translator::resolve::View;
use serde_json::{Value, json};

/// The backend `linkerd`.
#[derive(Debug)]
pub struct Linkerd;

/// Unit: the routes of one root Service, one object per port. Linkerd merges all routes of a port into one list
/// and orders it by age, so that everything that is said about a port stands in one object.
const SERVICE_ROUTES: &str = "ServiceRoutes";

/// Everything that it renders.
const KINDS: [RenderedKind; 6] = [
    RenderedKind { group: "gateway.networking.k8s.io", version: "v1", kind: "HTTPRoute", plural: "httproutes" },
    RenderedKind { group: "gateway.networking.k8s.io", version: "v1alpha2", kind: "TCPRoute", plural: "tcproutes" },
    RenderedKind { group: "policy.linkerd.io", version: "v1alpha1", kind: "AuthorizationPolicy", plural: "authorizationpolicies" },
    RenderedKind { group: "policy.linkerd.io", version: "v1alpha1", kind: "MeshTLSAuthentication", plural: "meshtlsauthentications" },
    RenderedKind { group: "policy.linkerd.io", version: "v1alpha1", kind: "NetworkAuthentication", plural: "networkauthentications" },
    RenderedKind { group: "policy.linkerd.io", version: "v1beta3", kind: "Server", plural: "servers" },
];

impl Backend for Linkerd {
    fn name(&self) -> &'static str {
        "linkerd"
    }

    fn units(&self, object: &ObjectKey, view: &View<'_>) -> Vec<UnitKey> {
        if object.kind.runs_pods() {
            return view.pods(object).map(|pods| access::units(&pods, view)).unwrap_or_default();
        }
        let split = (object.kind == Kind::TrafficSplit).then(|| view.split(object)).flatten();
        let unit = |name: &std::sync::Arc<str>| UnitKey { output: SERVICE_ROUTES, namespace: object.namespace.clone(), name: name.clone() };
        split.iter().map(|split| unit(split.root_name())).collect()
    }

    fn render(&self, unit: &UnitKey, view: &View<'_>) -> Fragment {
        let Some(mesh) = view.target_mesh(&unit.namespace) else { return Fragment::default() };
        match unit.output {
            access::SERVERS => return access::workload_of(unit).map(|key| access::servers(&key, &mesh, view)).unwrap_or_default(),
            principal::CALLERS => return principal::callers(unit, &mesh, view),
            principal::PROBES => return principal::probes(unit, &mesh, view),
            _ => {}
        }
        let root = ServiceKey { namespace: unit.namespace.clone(), name: unit.name.clone() };
        split::service_routes(&view.routes(&root), &view.namespace(&root.namespace), &mesh, || view.report(&mesh))
    }

    fn reader(&self, objects: Vec<Value>, inventory: Inventory, defaults: &Value) -> Box<dyn Evaluate> {
        eval::reader(&objects, &inventory, defaults)
    }

    fn installation(&self, mesh: &MeshSettings) -> Value {
        let ports: Vec<String> = mesh.linkerd_opaque_ports.iter().map(u16::to_string).collect();
        json!({
            "opaquePorts": ports.join(","),
            "linkerdNamespace": &*mesh.linkerd_control_plane,
            "identityTrustDomain": &*mesh.trust_domain,
        })
    }

    fn has_pod(&self, pod: &Value) -> bool {
        member::is_member(pod)
    }

    fn control_plane(&self) -> &'static [(&'static str, &'static str)] {
        &[("linkerd.io/control-plane-component", "destination")]
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
