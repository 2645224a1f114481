//! Compares the ports of one Service, caller by caller.

use std::collections::{BTreeMap, BTreeSet};

use super::alike::alike;
use super::entrance::Entrance;
use super::party::Party;
use super::pattern::{Pattern, Requests};
use super::side::Reader;
use super::tally::{Change, Leaf, Moved, Tally};
use super::{AccessChange, Effect, Options, Presence, ShareChange, Uncertain, Why};
use crate::eval::asked::{Asked, listen};
use crate::eval::{Call, Caller, Decision, Request, Verdict};
use crate::ir::{AccountKey, ServiceKey};
use crate::sorts::{Doubt, Space, walk};
use crate::verify::callers::STRANGER;
use crate::verify::compare::where_nobody_is_known;

/// One port on both sides.
struct Port<'e> {
    service: &'e ServiceKey,
    number: u16,
    sides: &'e [Reader<'e>; 2],
    /// `None`: it is not there.
    entrances: [Option<Entrance>; 2],
    /// A mesh is asked on one of the sides.
    mesh: bool,
    /// It carries requests, as far as either policy knows.
    http: bool,
    limit: usize,
    tried: usize,
    unread: Option<Request>,
}

/// Who calls, one by one, and how they are taken together.
type Callers = BTreeMap<Party, Vec<Caller>>;

