//! What the requests of one party to one port come to.

use std::collections::{BTreeMap, BTreeSet};

use super::pattern::{Pattern, Requests};
use crate::eval::{Call, Decision, Fraction, Outcome, Request};
use crate::verify::compare::answered;

/// Requests in words that no rule speaks of, at most so many for one change.
const UNSPOKEN: usize = 5;

/// One request of a sort that somebody answers on one of the sides.
#[derive(Clone, Debug)]
pub(super) struct Leaf {
    pub(super) request: Request,
    pub(super) from: Decision,
    pub(super) to: Decision,
}

/// All that was tried.
#[derive(Clone, Debug, Default)]
pub(super) struct Tally {
    pub(super) leaves: Vec<Leaf>,
    /// Requests that nobody answers on either side.
    pub(super) silent: usize,
    /// One of the sides cannot be asked about this party.
    pub(super) unasked: bool,
}

/// How requests came to be answered, or not to be.
#[derive(Clone, Debug)]
pub(super) struct Change {
    pub(super) requests: Vec<Requests>,
    /// Further sorts of requests, which have no words.
    pub(super) more: usize,
    pub(super) example: Leaf,
    /// Nothing else is answered on the other side.
    pub(super) entire: bool,
}

/// A share that is another one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Moved {
    pub(super) target: Outcome,
    pub(super) from: Fraction,
    pub(super) to: Fraction,
}

fn is_answered(decision: &Decision) -> bool {
    answered(decision).next().is_some()
}

impl Leaf {
    /// Somebody answers now, and nobody did.
    pub(super) fn is_gained(&self) -> bool {
        !is_answered(&self.from) && is_answered(&self.to)
    }

    /// Somebody answered, and nobody does now.
    pub(super) fn is_lost(&self) -> bool {
        is_answered(&self.from) && !is_answered(&self.to)
    }

    /// The shares that changed, of a request that is answered on both sides.
    fn moved(&self) -> Vec<Moved> {
        if self.from.shares == self.to.shares || !is_answered(&self.from) || !is_answered(&self.to) {
            return Vec::new();
        }
        let share = |decision: &Decision, who: &Outcome| decision.shares.get(who).copied().unwrap_or(Fraction::ZERO);
        let everybody: BTreeSet<&Outcome> = self.from.shares.keys().chain(self.to.shares.keys()).collect();
        let moved = everybody.into_iter().map(|who| Moved { target: who.clone(), from: share(&self.from, who), to: share(&self.to, who) });
        moved.filter(|moved| moved.from != moved.to).collect()
    }
}

/// What is told of one pattern.
#[derive(Default)]
struct Seen {
    changed: bool,
    kept: bool,
}

impl Tally {
    /// Takes a request.
    pub(super) fn add(&mut self, leaf: Leaf) {
        if is_answered(&leaf.from) || is_answered(&leaf.to) {
            self.leaves.push(leaf);
        } else {
            self.silent += 1;
        }
    }

    /// Whether some request is answered on both sides.
    pub(super) fn is_answered_twice(&self) -> bool {
        self.leaves.iter().any(|leaf| !leaf.is_gained() && !leaf.is_lost())
    }

    /// What was gained or lost; `words`: those of the policy that lets a request in on the side where it is answered.
    pub(super) fn change(&self, gained: bool, tcp: bool, words: impl Fn(&Request) -> Option<Pattern>) -> Option<Change> {
        let changed = |leaf: &Leaf| if gained { leaf.is_gained() } else { leaf.is_lost() };
        let example = self.leaves.iter().find(|leaf| changed(leaf))?.clone();
        let on_this_side = |leaf: &&Leaf| is_answered(if gained { &leaf.to } else { &leaf.from });
        let mut spoken: BTreeMap<Pattern, Seen> = BTreeMap::new();
        let mut unspoken: Vec<&Request> = Vec::new();
        let mut entire = true;
        for leaf in self.leaves.iter().filter(on_this_side) {
            let changed = changed(leaf);
            entire &= changed;
            match words(&leaf.request) {
                Some(pattern) => {
                    let seen = spoken.entry(pattern).or_default();
                    seen.changed |= changed;
                    seen.kept |= !changed;
                }
                None if changed => unspoken.push(&leaf.request),
                None => {}
            }
        }
        // What is answered on the other side alone is no part of this change, but nothing of the sort is left there.
        let other_side = self.leaves.iter().filter(|leaf| !on_this_side(leaf)).count();
        entire &= other_side == 0;
        if !unspoken.is_empty() && self.silent + other_side == 0 && spoken.is_empty() {
            let all = Requests { pattern: Pattern::everything(tcp), whole: entire };
            return Some(Change { requests: vec![all], more: 0, example, entire });
        }
        let spoken = spoken.into_iter().filter(|(_, seen)| seen.changed);
        let spoken = spoken.map(|(pattern, seen)| Requests { pattern, whole: !seen.kept });
        // Those that read well, whatever was tried first.
        let length = |request: &&Request| match &request.call {
            Call::Http { headers, .. } => headers.len(),
            Call::Tcp => 0,
        };
        unspoken.sort_by(|a, b| (length(a), &a.call).cmp(&(length(b), &b.call)));
        unspoken.dedup_by(|a, b| a.call == b.call);
        let shown = unspoken.iter().take(UNSPOKEN);
        let one = |request: &&Request| Requests { pattern: Pattern::One(request.call.clone()), whole: true };
        let requests = spoken.chain(shown.map(one)).collect();
        Some(Change { requests, more: unspoken.len().saturating_sub(UNSPOKEN), example, entire })
    }

    /// The shares that changed, with the requests whose they are.
    pub(super) fn moved(&self) -> BTreeMap<Moved, Vec<&Request>> {
        let mut moved: BTreeMap<Moved, Vec<&Request>> = BTreeMap::new();
        for leaf in &self.leaves {
            for one in leaf.moved() {
                moved.entry(one).or_default().push(&leaf.request);
            }
        }
        moved
    }
}
