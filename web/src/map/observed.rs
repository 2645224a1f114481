//! What was seen of a running mesh at the edges of the map, and at edges that no rule makes: calls that nothing keeps out, and calls
//! that were tried in vain.

use std::collections::{BTreeMap, BTreeSet};

use meshglot_observed::{Edge, Party as Seen, Verdict};
use meshglot_translator::effect::{Allowance, Party};
use meshglot_translator::ir::{ObjectKey, ServiceKey};

use super::{Map, Spot, SpotKey, SpotKind, Tie, What};
use crate::seen::{Ends, Window, service_key};
use crate::visit::Visit;

/// Shares of fewer calls say nothing.
pub(crate) const ENOUGH: u64 = 30;

/// Calls of a span of time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Flow {
    pub(crate) calls: u64,
    pub(crate) succeeded: u64,
}

/// What was seen of the last minute.
pub(crate) struct Observed {
    pub(crate) window: Window,
    pub(crate) ends: Ends,
    /// Calls that were let in, by caller, callee, port and who called.
    allowed: BTreeMap<At, Flow>,
    /// The same of calls that were not.
    denied: BTreeMap<At, Flow>,
    /// Calls to the root of a split, by the workload that answered.
    answered: BTreeMap<(ServiceKey, u16), BTreeMap<String, u64>>,
    /// Edges that the map does not have.
    pub(crate) ties: Vec<Tie>,
    /// Calls of which an end stands nowhere in the map.
    pub(crate) elsewhere: Flow,
}

/// Positions of nodes, a port, and who called.
type At = (usize, usize, u16, String);

impl Observed {
    /// Of the mesh that runs by the policy that is shown; `None`: none does.
    pub(crate) fn of(visit: &Visit) -> Option<Self> {
        let live = visit.app.source.live()?;
        let ends = Ends::new(&visit.snapshot, &live.proxies());
        let window = Window::of(&*live, &ends);
        let map = visit.snapshot.map();
        let mut observed = Self {
            allowed: BTreeMap::new(),
            denied: BTreeMap::new(),
            answered: BTreeMap::new(),
            ties: Vec::new(),
            elsewhere: Flow::default(),
            window: Window { at: String::new(), seconds: 0.0, edges: Vec::new(), silent: Vec::new() },
            ends,
        };
        // Who is told of, and by which policy, at edges that no rule makes.
        let mut parties: BTreeMap<At, (Party, BTreeSet<ObjectKey>)> = BTreeMap::new();
        for edge in &window.edges {
            observed.answered(edge);
            let Some((from, to, port, party)) = observed.place(map, edge) else {
                observed.elsewhere.add(edge);
                continue;
            };
            let at = (from, to, port, party.to_string());
            let flows = if edge.verdict == Verdict::Denied { &mut observed.denied } else { &mut observed.allowed };
            flows.entry(at.clone()).or_default().add(edge);
            let named = edge.policy.as_deref().and_then(|policy| visit.named(policy.split('#').next()?));
            parties.entry(at).or_insert_with(|| (party, BTreeSet::new())).1.extend(named.map(|(key, _)| key));
        }
        let known: BTreeSet<At> = map.ties.iter().filter_map(at).collect();
        for (at, (party, by)) in parties {
            let (from, to, port, _) = at;
            let by: Vec<ObjectKey> = by.into_iter().collect();
            let tie = |what: What| Tie { from, to, port, what, by: by.clone(), codes: Vec::new() };
            if observed.allowed.contains_key(&at) && !known.contains(&at) {
                observed.ties.push(tie(What::Call { party: party.clone(), allowance: Allowance::Everything, direct: false }));
            }
            if observed.denied.contains_key(&at) {
                observed.ties.push(tie(What::Attempt { party }));
            }
        }
        observed.window = window;
        Some(observed)
    }

    /// What was seen at an edge; `None`: nothing can be told of it.
    pub(crate) fn at(&self, tie: &Tie) -> Option<Flow> {
        let at = at(tie)?;
        let flows = if tie.is_denied() { &self.denied } else { &self.allowed };
        Some(flows.get(&at).copied().unwrap_or_default())
    }