/// Compares all ports of a Service.
pub(super) fn look(service: &ServiceKey, sides: &[Reader<'_>; 2], known: &[Vec<Caller>], options: &Options, effect: &mut Effect) {
    let entrances = sides.each_ref().map(|side| side.service(service).map(|service| side.entrances.ports(service)).unwrap_or_default());
    let numbers: BTreeSet<u16> = entrances.iter().flatten().map(|entrance| entrance.port().number).collect();
    for number in numbers {
        let entrances = entrances.each_ref().map(|ports| ports.iter().find(|entrance| entrance.port().number == number).cloned());
        let mesh = sides.iter().any(Reader::is_mesh);
        let parties = callers(service, sides, &entrances, known);
        effect.compared += parties.len();
        if let (false, [Some(from), Some(to)]) = (mesh, &entrances)
            && alike(from, to)
        {
            continue;
        }
        let http =
            sides.iter().zip(&entrances).any(|(side, entrance)| entrance.as_ref().is_some_and(|entrance| side.speaks_http(entrance)));
        let mut port = Port { service, number, sides, entrances, mesh, http, limit: options.limit, tried: 0, unread: None };
        let result = port.compare(&parties, effect);
        let why = result.err().map(Why::Sorts).or(port.unread.take().map(|request| Why::Unread(Box::new(request))));
        effect.doubts.extend(why.map(|why| Uncertain { service: service.clone(), port: number, why }));
    }
}

/// Everybody whom a rule names, anybody else, and somebody without a proxy. Where meshes are asked, everybody `known`.
fn callers(service: &ServiceKey, sides: &[Reader<'_>; 2], entrances: &[Option<Entrance>; 2], known: &[Vec<Caller>]) -> Callers {
    let named: BTreeSet<Party> = entrances.iter().flatten().flat_map(Entrance::named).collect();
    let workload = |account: &AccountKey| sides.iter().find_map(|side| side.workload_of(account));
    let mut parties: Callers = BTreeMap::new();
    for (side, known) in sides.iter().zip(known) {
        for caller in side.callers(known, &service.namespace).into_iter().filter(|caller| caller.meshed) {
            let account = Party::Account(AccountKey { namespace: caller.namespace.clone(), name: caller.service_account.clone() });
            let party = match named.contains(&account) {
                true => account,
                false if &*caller.service_account != STRANGER => account,
                false if caller.namespace == service.namespace => Party::Others,
                false => Party::OthersIn(caller.namespace.clone()),
            };
            let group = parties.entry(party).or_default();
            if !group.contains(&caller) {
                group.push(caller);
            }
        }
    }
    for party in named.into_iter().chain([Party::Others, Party::NoProxy]) {
        let caller = || vec![party.caller(&service.namespace, workload)];
        parties.entry(party.clone()).or_insert_with(caller);
    }
    parties
}

impl Port<'_> {
    fn compare(&mut self, parties: &Callers, effect: &mut Effect) -> Result<(), Doubt> {
        let mut space = Space::new()?;
        let named: BTreeSet<Party> = self.entrances.iter().flatten().flat_map(Entrance::named).collect();
        let mut moved: BTreeMap<Moved, ShareChange> = BTreeMap::new();
        let mut sharing = 0;
        let mut access: Vec<AccessChange> = Vec::new();
        for (party, callers) in parties {
            let mut tally = Tally::default();
            for caller in callers {
                self.walk(party, caller, &mut space, &mut tally)?;
            }
            if tally.unasked {
                effect.unasked += 1;
                continue;
            }
            sharing += usize::from(tally.is_answered_twice());
            access.extend([false, true].into_iter().filter_map(|gained| self.change(party, gained, &tally)));
            self.shares(party, &tally, &mut moved);
        }
        let unnamed: Vec<&Party> = parties.keys().filter(|party| !named.contains(party)).collect();
        let access = folded(access, &unnamed);
        if access.iter().any(|change| change.party == Party::Others) {
            effect.named.insert((self.service.clone(), self.number), named);
        }
        effect.access.extend(access);
        effect.shares.extend(moved.into_values().map(|change| ShareChange { everyone: change.parties.len() == sharing, ..change }));
        Ok(())
    }

    /// Tries one request of each sort.
    fn walk(&mut self, party: &Party, caller: &Caller, space: &mut Space, tally: &mut Tally) -> Result<(), Doubt> {
        let tcp = self.is_tcp();
        let mut attempt = |call: Call| self.attempt(party, caller, call, tally);
        // The first that differs is shown: bytes where these are meant.
        if tcp {
            attempt(Call::Tcp)?;
        }
        walk(space, &mut attempt)?;
        if !tcp {
            attempt(Call::Tcp)?;
        }
        Ok(())
    }

    fn attempt(&mut self, party: &Party, caller: &Caller, call: Call, tally: &mut Tally) -> Result<Vec<Asked>, Doubt> {
        self.tried += 1;
        if self.tried > self.limit {
            return Err(Doubt::TooManyRequests(self.limit));
        }
        let request = Request { caller: caller.clone(), service: self.service.clone(), port: self.number, call };
        let [left, right] = self.sides;
        let [from, to] = &self.entrances;
        let decide = || (left.decide(from.as_ref(), party, &request), right.decide(to.as_ref(), party, &request));
        let (decided, asked) = listen(decide);
        let (Some(from), Some(to)) = decided else {
            tally.unasked = true;
            return Ok(Vec::new());
        };
        if [&from, &to].iter().any(|decision| decision.verdict == Verdict::Unknown) {
            self.unread.get_or_insert(request);
            return Ok(asked);
        }
        let (from, to) = if self.mesh { (beside(&from, &to), beside(&to, &from)) } else { (from, to) };
        let leaf = Leaf { request, from, to };
        if !self.mesh || self.is_promised(party, &leaf) {
            tally.add(leaf);
        }
        Ok(asked)
    }

    /// Policy promises to let nobody without a proxy in, nor bytes where requests are meant: there a mesh counts for
    /// what it lets in against the policy alone.
    fn is_promised(&self, party: &Party, leaf: &Leaf) -> bool {
        if leaf.request.caller.meshed && !(leaf.request.call == Call::Tcp && self.http) {
            return true;
        }
        let [from, to] = self.sides;
        let against = |side: &Reader<'_>| side.ruling(party, &leaf.request).admission.is_none();
        (leaf.is_gained() && against(to)) || (leaf.is_lost() && against(from))
    }

    fn is_tcp(&self) -> bool {
        self.entrances.iter().flatten().all(Entrance::is_tcp)
    }

    fn presence(&self) -> Presence {
        match &self.entrances {
            [None, _] => Presence::Added,
            [Some(_), None] => Presence::Removed,
            [Some(_), Some(_)] => Presence::Kept,
        }
    }

    fn change(&self, party: &Party, gained: bool, tally: &Tally) -> Option<AccessChange> {
        let side = &self.sides[usize::from(gained)];
        let tcp = self.entrances[usize::from(gained)].as_ref().is_some_and(Entrance::is_tcp);
        let Change { requests, more, example, entire } = tally.change(gained, tcp, |request| side.words(party, request, tcp))?;
        let Leaf { request, from, to } = example;
        Some(AccessChange {
            party: party.clone(),
            except: Vec::new(),
            service: self.service.clone(),
            port: self.number,
            gained,
            presence: self.presence(),
            requests,
            more,
            entire,
            example: request,
            from,
            to,
        })
    }

    fn shares(&self, party: &Party, tally: &Tally, all: &mut BTreeMap<Moved, ShareChange>) {
        for (moved, requests) in tally.moved() {
            let Some(example) = requests.first().copied() else { continue };
            let words: BTreeSet<Requests> = requests.into_iter().map(|request| self.routed(party, request)).collect();
            let change = all.entry(moved.clone()).or_insert_with(|| ShareChange {
                service: self.service.clone(),
                port: self.number,
                target: moved.target,
                from: moved.from,
                to: moved.to,
                requests: Vec::new(),
                parties: Vec::new(),
                everyone: false,
                example: example.clone(),
            });
            let words: BTreeSet<Requests> = words.into_iter().chain(change.requests.drain(..)).collect();
            change.requests = words.into_iter().collect();
            if !change.parties.contains(party) {
                change.parties.push(party.clone());
            }
        }
    }

    /// The requests that a split routes like this one, in words.
    fn routed(&self, party: &Party, request: &Request) -> Requests {
        let rulings = self.sides.each_ref().map(|side| side.ruling(party, request));
        let by_match = rulings.iter().rev().find_map(|ruling| ruling.routed_by.as_ref());
        match by_match {
            Some(one) => Requests { pattern: Pattern::of(one), whole: true },
            None => {
                let whole = !rulings.iter().any(|ruling| ruling.is_one_of_several);
                Requests { pattern: Pattern::everything(self.is_tcp()), whole }
            }
        }
    }
}

/// A decision as it is compared with another: a Service without a known workload may as well be empty.
fn beside(decision: &Decision, other: &Decision) -> Decision {
    Decision { rule: decision.rule.clone(), misses: decision.misses.clone(), ..where_nobody_is_known(decision, other) }
}

/// Takes those whom no rule names together with the others where the same is to be told of them.
fn folded(access: Vec<AccessChange>, unnamed: &[&Party]) -> Vec<AccessChange> {
    // Of single requests, of which no rule speaks, other ones may stand for the same sorts.
    let told = |change: &AccessChange| -> (bool, bool, bool, Vec<Requests>) {
        let (single, spoken): (Vec<_>, Vec<_>) =
            change.requests.iter().cloned().partition(|requests| matches!(requests.pattern, Pattern::One(_)));
        (change.gained, change.entire, single.is_empty(), spoken)
    };
    let may_fold = |party: &Party| matches!(party, Party::Account(_) | Party::OthersIn(_)) && unnamed.contains(&party);
    let others: Vec<AccessChange> = access.iter().filter(|change| change.party == Party::Others).cloned().collect();
    let is_like_others = |change: &&AccessChange| may_fold(&change.party) && others.iter().any(|other| told(other) == told(change));
    let like_others: Vec<AccessChange> = access.iter().filter(is_like_others).cloned().collect();
    let except = |other: &AccessChange| -> Vec<Party> {
        let has = |party: &Party| like_others.iter().any(|change| change.party == *party && told(change) == told(other));
        unnamed.iter().filter(|party| may_fold(party) && !has(party)).map(|party| (*party).clone()).collect()
    };
    let kept = access.iter().filter(|change| !is_like_others(change));
    let with_exceptions = |change: &AccessChange| match change.party {
        Party::Others => AccessChange { except: except(change), ..change.clone() },
        Party::Account(_) | Party::Spiffe(_) | Party::OthersIn(_) | Party::NoProxy => change.clone(),
    };
    kept.map(with_exceptions).collect()
}
