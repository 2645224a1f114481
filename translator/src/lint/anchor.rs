//! MG0504: an access rule whose path is a literal that is open at its end, so that `/metrics` admits `/metricsX`.

use std::collections::BTreeSet;

use super::Linter;
use crate::diagnostic::{Code, Diagnostic};
use crate::ir::{AccessRule, Kind, ObjectKey, PathAnchoring, PathPattern, RouteMatch};

/// Tells each match once, whatever the number of rules that use it.
pub(super) fn tell(linter: &mut Linter<'_>) {
    let mut told: BTreeSet<(ObjectKey, usize)> = BTreeSet::new();
    for account in linter.model.targeted_accounts() {
        let open_at_the_end = |mesh: &crate::ir::MeshSettings| mesh.path_anchoring == PathAnchoring::Start;
        if !linter.view.mesh_of(&account.namespace).is_some_and(|mesh| open_at_the_end(&mesh)) {
            continue;
        }
        for rule in &linter.view.account_access(account).rules {
            tell_rule(rule, &mut told, linter);
        }
    }
}

fn tell_rule(rule: &AccessRule, told: &mut BTreeSet<(ObjectKey, usize)>, linter: &mut Linter<'_>) {
    for key in rule.from.iter().filter(|key| key.kind == Kind::HttpRouteGroup) {
        let Some(group) = linter.view.group(&key.namespace, &key.name) else { continue };
        let used = |name: &str| rule.matches.iter().flatten().any(|one| *one.name == *name);
        for (number, one) in group.matches.iter().enumerate().filter(|(_, one)| used(&one.name)) {
            if let Some(diagnostic) = unanchored(one)
                && told.insert((key.clone(), number))
            {
                let place = rule.origin.clone();
                linter.say(key, diagnostic.also_at(place, format!("{} allows what it takes", rule.target.key)));
            }
        }
    }
}

/// A literal that neither `$` nor `/` ends: what ends with a slash was meant to have something after it.
fn unanchored(one: &RouteMatch) -> Option<Diagnostic> {
    let (checked, origin) = one.path.as_ref()?;
    let (PathPattern::Prefix(literal), PathPattern::Exact(_)) = (checked.path(PathAnchoring::Start), checked.path(PathAnchoring::Full))
    else {
        return None;
    };
    if literal.ends_with('/') {
        return None;
    }
    let text = checked.text();
    let message = format!("match `{}` takes `{literal}X` too: the expression is open at its end", one.name);
    let help = format!("write `{text}$` for this path alone, `{text}(/.*)?$` for all below it too, or `{text}.*` if it is meant");
    Some(Diagnostic::at_origin(Code::MG0504, origin.clone(), message).help(help))
}
