//! What one workload reads: names, and the resource of each.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::kind::Kind;
use crate::resource::Resource;

/// The resources of a workload by kind and name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct View {
    resources: BTreeMap<(Kind, Arc<str>), Arc<Resource>>,
    /// Names that lead to nothing yet.
    missing: BTreeSet<(Kind, Arc<str>)>,
}

impl View {
    pub(crate) fn put(&mut self, resource: Arc<Resource>) {
        self.resources.insert((resource.kind, resource.name.clone()), resource);
    }

    pub(crate) fn miss(&mut self, name: (Kind, Arc<str>)) {
        self.missing.insert(name);
    }

    /// Whether it holds a resource of this name, or would if there were one.
    pub(crate) fn names(&self, kind: Kind, name: &Arc<str>) -> bool {
        let key = (kind, name.clone());
        self.resources.contains_key(&key) || self.missing.contains(&key)
    }

    /// By kind and name.
    pub fn get(&self, kind: Kind, name: &str) -> Option<&Arc<Resource>> {
        // The key is owned in the map; names are short.
        self.resources.get(&(kind, name.into()))
    }

    /// All of a kind, by name.
    pub fn of(&self, kind: Kind) -> impl Iterator<Item = &Arc<Resource>> {
        let after = (kind, Arc::from(""));
        self.resources.range(after..).map(|(_, resource)| resource).take_while(move |resource| resource.kind == kind)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.resources.len()
    }

    /// Whether there is nothing to read.
    pub fn is_empty(&self) -> bool {
        self.resources.is_empty()
    }
}
