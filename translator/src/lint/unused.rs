//! MG0116: a group, a route or a binding that nothing refers to.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::Linter;
use crate::diagnostic::{Code, Diagnostic};
use crate::ir::{Kind, ObjectKey, RuleKind, SubjectKind};
use crate::parse::NodeRef;

/// Tells what stands for itself alone.
pub(super) fn tell(linter: &mut Linter<'_>) {
    let (mut used, mut words) = (BTreeSet::new(), BTreeSet::new());
    for key in linter.model.keys() {
        match key.kind {
            Kind::TrafficTarget | Kind::TrafficSplit if !linter.model.is_whole(key) => {
                // What it refers to cannot be read, so that everything it mentions may be meant.
                linter.model.document(key).into_iter().for_each(|document| mentions(document.root(), &mut words));
            }
            Kind::TrafficTarget => used.extend(of_target(key, linter)),
            Kind::TrafficSplit => used.extend(of_split(key, linter)),
            _ => {}
        }
    }
    let may_stand_alone = |key: &&ObjectKey| matches!(key.kind, Kind::HttpRouteGroup | Kind::TcpRoute | Kind::IdentityBinding);
    for key in linter.model.keys().filter(may_stand_alone) {
        if used.contains(key) || words.contains(&*key.name) {
            continue;
        }
        let Some(root) = linter.model.document(key).map(|document| document.root()) else { continue };
        let place = root.find(["metadata", "name"]).unwrap_or(root);
        let message = format!("nothing refers to this {}: it has no effect", key.kind.name());
        linter.say(key, Diagnostic::at(Code::MG0116, place, message));
    }
}

fn of_target(key: &ObjectKey, linter: &Linter<'_>) -> Vec<ObjectKey> {
    let Some(target) = linter.view.target(key) else { return Vec::new() };
    let rules = target.rules.iter().map(|rule| {
        let kind = match rule.kind {
            RuleKind::HttpRouteGroup => Kind::HttpRouteGroup,
            RuleKind::TcpRoute => Kind::TcpRoute,
            RuleKind::UdpRoute => Kind::UdpRoute,
        };
        ObjectKey { kind, namespace: key.namespace.clone(), name: rule.name.clone() }
    });
    let bindings = target.sources.iter().filter(|source| source.kind == SubjectKind::IdentityBinding);
    let binding =
        |namespace: &Arc<str>, name: &Arc<str>| ObjectKey { kind: Kind::IdentityBinding, namespace: namespace.clone(), name: name.clone() };
    rules.chain(bindings.map(|source| binding(&source.namespace, &source.name))).collect()
}

fn of_split(key: &ObjectKey, linter: &Linter<'_>) -> Vec<ObjectKey> {
    let Some(split) = linter.view.split(key) else { return Vec::new() };
    let group = |name: &Arc<str>| ObjectKey { kind: Kind::HttpRouteGroup, namespace: key.namespace.clone(), name: name.clone() };
    split.matches.iter().map(|(name, _)| group(name)).collect()
}

/// Every text in a value.
fn mentions(node: NodeRef<'_>, words: &mut BTreeSet<String>) {
    words.extend(node.text().map(str::to_owned));
    node.items().for_each(|item| mentions(item, words));
    node.entries().for_each(|(_, value)| mentions(value, words));
}
