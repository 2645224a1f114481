//! Policy and inventory in the form in which they are compared.

use serde_json::{Map, Value};

use crate::diff::{List, Scalar, Shape};
use crate::ir::{Kind, ObjectKey};
use crate::parse::NodeRef;

const SPLIT: Shape =
    Shape { lists: &[("spec.backends", List::Keyed(&["service"])), ("spec.matches", List::Keyed(&["name"]))], ..Shape::PLAIN };

/// Of v1alpha1 and 2 the matches stand at the top.
const GROUP: Shape = Shape {
    lists: &[
        ("spec.matches", List::Keyed(&["name"])),
        ("matches", List::Keyed(&["name"])),
        ("**.methods", List::Set),
        ("**.headers", List::Set),
    ],
    ..Shape::PLAIN
};

const TCP_ROUTE: Shape = Shape { lists: &[("spec.matches.ports", List::Set)], ..Shape::PLAIN };

const SUBJECT: List = List::Keyed(&["kind", "namespace", "name"]);
const RULE: List = List::Keyed(&["kind", "name"]);

const TARGET: Shape = Shape {
    lists: &[
        ("spec.sources", SUBJECT),
        ("sources", SUBJECT),
        ("spec.rules", RULE),
        ("specs", RULE),
        ("spec.rules.*.matches", List::Set),
        ("specs.*.matches", List::Set),
    ],
    ..Shape::PLAIN
};

const BINDING: Shape = Shape { lists: &[("spec.schemes.spiffeIdentities", List::Set)], ..Shape::PLAIN };

const MESH: Shape = Shape {
    lists: &[
        ("spec.allowLossy", List::Set),
        ("spec.allowWidening", List::Set),
        ("spec.namespaceSelector.matchExpressions", List::Set),
        ("**.values", List::Set),
        ("**.probeNetworks", List::Set),
    ],
    ..Shape::PLAIN
};

const GRANT: Shape = Shape { lists: &[("spec.from", List::Set), ("spec.to", List::Set)], ..Shape::PLAIN };

const SERVICE: Shape = Shape { lists: &[("spec.ports", List::Keyed(&["port", "protocol"]))], ..Shape::PLAIN };

const WORKLOAD: Shape = Shape {
    lists: &[("**.containers", List::Keyed(&["name"])), ("**.ports", List::Keyed(&["containerPort", "protocol"]))],
    ..Shape::PLAIN
};

const ENDPOINTS: Shape = Shape {
    lists: &[("endpoints", List::Set), ("endpoints.*.addresses", List::Set), ("ports", List::Keyed(&["name", "port"]))],
    scalars: &[("endpoints.*.hostname", Scalar::Lower)],
    ..Shape::PLAIN
};

const INSTANCE: Shape = Shape { lists: &[("spec.ports", List::Keyed(&["name"]))], ..Shape::PLAIN };

/// What lists and values of a kind mean.
pub(super) fn shape(kind: Kind) -> Shape {
    match kind {
        Kind::Mesh => MESH,
        Kind::TrafficSplit => SPLIT,
        Kind::HttpRouteGroup => GROUP,
        Kind::TcpRoute | Kind::UdpRoute => TCP_ROUTE,
        Kind::TrafficTarget => TARGET,
        Kind::IdentityBinding => BINDING,
        Kind::ReferenceGrant => GRANT,
        Kind::Service => SERVICE,
        Kind::EndpointSlice => ENDPOINTS,
        Kind::Namespace | Kind::ServiceAccount => Shape::PLAIN,
        Kind::Pod | Kind::Deployment | Kind::StatefulSet | Kind::DaemonSet | Kind::ReplicaSet | Kind::Job | Kind::CronJob => WORKLOAD,
        Kind::Workload => INSTANCE,
    }
}

/// An object as it is compared: with its namespace written out, and of inventory only what policy looks at, because
/// nobody reviews a mesh by the image of a container.
pub fn form(key: &ObjectKey, root: NodeRef<'_>) -> Value {
    let mut value = root.to_json();
    if !key.namespace.is_empty()
        && let Some(Value::Object(metadata)) = value.get_mut("metadata")
    {
        metadata.insert("namespace".to_owned(), (*key.namespace).into());
    }
    match key.kind {
        kind if kind.is_neutral() => value,
        Kind::ReferenceGrant | Kind::EndpointSlice | Kind::Workload => value,
        Kind::ServiceAccount => only(&value, &["metadata.name", "metadata.namespace"]),
        Kind::Namespace => only(&value, &["metadata.name", "metadata.labels", "metadata.annotations"]),
        Kind::Service => {
            let spec = ["spec.ports", "spec.selector", "spec.clusterIP", "spec.type", "spec.externalName"];
            only(&value, &[&["metadata.name", "metadata.namespace", "metadata.labels", "metadata.annotations"], &spec[..]].concat())
        }
        _ => workload(&value),
    }
}

/// What is looked at in a pod template, wherever it stands.
fn workload(value: &Value) -> Value {
    const TEMPLATES: [&str; 2] = ["spec.template", "spec.jobTemplate.spec.template"];
    const PODS: [&str; 4] = ["metadata.labels", "metadata.annotations", "spec.serviceAccountName", "spec.containers"];
    let own = ["metadata.name", "metadata.namespace", "metadata.labels", "spec.selector", "spec.serviceAccountName", "spec.containers"];
    let below = TEMPLATES.iter().flat_map(|template| PODS.map(|part| format!("{template}.{part}")));
    let paths: Vec<String> = own.into_iter().map(str::to_owned).chain(below).collect();
    let mut kept = only(value, &paths.iter().map(String::as_str).collect::<Vec<_>>());
    for place in ["/spec/containers", "/spec/template/spec/containers", "/spec/jobTemplate/spec/template/spec/containers"] {
        if let Some(Value::Array(containers)) = kept.pointer_mut(place) {
            for container in containers {
                *container = only(container, &["name", "ports", "livenessProbe", "readinessProbe", "startupProbe"]);
            }
        }
    }
    kept
}

/// The fields at these paths, those that are there.
fn only(value: &Value, paths: &[&str]) -> Value {
    let mut kept = Value::Object(Map::new());
    for path in paths {
        let Some(found) = value.pointer(&format!("/{}", path.replace('.', "/"))) else { continue };
        let mut place = &mut kept;
        for step in path.split('.') {
            if place.is_null() {
                *place = Value::Object(Map::new());
            }
            place = &mut place[step];
        }
        *place = found.clone();
    }
    kept
}
