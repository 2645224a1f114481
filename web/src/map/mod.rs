//! Everything that a topology can show of one state of policy: every call that a rule lets in, and every share of a split.

mod observed;
mod spot;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use meshglot_translator::effect::{Allowance, Entrance, Entrances, Party};
use meshglot_translator::eval::Fraction;
use meshglot_translator::ir::{AccountKey, ObjectKey, Rule, ServiceKey};
use meshglot_translator::plan::Plan;
use meshglot_translator::render::Verdict;
use meshglot_translator::resolve::View;

pub(crate) use observed::{ENOUGH, Flow, Observed};
pub(crate) use spot::{Spot, SpotKey, SpotKind};

use crate::parts::protection::access;
use spot::{account, of_party, stands};

/// All nodes and edges.
#[derive(Debug, Default)]
pub(crate) struct Map {
    /// By key.
    pub(crate) spots: Vec<Spot>,
    /// By caller, callee and port.
    pub(crate) ties: Vec<Tie>,
    /// Who stands for whom.
    stands: BTreeMap<AccountKey, BTreeSet<SpotKey>>,
    /// Codes of what is lost of each policy, on whichever mesh.
    losses: BTreeMap<ObjectKey, BTreeSet<&'static str>>,
}

/// An edge between two nodes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Tie {
    /// Positions of nodes.
    pub(crate) from: usize,
    pub(crate) to: usize,
    /// The port that is called.
    pub(crate) port: u16,
    pub(crate) what: What,
    /// The policy that decides, sorted; none where nothing lets the caller in.
    pub(crate) by: Vec<ObjectKey>,
    /// Codes of what is lost of that policy.
    pub(crate) codes: Vec<&'static str>,
}

/// What an edge means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum What {
    /// A caller, and what is let in; `Nothing`: it is denied.
    Call {
        party: Party,
        allowance: Allowance,
        /// Whether the callee only gets a part of what a split takes in, and the caller may call that split the same.
        direct: bool,
    },
    /// A caller that tried in vain, as was seen: nothing lets in what it asked for, whatever else may be let in.
    Attempt { party: Party },
    /// A share of the calls to the one goes to the other.
    Share {
        share: Fraction,
        /// Names of the matches of which one must take a call; none: every call.
        matches: Vec<Arc<str>>,
    },
}

impl Tie {
    pub(crate) fn is_denied(&self) -> bool {
        matches!(self.what, What::Call { allowance: Allowance::Nothing, .. } | What::Attempt { .. })
    }

    /// Whether no rule makes it: it was only seen.
    pub(crate) fn is_seen_alone(&self) -> bool {
        match &self.what {
            What::Attempt { .. } => true,
            What::Call { allowance, .. } => *allowance == Allowance::Everything && self.by.is_empty(),
            What::Share { .. } => false,
        }
    }

    pub(crate) fn is_share(&self) -> bool {
        matches!(self.what, What::Share { .. })
    }

    pub(crate) fn is_direct(&self) -> bool {
        matches!(self.what, What::Call { direct: true, .. })
    }

    pub(crate) fn touches(&self, spot: usize) -> bool {
        self.from == spot || self.to == spot
    }
}

/// An edge before its nodes have positions.
struct Loose {
    from: SpotKey,
    to: ServiceKey,
    port: u16,
    what: What,
    by: Vec<ObjectKey>,
}

impl Map {
    /// Of a plan and the reading of its policy.
    pub(crate) fn of(plan: &Plan, entrances: &Entrances<'_>) -> Self {
        let view = View::new(&plan.model);
        let stands = stands(entrances.inventory());
        let mut spots: BTreeMap<SpotKey, Spot> = BTreeMap::new();
        let mut loose = Vec::new();
        for service in entrances.inventory().services() {
            let ports = entrances.ports(service);
            let mut spot = Spot::new(SpotKey::service(&service.key));
            spot.access = Some(access(&ports));
            spot.ports = service.ports.iter().map(|port| (port.number, port.protocol.to_string())).collect();
            let inventory = entrances.inventory();
            spot.behind = inventory.selected_by(service).into_iter().map(|at| account(&inventory.workloads()[at])).collect();
            spots.insert(spot.key.clone(), spot);
            loose.extend(ports.iter().filter(|port| port.is_closed()).flat_map(|port| calls(port, &stands)));
            for port in &view.routes(&service.key).ports {
                // The rest of a split's calls goes where they would go without it.
                let rules = port.rules.iter().filter(|rule| !rule.is_rest);
                loose.extend(rules.flat_map(|rule| shares(&service.key, port.port.number, rule)));
            }
        }
        let named = loose.iter().flat_map(|tie| [tie.from.clone(), SpotKey::service(&tie.to)]);
        let known = stands.values().flatten().cloned();
        for key in named.chain(known) {
            spots.entry(key).or_insert_with_key(|key| Spot::new(key.clone()));
        }
        for (account, keys) in &stands {
            for key in keys {
                if let Some(spot) = spots.get_mut(key) {
                    spot.accounts.insert(account.clone());
                }
            }
        }
        let losses = losses(plan);
        let mut map = Self { spots: spots.into_values().collect(), ties: Vec::new(), stands, losses };
        mark_direct(&mut loose);
        map.ties = loose.into_iter().filter_map(|tie| map.tied(tie)).collect();
        // What comes from one port of one Service keeps its order: rules of splits are tried in it.
        map.ties.sort_by_key(|tie| (tie.from, tie.to, tie.port));
        map
    }

