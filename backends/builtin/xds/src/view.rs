//! What one workload reads: names, and the resource of each.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::kind::Kind;
use crate::resource::{Key, Resource};

/// The resources of one kind, by name.
type Shelf = BTreeMap<Arc<str>, Arc<Resource>>;

/// The resources of a workload by kind and name. One made from another shares the kinds that stayed as they were.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct View {
    shelves: [Arc<Shelf>; 4],
    /// Names that lead to nothing yet.
    missing: Arc<BTreeSet<Key>>,
}

impl View {
    pub(crate) fn put(&mut self, resource: Arc<Resource>) {
        Arc::make_mut(&mut self.shelves[resource.kind as usize]).insert(resource.name.clone(), resource);
    }

    pub(crate) fn miss(&mut self, name: Key) {
        Arc::make_mut(&mut self.missing).insert(name);
    }

    /// Whether it holds a resource of this name, or would if there were one.
    pub(crate) fn names(&self, key: &Key) -> bool {
        self.shelves[key.0 as usize].contains_key(&key.1) || self.missing.contains(key)
    }

    /// The same, sharing with `other` the kinds that are alike.
    pub(crate) fn sharing(mut self, other: &Self) -> Self {
        for (mine, theirs) in self.shelves.iter_mut().zip(&other.shelves) {
            let same = |((a, mine), (b, theirs)): ((&Arc<str>, &Arc<Resource>), _)| a == b && Arc::ptr_eq(mine, theirs);
            if mine.len() == theirs.len() && mine.iter().zip(theirs.iter()).all(same) {
                *mine = theirs.clone();
            }
        }
        self
    }

    /// Whether nothing of a kind is otherwise than in `other`, as far as that can be told at a glance.
    pub(crate) fn shares(&self, other: &Self, kind: Kind) -> bool {
        Arc::ptr_eq(&self.shelves[kind as usize], &other.shelves[kind as usize])
    }

    /// By kind and name.
    pub fn get(&self, kind: Kind, name: &str) -> Option<&Arc<Resource>> {
        self.shelves[kind as usize].get(name)
    }

    /// The group whose resources the workload reads besides, as one of its listeners says.
    pub(crate) fn group(&self) -> Option<&Arc<str>> {
        self.of(Kind::Listener).find_map(|listener| listener.group.as_ref())
    }

    /// All of a kind, by name.
    pub fn of(&self, kind: Kind) -> impl Iterator<Item = &Arc<Resource>> {
        self.shelves[kind as usize].values()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.shelves.iter().map(|shelf| shelf.len()).sum()
    }

    /// Whether there is nothing to read.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
