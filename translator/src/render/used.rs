//! Which features of the list of capabilities an input uses.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::ir::{AccessDefault, HttpRouteGroup, Kind, ObjectKey, Protocol, RouteMatch, RuleKind, ServiceKey, SplitRoot};
use crate::resolve::{Model, View};

/// The features that some valid object of the model uses, by the words of [`super::Capability`].
pub fn used(model: &Model) -> BTreeSet<&'static str> {
    let view = View::new(model);
    let mut used = BTreeSet::new();
    for key in model.keys().filter(|key| model.is_valid(key)) {
        match key.kind {
            Kind::TrafficSplit => split(key, &view, &mut used),
            Kind::TrafficTarget => target(key, &view, &mut used),
            _ => {}
        }
    }
    for mesh in model.meshes() {
        match mesh.access_default {
            AccessDefault::Targeted => {}
            AccessDefault::Deny => used.extend(["access.default"]),
            AccessDefault::Allow => used.extend(["access.default", "access.audit"]),
        }
    }
    used
}

fn split(key: &ObjectKey, view: &View<'_>, used: &mut BTreeSet<&'static str>) {
    let Some(split) = view.split(key) else { return };
    used.insert("split.weight");
    let own = |name: &Arc<str>| Some(ServiceKey { namespace: key.namespace.clone(), name: name.clone() });
    let root = match &split.root {
        SplitRoot::Own(name) => own(name),
        SplitRoot::Dotted(name, namespace) => Some(ServiceKey { namespace: namespace.clone(), name: name.clone() }),
        SplitRoot::Host => own(&key.name),
    };
    let ports = root.and_then(|root| view.service(&root)).map(|service| service.ports.clone()).unwrap_or_default();
    if ports.len() > 1 {
        used.insert("split.port");
    }
    if ports.iter().any(|port| port.protocol == Protocol::Tcp) {
        used.insert("split.tcp");
    }
    for (name, _) in &split.matches {
        used.insert("split.match");
        let group = view.group(&key.namespace, name);
        for one in group.iter().flat_map(|group| &group.matches) {
            used.extend(one.path.iter().map(|_| "match.path"));
            used.extend(one.headers.iter().map(|_| "match.header"));
            used.extend(one.methods.iter().map(|_| "match.method"));
        }
    }
}

fn target(key: &ObjectKey, view: &View<'_>, used: &mut BTreeSet<&'static str>) {
    let Some(target) = view.target(key) else { return };
    // A workload that is targeted is closed to everybody else.
    used.extend(["access.default", "access.identity"]);
    used.extend(target.port.iter().map(|_| "access.port"));
    for rule in &target.rules {
        match rule.kind {
            RuleKind::HttpRouteGroup => {
                let group = view.group(&key.namespace, &rule.name);
                for one in group.iter().flat_map(|group| picked(group, &rule.matches)) {
                    used.extend(one.path.iter().map(|_| "access.path"));
                    used.extend(one.headers.iter().map(|_| "access.header"));
                }
            }
            RuleKind::TcpRoute => {
                used.insert("access.tcp");
                let route = view.tcp_route(&key.namespace, &rule.name);
                used.extend(route.iter().flat_map(|route| &route.ports).map(|_| "access.port"));
            }
            RuleKind::UdpRoute => {}
        }
    }
}

/// The matches that a rule names; all of them where it names none.
fn picked<'g, O>(group: &'g HttpRouteGroup, names: &'g [(Arc<str>, O)]) -> impl Iterator<Item = &'g RouteMatch> {
    group.matches.iter().filter(move |one| names.is_empty() || names.iter().any(|(name, _)| *name == one.name))
}
