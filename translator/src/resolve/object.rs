//! One document to one object: what it is, whether it is valid on its own, what it says.

use std::sync::Arc;

use super::mesh::MeshObject;
use super::{binding, group, inventory, mesh, metadata, schema, split, target};
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::ir::{
    EndpointSlice, HttpRouteGroup, IdentityBinding, Kind, Namespace, ObjectKey, PodSet, ReferenceGrant, Service, TcpRoute, TrafficSplit,
    TrafficTarget,
};
use crate::parse::{Document, NodeRef};

/// An object of the input, checked on its own.
#[derive(Clone, Debug)]
pub(crate) enum Object {
    Mesh(Arc<MeshObject>),
    Split(Arc<TrafficSplit>),
    Group(Arc<HttpRouteGroup>),
    TcpRoute(Arc<TcpRoute>),
    Target(Arc<TrafficTarget>),
    Binding(Arc<IdentityBinding>),
    Grant(Arc<ReferenceGrant>),
    Service(Arc<Service>),
    Pods(Arc<PodSet>),
    Endpoints(Arc<EndpointSlice>),
    Namespace(Arc<Namespace>),
    /// Only its name matters.
    Named,
}

/// How input is read.
#[derive(Clone, Debug)]
pub struct ReadOptions {
    /// Unknown fields are warnings.
    pub lenient: bool,
    /// Namespace of objects that name none.
    pub default_namespace: Arc<str>,
}

impl Default for ReadOptions {
    fn default() -> Self {
        Self { lenient: false, default_namespace: "default".into() }
    }
}

/// What a document is.
pub(crate) enum Recognised {
    /// An object that is read.
    Object(ObjectKey),
    /// Not ours to read.
    Foreign,
    /// Ours, and wrong.
    Wrong(Box<Diagnostic>),
}

/// API groups whose objects are policy: one that is not understood is told, never skipped in silence.
const POLICY_GROUPS: [&str; 4] = ["split.smi-spec.io", "specs.smi-spec.io", "access.smi-spec.io", "meshglot.dev"];

/// Kinds of those groups that this version does not read yet.
const PLANNED_KINDS: [&str; 6] =
    ["RoutePolicy", "DestinationPolicy", "AccessPolicy", "MutualTLSPolicy", "ExternalService", "TelemetryPolicy"];

/// The key under which a document belongs; `None` if it is not read or wrong.
pub fn key_of(document: &Arc<Document>, options: &ReadOptions) -> Option<ObjectKey> {
    match recognise(document, options) {
        Recognised::Object(key) => Some(key),
        Recognised::Foreign | Recognised::Wrong(_) => None,
    }
}

/// Tells what a document is by its apiVersion and kind.
pub(crate) fn recognise(document: &Arc<Document>, options: &ReadOptions) -> Recognised {
    let root = document.root();
    let text = |name: &str| root.get(name).and_then(NodeRef::text);
    let (api_version, kind) = (text("apiVersion").unwrap_or_default(), text("kind").unwrap_or_default());
    let group = api_version.split_once('/').map_or("", |(group, _)| group);
    if POLICY_GROUPS.contains(&group) || (api_version.is_empty() && is_policy_kind(kind)) {
        return policy(root, api_version, group, kind, options);
    }
    match Kind::ALL.into_iter().find(|known| !known.is_ours() && known.name() == kind && known.group() == group) {
        Some(known) if !api_version.is_empty() => named(known, root, options),
        _ => Recognised::Foreign,
    }
}

/// Recognises a document whose apiVersion is missing.
fn is_policy_kind(kind: &str) -> bool {
    PLANNED_KINDS.contains(&kind) || meshglot_crds::all().iter().any(|known| known.kind == kind)
}

