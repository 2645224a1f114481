//! Too much for one picture: namespaces in place of what is in them.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::part::{MOST_SPOTS, MOST_TIES, Part};
use crate::map::Map;
use crate::map::SpotKind;

/// What has no namespace.
const ELSEWHERE: &str = "elsewhere";

/// Namespaces, and calls between them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Groups {
    /// By name.
    pub(super) groups: Vec<Group>,
    /// By caller and callee, which are positions.
    pub(super) ties: Vec<GroupTie>,
}

/// A namespace.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Group {
    pub(super) name: Arc<str>,
    pub(super) services: usize,
    /// Services of which some port lets in whoever calls.
    pub(super) open: usize,
    /// Nodes that are no Service.
    pub(super) callers: usize,
    /// Whether there is such a namespace.
    pub(super) is_namespace: bool,
}

/// Calls from what is in one namespace to what is in another, or in the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct GroupTie {
    pub(super) from: usize,
    pub(super) to: usize,
    /// Pairs of a caller and a port of a Service.
    pub(super) calls: usize,
}

impl Groups {
    pub(super) fn of(map: &Map, part: &Part<'_>) -> Self {
        let mut groups: BTreeMap<Arc<str>, Group> = BTreeMap::new();
        let name = |at: usize| {
            let namespace = &map.spots[at].key.namespace;
            if namespace.is_empty() { Arc::from(ELSEWHERE) } else { namespace.clone() }
        };
        for at in &part.spots {
            let spot = &map.spots[*at];
            let group = groups.entry(name(*at)).or_default();
            group.name = name(*at);
            group.is_namespace |= !spot.key.namespace.is_empty();
            match spot.key.kind {
                SpotKind::Service => group.services += 1,
                SpotKind::Workload(_) | SpotKind::Account | SpotKind::Spiffe => group.callers += 1,
            }
            group.open += usize::from(matches!(spot.access, Some("open" | "partly")));
        }
        let position: BTreeMap<Arc<str>, usize> = groups.keys().cloned().zip(0..).collect();
        let mut ties: BTreeMap<(usize, usize), usize> = BTreeMap::new();
        for tie in part.ties.iter().filter(|tie| !tie.is_share() && !tie.is_denied()) {
            *ties.entry((position[&name(tie.from)], position[&name(tie.to)])).or_default() += 1;
        }
        let ties = ties.into_iter().map(|((from, to), calls)| GroupTie { from, to, calls });
        Self { groups: groups.into_values().collect(), ties: ties.collect() }
    }

    /// Whether it can be drawn.
    pub(super) fn is_small(&self) -> bool {
        self.groups.len() <= MOST_SPOTS && self.ties.len() <= MOST_TIES
    }
}