    /// Which share of the calls to a Service one destination of its split has answered, from 0 to 1; `None`: there were too few, or
    /// several rules take calls of that port, which are seen together.
    pub(crate) fn share(&self, map: &Map, root: &ServiceKey, port: u16, destination: &ServiceKey) -> Option<f64> {
        let from = map.position(&SpotKey::service(root))?;
        let mut rules = map.ties.iter().filter(|tie| tie.from == from && tie.port == port && tie.is_share());
        if !rules.all(|tie| matches!(&tie.what, What::Share { matches, .. } if matches.is_empty())) {
            return None;
        }
        let answered = self.answered.get(&(root.clone(), port))?;
        let all: u64 = answered.values().sum();
        let own: u64 = answered.iter().filter(|(workload, _)| self.ends.is_behind(workload, destination)).map(|(_, calls)| calls).sum();
        (all >= ENOUGH).then(|| crate::seen::number(own) / crate::seen::number(all))
    }

    /// The same of an edge of the map.
    pub(crate) fn share_of(&self, map: &Map, tie: &Tie) -> Option<f64> {
        let (root, destination) = (map.spots[tie.from].key.as_service()?, map.spots[tie.to].key.as_service()?);
        tie.is_share().then(|| self.share(map, &root, tie.port, &destination))?
    }

    fn answered(&mut self, edge: &Edge) {
        let (Some(service), Some(workload)) = (service_key(&edge.destination), &edge.destination.workload) else { return };
        let Some(port) = self.ends.port(&edge.destination, None).filter(|_| edge.verdict != Verdict::Denied) else { return };
        *self.answered.entry((service, port)).or_default().entry(workload.clone()).or_default() += edge.calls;
    }

    /// Where an edge stands in the map, and who calls.
    fn place(&self, map: &Map, edge: &Edge) -> Option<(usize, usize, u16, Party)> {
        let to = map.position(&SpotKey::service(&service_key(&edge.destination)?))?;
        let port = self.ends.port(&edge.destination, None)?;
        let (from, party) = self.caller(map, &edge.source)?;
        Some((from, to, port, party))
    }

    fn caller(&self, map: &Map, source: &Seen) -> Option<(usize, Party)> {
        let foreign = source.identity.as_deref().and_then(|id| id.strip_prefix("spiffe://"));
        let spot = |id: &str| map.position(&SpotKey { namespace: "".into(), name: id.into(), kind: SpotKind::Spiffe });
        if let Some((id, at)) = foreign.and_then(|id| Some((id, spot(id)?))) {
            return Some((at, Party::Spiffe(id.into())));
        }
        let account = self.ends.account(source)?;
        let stands = |spot: &Spot| spot.accounts.contains(&account);
        let all: Vec<usize> = (0..map.spots.len()).filter(|at| stands(&map.spots[*at])).collect();
        let is_own = |at: &&usize| self.is_own(&map.spots[**at], source);
        let at = all.iter().find(is_own).or(all.first()).copied();
        let named = || map.position(&SpotKey { namespace: account.namespace.clone(), name: account.name.clone(), kind: SpotKind::Account });
        Some((at.or_else(named)?, Party::Account(account.clone())))
    }

    /// Whether a node stands for the workload of a caller.
    fn is_own(&self, spot: &Spot, source: &Seen) -> bool {
        let Some(workload) = &source.workload else { return false };
        spot.key.as_service().map_or_else(|| spot.key.path() == *workload, |service| self.ends.is_behind(workload, &service))
    }
}

impl Flow {
    pub(crate) fn add(&mut self, edge: &Edge) {
        self.calls += edge.calls;
        self.succeeded += edge.succeeded;
    }

    /// Those that went well, from 0 to 1; 0 where there are none.
    pub(crate) fn success(self) -> f64 {
        if self.calls == 0 { 0.0 } else { crate::seen::number(self.succeeded) / crate::seen::number(self.calls) }
    }
}

/// Where an edge of calls stands.
fn at(tie: &Tie) -> Option<At> {
    let party = match &tie.what {
        What::Call { party, .. } | What::Attempt { party } => party,
        What::Share { .. } => return None,
    };
    Some((tie.from, tie.to, tie.port, party.to_string()))
}