    /// Calls that nothing lets in, between a node and what runs or can be called in a namespace. A node's calls to itself
    /// are left out: whoever asks who is kept out means others.
    pub(crate) fn denied(&self, entrances: &Entrances<'_>, spot: usize, namespace: &str) -> Vec<Tie> {
        let spot = &self.spots[spot];
        let is_own = |account: &AccountKey| spot.accounts.contains(account) || spot.behind.contains(account);
        let there = self.stands.keys().filter(|account| *account.namespace == *namespace && !is_own(account));
        let callers: Vec<Party> = there.cloned().map(Party::Account).collect();
        let own: Vec<Party> = spot.accounts.iter().cloned().map(Party::Account).collect();
        let mut loose = Vec::new();
        let kept_out = |port: &Entrance, parties: &[Party]| -> Vec<Party> {
            parties.iter().filter(|party| port.allows(party) == Allowance::Nothing).cloned().collect()
        };
        let refused = |from: SpotKey, port: &Entrance, party: Party| Loose {
            from,
            to: port.service().clone(),
            port: port.port().number,
            what: What::Call { party, allowance: Allowance::Nothing, direct: false },
            by: Vec::new(),
        };
        for service in entrances.inventory().services() {
            let is_called = spot.key.as_service().as_ref() == Some(&service.key);
            if !is_called && (*service.key.namespace != *namespace || own.is_empty()) {
                continue;
            }
            for port in entrances.ports(service).iter().filter(|port| port.is_closed()) {
                if is_called {
                    let parties = kept_out(port, &callers);
                    loose.extend(parties.into_iter().flat_map(|party| {
                        let spots = of_party(&party, &self.stands).into_iter();
                        spots.map(move |from| refused(from, port, party.clone())).collect::<Vec<_>>()
                    }));
                } else {
                    loose.extend(kept_out(port, &own).into_iter().map(|party| refused(spot.key.clone(), port, party)));
                }
            }
        }
        let mut ties: Vec<Tie> = loose.into_iter().filter_map(|tie| self.tied(tie)).collect();
        ties.sort_by_key(|tie| (tie.from, tie.to, tie.port));
        ties
    }

    /// Where a node stands.
    pub(crate) fn position(&self, key: &SpotKey) -> Option<usize> {
        self.spots.binary_search_by(|spot| spot.key.cmp(key)).ok()
    }

    fn tied(&self, tie: Loose) -> Option<Tie> {
        let Loose { from, to, port, what, by } = tie;
        let codes: BTreeSet<&'static str> = by.iter().filter_map(|key| self.losses.get(key)).flatten().copied().collect();
        let (from, to) = (self.position(&from)?, self.position(&SpotKey::service(&to))?);
        Some(Tie { from, to, port, what, by, codes: codes.into_iter().collect() })
    }
}

/// Calls that rules let in at a port.
fn calls(port: &Entrance, stands: &BTreeMap<AccountKey, BTreeSet<SpotKey>>) -> Vec<Loose> {
    let mut calls = Vec::new();
    for party in port.named() {
        let allowance = port.allows(&party);
        if allowance == Allowance::Nothing {
            continue;
        }
        let by: Vec<ObjectKey> = port.admitted_by(&party).into_iter().collect();
        calls.extend(of_party(&party, stands).into_iter().map(|from| Loose {
            from,
            to: port.service().clone(),
            port: port.port().number,
            what: What::Call { party: party.clone(), allowance: allowance.clone(), direct: false },
            by: by.clone(),
        }));
    }
    calls
}

/// Where a rule of a split sends calls to, those destinations that get any.
fn shares(root: &ServiceKey, port: u16, rule: &Rule) -> Vec<Loose> {
    let sum: u64 = rule.weights().iter().sum();
    let share = |to: &meshglot_translator::ir::Destination| Loose {
        from: SpotKey::service(root),
        to: to.service.clone(),
        port,
        what: What::Share { share: Fraction::of(to.weight, sum), matches: rule.matches.iter().map(|one| one.name.clone()).collect() },
        by: vec![rule.split.key.clone()],
    };
    rule.destinations.iter().filter(|to| to.weight > 0).map(share).collect()
}

/// Marks calls to destinations of splits where the caller may call the split's root the same.
fn mark_direct(loose: &mut [Loose]) {
    let mut roots: HashMap<(ServiceKey, u16), BTreeSet<ServiceKey>> = HashMap::new();
    let mut allowed: HashMap<(ServiceKey, u16, Party), Allowance> = HashMap::new();
    for tie in loose.iter() {
        match &tie.what {
            What::Share { .. } => {
                let root = tie.from.as_service().filter(|root| *root != tie.to);
                roots.entry((tie.to.clone(), tie.port)).or_default().extend(root);
            }
            What::Attempt { .. } => {}
            What::Call { party, allowance, .. } => {
                allowed.insert((tie.to.clone(), tie.port, party.clone()), allowance.clone());
            }
        }
    }
    for tie in loose {
        let Some(roots) = roots.get(&(tie.to.clone(), tie.port)) else { continue };
        if let What::Call { party, allowance, direct } = &mut tie.what {
            *direct = roots.iter().any(|root| allowed.get(&(root.clone(), tie.port, party.clone())) == Some(&*allowance));
        }
    }
}

fn losses(plan: &Plan) -> BTreeMap<ObjectKey, BTreeSet<&'static str>> {
    let mut losses: BTreeMap<ObjectKey, BTreeSet<&'static str>> = BTreeMap::new();
    for loss in plan.losses() {
        if loss.verdict > Verdict::Equivalent {
            losses.entry(loss.object.clone()).or_default().insert(loss.code.info().name);
        }
    }
    losses
}
