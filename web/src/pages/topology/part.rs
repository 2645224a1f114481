//! The part of the map that is asked for.

use std::collections::{BTreeSet, VecDeque};

use super::scope::Scope;
use crate::map::{Map, Tie};

/// More than this is not drawn.
pub(super) const MOST_SPOTS: usize = 150;
/// The same of edges.
pub(super) const MOST_TIES: usize = 600;
/// More denied calls than this are counted.
const MOST_DENIED: usize = 60;

/// Nodes and edges.
#[derive(Clone, Debug, Default)]
pub(super) struct Part<'m> {
    /// Positions, ascending.
    pub(super) spots: Vec<usize>,
    /// By caller, callee and port.
    pub(super) ties: Vec<&'m Tie>,
    /// Calls to parts of splits between these nodes that are left out.
    pub(super) direct: usize,
    /// Denied calls that are left out, because they are too many.
    pub(super) denied: usize,
}

impl<'m> Part<'m> {
    /// What the scope asks for; `denied`: the denied calls of its focus; `observed`: calls that were seen and that no rule makes.
    pub(super) fn of(map: &'m Map, denied: &'m [Tie], observed: &'m [Tie], scope: &Scope) -> Self {
        let is_here = |at: usize| scope.namespace.as_deref().is_none_or(|name| *map.spots[at].key.namespace == *name);
        let mut ties: Vec<&Tie> = map.ties.iter().filter(|tie| scope.allowed && (scope.direct || !tie.is_direct())).collect();
        // One that is drawn as denied anyway tells itself whether it was tried.
        let is_drawn =
            |tie: &&Tie| denied.iter().any(|other| tie.is_denied() && (other.from, other.to, other.port) == (tie.from, tie.to, tie.port));
        ties.extend(observed.iter().filter(|tie| scope.observed && !is_drawn(tie)));
        let mut spots: BTreeSet<usize> = match scope.focus {
            Some(focus) => {
                let distances = distances(map.spots.len(), &ties, focus, scope.hops);
                let within = |at: usize| distances[at].is_some_and(|steps| steps < scope.hops);
                ties.retain(|tie| within(tie.from) || within(tie.to));
                [focus].into()
            }
            None => (0..map.spots.len()).filter(|at| is_here(*at)).collect(),
        };
        ties.retain(|tie| is_here(tie.from) || is_here(tie.to));
        ties.extend(denied);
        spots.extend(ties.iter().flat_map(|tie| [tie.from, tie.to]));
        ties.retain(|tie| scope.find.keeps(tie, map));
        let too_many = ties.iter().filter(|tie| tie.is_denied() && !tie.is_seen_alone()).count();
        let too_many = if too_many > MOST_DENIED { too_many } else { 0 };
        if too_many > 0 {
            ties.retain(|tie| !tie.is_denied() || tie.is_seen_alone());
        }
        ties.sort_by_key(|tie| (tie.from, tie.to, tie.port, tie.is_seen_alone()));
        let mut spots = scope.find.spots(spots, &ties, map);
        spots.extend(scope.focus);
        let left_out = |tie: &&Tie| tie.is_direct() && spots.contains(&tie.from) && spots.contains(&tie.to);
        let direct = if scope.allowed && !scope.direct { map.ties.iter().filter(left_out).count() } else { 0 };
        Self { spots: spots.into_iter().collect(), ties, direct, denied: too_many }
    }

    /// Whether it can be drawn as it is.
    pub(super) fn is_small(&self) -> bool {
        self.spots.len() <= MOST_SPOTS && self.ties.len() <= MOST_TIES
    }
}

/// How many edges each node is away, whichever way they go; `None`: too far.
fn distances(count: usize, ties: &[&Tie], focus: usize, most: usize) -> Vec<Option<usize>> {
    let mut near = vec![Vec::new(); count];
    for tie in ties {
        near[tie.from].push(tie.to);
        near[tie.to].push(tie.from);
    }
    let mut distances = vec![None; count];
    distances[focus] = Some(0);
    let mut met = VecDeque::from([(focus, 0)]);
    while let Some((at, steps)) = met.pop_front().filter(|(_, steps)| *steps < most) {
        for next in &near[at] {
            if distances[*next].is_none() {
                distances[*next] = Some(steps + 1);
                met.push_back((*next, steps + 1));
            }
        }
    }
    distances
}
