//! MG0204: everything that an access rule allows is allowed already by others of the same destination.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use super::{Linter, some_of};
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::ir::{AccessRule, Identity, ObjectKey, RuleKind, TrafficTarget};

/// Asks for each account, since rules of two accounts allow different calls.
pub(super) fn tell(linter: &mut Linter<'_>) {
    for account in linter.model.targeted_accounts() {
        let access = linter.view.account_access(account);
        let rules = &access.rules;
        let shadows = shadows(rules, linter);
        for target in &access.targets {
            let own: Vec<usize> = (0..rules.len()).filter(|rule| rules[*rule].target.key == target.key).collect();
            tell_target(target, &own, rules, &shadows, linter);
        }
        if linter.covers.gave_up()
            && let Some(first) = access.targets.first()
        {
            let message = format!("access rules of ServiceAccount `{}` were not all compared: it would take too long", account.name);
            let unknown = Diagnostic::at_origin(Code::MG0204, first.destination.origin.clone(), message);
            linter.say(&first.key, unknown.level(Severity::Info));
        }
    }
}

/// The rules that allow what a rule allows, where it is not needed. What is not needed shadows nothing itself: of
/// equal rules one stays, and whoever removes all that are told removes nothing that is allowed.
fn shadows(rules: &[Arc<AccessRule>], linter: &mut Linter<'_>) -> BTreeMap<usize, BTreeSet<usize>> {
    let mut of_source: HashMap<&Identity, Vec<usize>> = HashMap::new();
    for (index, rule) in rules.iter().enumerate() {
        rule.sources.iter().for_each(|(identity, _)| of_source.entry(identity).or_default().push(index));
    }
    let mut shadowed: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
    for (index, rule) in rules.iter().enumerate().rev() {
        // Whoever allows all of its sources allows the one that the fewest rules allow.
        let rarest = rule.sources.iter().filter_map(|(identity, _)| of_source.get(identity)).min_by_key(|rules| rules.len());
        let others = rarest.into_iter().flatten().copied();
        let others = others.filter(|other| *other != index && !shadowed.contains_key(other));
        let wide: Vec<usize> = others.filter(|other| linter.covers.pay() && has_callers_and_ports(&rules[*other], rule)).collect();
        if let Some(by) = requests(rule, &wide, rules, linter) {
            shadowed.insert(index, by);
        }
    }
    shadowed
}

/// Whether one rule holds for all callers and ports of another.
fn has_callers_and_ports(wide: &AccessRule, narrow: &AccessRule) -> bool {
    let ports = match (&wide.ports, &narrow.ports) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some(wide), Some(narrow)) => narrow.iter().all(|(port, _)| wide.iter().any(|(other, _)| other == port)),
    };
    // Both are sorted by identity.
    let has = |identity: &Identity| wide.sources.binary_search_by(|(other, _)| other.cmp(identity)).is_ok();
    ports && narrow.sources.iter().all(|(identity, _)| has(identity))
}

/// The first rules that take its requests, each match as a whole; `None` if some match is left.
fn requests(rule: &AccessRule, others: &[usize], rules: &[Arc<AccessRule>], linter: &mut Linter<'_>) -> Option<BTreeSet<usize>> {
    if let Some(everything) = others.iter().find(|other| rules[**other].matches.is_none()) {
        return Some(BTreeSet::from([*everything]));
    }
    let mut found = BTreeSet::new();
    for narrow in rule.matches.as_ref()? {
        let mut covers = |other: &usize| rules[*other].matches.iter().flatten().any(|wide| linter.covers.covers(wide, narrow));
        found.insert(*others.iter().find(|other| covers(other))?);
    }
    Some(found)
}

/// Once for the target if none of its rules is needed, else for each rule that is not.
fn tell_target(
    target: &TrafficTarget,
    own: &[usize],
    rules: &[Arc<AccessRule>],
    shadows: &BTreeMap<usize, BTreeSet<usize>>,
    linter: &mut Linter<'_>,
) {
    let written = target.rules.iter().filter(|rule| rule.kind == RuleKind::HttpRouteGroup).count().max(1);
    let whole = own.len() == written && own.iter().all(|rule| shadows.contains_key(rule));
    let in_other_targets = || own.iter().flat_map(|rule| &shadows[rule]).all(|other| rules[*other].target.key != target.key);
    if whole && in_other_targets() {
        let root = target.document.root();
        let place = root.find(["metadata", "name"]).unwrap_or(root).origin();
        let by: BTreeSet<usize> = own.iter().flat_map(|rule| &shadows[rule]).copied().collect();
        linter.say(&target.key, shadowed(Diagnostic::at_origin(Code::MG0204, place, "everything that this target allows"), &by, rules));
        return;
    }
    for (rule, by) in own.iter().filter_map(|rule| Some((&rules[*rule], shadows.get(rule)?))) {
        let place = rule.origin.clone();
        linter.say(&target.key, shadowed(Diagnostic::at_origin(Code::MG0204, place, "everything that this rule allows"), by, rules));
    }
}

fn shadowed(begun: Diagnostic, by: &BTreeSet<usize>, rules: &[Arc<AccessRule>]) -> Diagnostic {
    /// Places that are shown.
    const PLACES: usize = 3;
    let targets: BTreeSet<&ObjectKey> = by.iter().map(|rule| &rules[*rule].target.key).collect();
    let names: Vec<String> = targets.iter().map(ToString::to_string).collect();
    let verb = if names.len() == 1 { "allows" } else { "allow" };
    let message = format!("{} is allowed already: {} {verb} it to the same callers", begun.message, some_of(&names, PLACES));
    let shown = by.iter().take(PLACES).map(|rule| rules[*rule].origin.clone());
    let diagnostic = shown.fold(Diagnostic { message, ..begun }, |one, place| one.also_at(place, "this rule allows it already"));
    diagnostic.help("remove one of them, or narrow the wider one if it was not meant to allow that much")
}
