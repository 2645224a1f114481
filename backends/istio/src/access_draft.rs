//! Rules of an AuthorizationPolicy on their way: joined as long as that changes nothing, then written.

use std::collections::BTreeMap;

use meshglot_translator::ir::{Identity, MeshSettings, ObjectKey};
use meshglot_translator::parse::Origin;
use meshglot_translator::render::Provenance;

use crate::resource::authorization_policy::{Condition, From, Operation, Rule, Source, To};

/// The CRD takes no more in one source.
const MOST_ACCOUNTS: usize = 16;

/// Someone who may call.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Caller {
    /// `TD/ns/NS/sa/SA`
    Principal(String),
    /// `NS/SA` of whatever trust domain.
    Account(String),
}

/// Sources as Istio writes them, each with its place.
pub(crate) fn callers(sources: &[(Identity, Origin)], mesh: &MeshSettings) -> BTreeMap<Caller, Origin> {
    let caller = |identity: &Identity| match identity {
        Identity::Account(account) if mesh.istio_any_trust_domain => Caller::Account(account.to_string()),
        _ => Caller::Principal(identity.spiffe_id(&mesh.trust_domain).trim_start_matches("spiffe://").to_owned()),
    };
    let callers = sources.iter().map(|(identity, origin)| (caller(identity), origin.clone()));
    // No identity has a star in it, and Istio would read one as a wildcard.
    callers.filter(|(caller, _)| !matches!(caller, Caller::Principal(text) | Caller::Account(text) if text.contains('*'))).collect()
}

/// One rule.
#[derive(Clone, Debug)]
pub(crate) struct Draft {
    /// Not empty.
    pub(crate) callers: BTreeMap<Caller, Origin>,
    /// Whether it looks at requests.
    pub(crate) http: bool,
    pub(crate) when: Vec<Condition>,
    /// ORed; `None`: everything.
    pub(crate) to: Option<Vec<(Operation, Origin)>>,
    /// The rules of targets behind it.
    pub(crate) origins: Vec<(ObjectKey, Origin)>,
}

/// All rules of a policy.
#[derive(Debug, Default)]
pub(crate) struct Drafts(Vec<Draft>);

impl Drafts {
    /// Adds a rule, to one of the same callers and conditions where there is one.
    pub(crate) fn add(&mut self, draft: Draft) {
        let alike = |one: &&mut Draft| one.http == draft.http && one.when == draft.when && one.callers.keys().eq(draft.callers.keys());
        let Some(known) = self.0.iter_mut().find(alike) else { return self.0.push(draft) };
        match (&mut known.to, draft.to) {
            (Some(known), Some(more)) => {
                for (operation, origin) in more {
                    if known.iter().all(|(one, _)| *one != operation) {
                        known.push((operation, origin));
                    }
                }
            }
            (to, _) => *to = None,
        }
        add_origins(&mut known.origins, draft.origins);
    }

    /// The rules, those that allow the same to different callers made one.
    pub(crate) fn joined(self) -> Vec<Draft> {
        let mut joined: Vec<Draft> = Vec::new();
        let operations = |draft: &Draft| draft.to.as_ref().map(|to| to.iter().map(|(one, _)| one.clone()).collect::<Vec<_>>());
        for draft in self.0 {
            let alike = |one: &&mut Draft| one.http == draft.http && one.when == draft.when && operations(one) == operations(&draft);
            match joined.iter_mut().find(alike) {
                Some(known) => {
                    for (caller, origin) in draft.callers {
                        known.callers.entry(caller).or_insert(origin);
                    }
                    add_origins(&mut known.origins, draft.origins);
                }
                None => joined.push(draft),
            }
        }
        joined
    }
}

fn add_origins(known: &mut Vec<(ObjectKey, Origin)>, more: Vec<(ObjectKey, Origin)>) {
    for one in more {
        if !known.contains(&one) {
            known.push(one);
        }
    }
}

impl Draft {
    /// The rule, and where its parts are written.
    pub(crate) fn write(self, index: usize) -> (Rule, Vec<Provenance>) {
        let path = format!(".spec.rules[{index}]");
        let mut provenance: Vec<Provenance> =
            self.origins.into_iter().map(|(_, origin)| Provenance { path: path.clone(), origin }).collect();
        let mut from: Vec<From> = Vec::new();
        for (caller, origin) in self.callers {
            let is_principal = matches!(caller, Caller::Principal(_));
            let fits = |last: &From| {
                let accounts = last.source.service_accounts.len();
                if is_principal { accounts == 0 } else { (1..MOST_ACCOUNTS).contains(&accounts) }
            };
            if !from.last().is_some_and(fits) {
                from.push(From { source: Source::default() });
            }
            let at = from.len() - 1;
            let Source { principals, service_accounts } = &mut from[at].source;
            let (field, list, text) = match caller {
                Caller::Principal(text) => ("principals", principals, text),
                Caller::Account(text) => ("serviceAccounts", service_accounts, text),
            };
            provenance.push(Provenance { path: format!("{path}.from[{at}].source.{field}[{}]", list.len()), origin });
            list.push(text);
        }
        let mut to = Vec::new();
        for (operation, origin) in self.to.into_iter().flatten() {
            provenance.push(Provenance { path: format!("{path}.to[{}].operation", to.len()), origin });
            to.push(To { operation });
        }
        (Rule { from, to, when: self.when }, provenance)
    }
}
