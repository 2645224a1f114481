//! Which objects of policy say a part of what another one says.

use std::collections::BTreeSet;
use std::sync::Arc;

use meshglot_translator::ir::{Kind, ObjectKey, RuleKind, SubjectKind};
use meshglot_translator::resolve::View;

/// The object itself, and those that it names: its route groups and bindings.
pub(super) fn uses(key: &ObjectKey, view: &View<'_>) -> BTreeSet<ObjectKey> {
    let mut found = BTreeSet::from([key.clone()]);
    let own = |kind: Kind, name: &Arc<str>| ObjectKey { kind, namespace: key.namespace.clone(), name: name.clone() };
    if let Some(split) = view.split(key) {
        found.extend(split.matches.iter().map(|(name, _)| own(Kind::HttpRouteGroup, name)));
    }
    if let Some(target) = view.target(key) {
        found.extend(target.rules.iter().map(|rule| match rule.kind {
            RuleKind::HttpRouteGroup => own(Kind::HttpRouteGroup, &rule.name),
            RuleKind::TcpRoute => own(Kind::TcpRoute, &rule.name),
            RuleKind::UdpRoute => own(Kind::UdpRoute, &rule.name),
        }));
        let bindings = target.sources.iter().chain([&target.destination]).filter(|subject| subject.kind == SubjectKind::IdentityBinding);
        let key = |subject: &meshglot_translator::ir::Subject| ObjectKey {
            kind: Kind::IdentityBinding,
            namespace: subject.namespace.clone(),
            name: subject.name.clone(),
        };
        found.extend(bindings.map(key));
    }
    found
}
