//! The built-in mesh: Envoy xDS v3 resources, read alike by meshglot's own proxy and by an unmodified Envoy.
//!
//! Cells are named like the features of the model; `resource` and `constant` hold what they are put together
//! from.

mod access;
mod carries;
mod constant;
mod endpoint;
mod eval;
mod explicit;
mod http_match;
mod identities;
mod inbound;
mod member;
mod message;
mod outbound;
mod permission;
mod resource;
mod service;
mod shape;
mod split;
mod trust_domain;
mod unprotected;
mod workload;

pub use identities::identities;
pub use workload::shares_machine;

use std::cmp::Ordering;
use std::sync::Arc;

use meshglot_translator::diff::Shape;
use meshglot_translator::eval::{Evaluate, Inventory};
use meshglot_translator::ir::{Kind, ObjectKey, ServiceKey};
use meshglot_translator::render::{Backend, Capability, Fragment, ObjectId, RenderedKind, UnitKey};
use meshglot_translator::resolve::View;
use serde_json::Value;

/// The backend `builtin`.
#[derive(Debug)]
pub struct Builtin;

/// What the backend is called.
pub const NAME: &str = "builtin";

/// Unit: everything that the callers of one Service read. Its clusters, assignments and routes name each other.
const SERVICE: &str = "service";

/// Unit: how one workload is called, and what that leads to in it.
const WORKLOAD: &str = "workload";

/// Unit: what the workloads of one namespace read that call Services by name.
const EXPLICIT: &str = "explicit";

/// Unit: how the captured workloads of one Mesh call.
const OUTBOUND: &str = "outbound";

/// Unit: what belongs to no Service and no workload.
const MESH: &str = "mesh";

impl Backend for Builtin {
    fn name(&self) -> &'static str {
        NAME
    }

    fn units(&self, object: &ObjectKey, view: &View<'_>) -> Vec<UnitKey> {
        let namespace = &object.namespace;
        let of_policy = matches!(object.kind, Kind::TrafficSplit | Kind::Service) || object.kind.runs_pods();
        if !of_policy {
            return Vec::new();
        }
        let Some(of_namespace) = view.target_mesh(namespace) else { return Vec::new() };
        let service = |name: &Arc<str>| UnitKey { output: SERVICE, namespace: namespace.clone(), name: name.clone() };
        let mesh = UnitKey { output: MESH, namespace: "".into(), name: "".into() };
        match object.kind {
            // A Service that does not exist yet has a share of a split all the same.
            Kind::TrafficSplit => {
                view.split(object).iter().flat_map(|split| &split.backends).map(|backend| service(&backend.service)).collect()
            }
            Kind::Service => vec![service(&object.name), mesh],
            kind if kind.runs_pods() => {
                let explicit = UnitKey { output: EXPLICIT, namespace: namespace.clone(), name: "".into() };
                let captured = view.pods(object).is_some_and(|pods| workload::is_captured(&pods, view));
                let outbound = captured.then(|| outbound::unit(OUTBOUND, &of_namespace));
                [workload::unit(WORKLOAD, object), explicit, mesh].into_iter().chain(outbound).collect()
            }
            _ => Vec::new(),
        }
    }

    fn render(&self, unit: &UnitKey, view: &View<'_>) -> Fragment {
        match unit.output {
            SERVICE => service::render(&ServiceKey { namespace: unit.namespace.clone(), name: unit.name.clone() }, view),
            WORKLOAD => workload::key(unit).map(|key| workload::render(&key, view)).unwrap_or_default(),
            OUTBOUND => outbound::render(&unit.name, view),
            EXPLICIT => explicit::render(&unit.namespace, view),
            // The same for every Mesh: neither name nor content depends on it.
            _ => Fragment { objects: vec![resource::cluster::closed(), resource::cluster::passthrough()], ..Fragment::default() },
        }
    }

    fn has_pod(&self, pod: &Value) -> bool {
        member::is_member(pod)
    }

    fn shape(&self, _object: &ObjectId) -> Shape {
        shape::RESOURCE
    }

    fn kinds(&self) -> &'static [RenderedKind] {
        &[]
    }

    fn capabilities(&self) -> Vec<Capability> {
        [split::CAPABILITIES, http_match::CAPABILITIES, access::CAPABILITIES].concat()
    }

    /// `defaults` says nothing: everything stands in the resources.
    fn reader(&self, objects: Vec<Value>, inventory: Inventory, _defaults: &Value) -> Box<dyn Evaluate> {
        Box::new(eval::Reading::new(&objects, inventory))
    }

    /// By workload, what all share first and then what those of a Mesh do; then type and name.
    fn order(&self, a: &ObjectId, b: &ObjectId) -> Ordering {
        let key = |id: &ObjectId| (id.namespace != resource::SHARED, !id.namespace.starts_with(resource::GROUP));
        key(a).cmp(&key(b)).then_with(|| (&a.namespace, &a.api_version, &a.name).cmp(&(&b.namespace, &b.api_version, &b.name)))
    }
}
