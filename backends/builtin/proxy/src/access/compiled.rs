//! Rules by who they are about and which paths.

use std::collections::HashMap;
use std::sync::Arc;

use super::subject::Subject;
use crate::matching::{Need, PathIndex};
use crate::table::{AccessRules, Permission, Policy, Principal, TextMatch, Verdict};

/// Rules that are looked up.
#[derive(Debug)]
pub(crate) struct CompiledRules {
    rules: Arc<AccessRules>,
    /// Those that name their callers, by caller.
    by_id: HashMap<Box<[u8]>, PathIndex>,
    /// All others.
    others: PathIndex,
}

impl CompiledRules {
    pub(crate) fn new(rules: Arc<AccessRules>) -> Self {
        let mut by_id: HashMap<Box<[u8]>, PathIndex> = HashMap::new();
        let mut others = PathIndex::default();
        for (number, policy) in (0u32..).zip(&rules.policies) {
            let mut needs = Vec::new();
            policy.permissions.iter().for_each(|permission| add_needs(permission, &mut needs));
            match ids(policy) {
                Some(ids) => {
                    for id in ids {
                        let index = by_id.entry(id.into()).or_default();
                        needs.iter().for_each(|need| index.insert(need.clone(), number));
                    }
                }
                None => needs.iter().for_each(|need| others.insert(need.clone(), number)),
            }
        }
        Self { rules, by_id, others }
    }

    /// What they do with what they match.
    pub(crate) fn action(&self) -> Verdict {
        self.rules.action
    }

    /// The first rule that matches.
    pub(crate) fn first(&self, subject: &Subject<'_>) -> Option<&Policy> {
        let matches = |number: u32| self.rules.policies[number as usize].matches(subject);
        let path = subject.request.map_or(&b""[..], |request| request.path.as_bytes());
        let mut best = self.rules.policies.len() as u32;
        if let Some(index) = subject.id.and_then(|id| self.by_id.get(id.as_bytes())) {
            best = index.first(path, best, matches);
        }
        best = self.others.first(path, best, matches);
        self.rules.policies.get(best as usize)
    }
}

/// All callers that a rule can be about; `None`: they cannot be told one by one.
fn ids(policy: &Policy) -> Option<Vec<&[u8]>> {
    let mut ids = Vec::new();
    for principal in &policy.principals {
        ids.extend(named(principal)?);
    }
    Some(ids)
}

fn named(principal: &Principal) -> Option<Vec<&[u8]>> {
    match principal {
        Principal::Id(TextMatch::Exact(id)) => Some(vec![id]),
        // One of them is enough to look there.
        Principal::And(all) => all.iter().find_map(named),
        Principal::Or(any) => any.iter().map(named).collect::<Option<Vec<_>>>().map(|ids| ids.concat()),
        Principal::Any | Principal::Not(_) | Principal::Id(_) | Principal::Address(_) => None,
    }
}

/// Adds what a path needs for a permission to be worth a look.
fn add_needs(permission: &Permission, needs: &mut Vec<Need>) {
    let mut add = |need: Need| {
        if !needs.contains(&need) {
            needs.push(need);
        }
    };
    match permission {
        Permission::Path(path) => add(Need::of(path)),
        Permission::Or(any) => any.iter().for_each(|one| add_needs(one, needs)),
        Permission::And(all) => {
            let each = all.iter().map(|one| {
                let mut needs = Vec::new();
                add_needs(one, &mut needs);
                needs
            });
            // The one that says most.
            let best = each.min_by_key(|needs| needs.iter().map(vagueness).max());
            best.unwrap_or_else(|| vec![Need::Nothing]).into_iter().for_each(add);
        }
        Permission::Any | Permission::Not(_) | Permission::Header(_) | Permission::Port(_) => add(Need::Nothing),
    }
}

fn vagueness(need: &Need) -> usize {
    match need {
        Need::Nothing => usize::MAX,
        Need::Exact(_) => 0,
        Need::Prefix(prefix) => usize::MAX - 1 - prefix.len(),
    }
}