fn policy(root: NodeRef<'_>, api_version: &str, group: &str, kind: &str, options: &ReadOptions) -> Recognised {
    if meshglot_crds::find_api(api_version, kind).is_some() {
        let known = Kind::ALL.into_iter().find(|known| known.is_ours() && known.name() == kind && known.group() == group);
        if let Some(known) = known {
            return named(known, root, options);
        }
    }
    let place = root.get("apiVersion").or_else(|| root.get("kind")).unwrap_or(root);
    let of_kind = meshglot_crds::all().iter().find(|known| known.kind == kind);
    let wrong = match of_kind {
        Some(known) if api_version.is_empty() => Diagnostic::at(Code::MG0002, place, format!("this {kind} has no apiVersion"))
            .help(format!("write `apiVersion: {}`", known.api_version())),
        Some(known) => {
            let versions = known.versions.join(", ");
            Diagnostic::at(Code::MG0002, place, format!("there is no {kind} in `{api_version}`"))
                .help(format!("write `apiVersion: {}/` with {versions}", known.group))
        }
        None if PLANNED_KINDS.contains(&kind) => {
            Diagnostic::at(Code::MG0016, place, format!("{kind} is not rendered by this version: this object has no effect"))
        }
        None => {
            let kinds = meshglot_crds::all().iter().map(|known| known.kind);
            Diagnostic::at(Code::MG0002, root.get("kind").unwrap_or(place), format!("there is no kind `{kind}` in `{api_version}`"))
                .did_you_mean(kind, kinds)
        }
    };
    Recognised::Wrong(Box::new(wrong))
}

fn named(kind: Kind, root: NodeRef<'_>, options: &ReadOptions) -> Recognised {
    match metadata::key(kind, root, &options.default_namespace) {
        Ok(key) => Recognised::Object(key),
        // Inventory without a name, such as a List wrapper, is nobody's policy.
        Err(diagnostic) => Recognised::Wrong(diagnostic),
    }
}

/// Reads an object. `None` if it is not valid; then the diagnostics hold an error.
pub(crate) fn read(key: &ObjectKey, document: &Arc<Document>, options: &ReadOptions, out: &mut Vec<Diagnostic>) -> Option<Object> {
    if key.kind.is_ours() {
        let kind = meshglot_crds::all().iter().find(|kind| kind.kind == key.kind.name() && kind.group == key.kind.group())?;
        let mut found = Vec::new();
        schema::check(kind, document.root(), key, &mut found);
        if options.lenient {
            found.iter_mut().filter(|d| d.code == Code::MG0003).for_each(|d| d.severity = Severity::Warning);
        }
        let valid = found.iter().all(|diagnostic| diagnostic.severity != Severity::Error);
        out.append(&mut found);
        if !valid {
            // What an access rule was to protect stays closed, whatever is wrong with the rule.
            let closing = (key.kind == Kind::TrafficTarget).then(|| target::read(key, document, false, &mut Vec::new())).flatten();
            return closing.map(|target| Object::Target(Arc::new(target)));
        }
    }
    Some(match key.kind {
        Kind::Mesh => Object::Mesh(Arc::new(mesh::read(key, document, out)?)),
        Kind::TrafficSplit => Object::Split(Arc::new(split::read(key, document, out)?)),
        Kind::HttpRouteGroup => Object::Group(Arc::new(group::read(key, document, out)?)),
        Kind::TcpRoute => Object::TcpRoute(Arc::new(binding::tcp_route(key, document, out)?)),
        Kind::UdpRoute => binding::udp_route(key, document, out)?,
        Kind::TrafficTarget => Object::Target(Arc::new(target::read(key, document, true, out)?)),
        Kind::IdentityBinding => Object::Binding(Arc::new(binding::identity_binding(key, document, out)?)),
        Kind::ReferenceGrant => Object::Grant(Arc::new(binding::reference_grant(document))),
        Kind::Service => Object::Service(Arc::new(inventory::service(key, document, out))),
        Kind::EndpointSlice => inventory::endpoints(key, document).map_or(Object::Named, |slice| Object::Endpoints(Arc::new(slice))),
        Kind::Namespace => Object::Namespace(Arc::new(inventory::namespace(key, document))),
        Kind::ServiceAccount => Object::Named,
        Kind::Pod | Kind::Deployment | Kind::StatefulSet | Kind::DaemonSet | Kind::ReplicaSet | Kind::Job | Kind::CronJob => {
            inventory::pods(key, document).map_or(Object::Named, |pods| Object::Pods(Arc::new(pods)))
        }
        Kind::Workload => Object::Pods(Arc::new(inventory::workload(key, document, out))),
    })
}
