//! What was taken, and what is asked for: the client's memory from one stream to the next.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;

use super::kind::Kind;
use super::take::Take;
use crate::store::{Resources, Stored};

/// A [`Take`] and what it has taken.
pub(crate) struct Taken<T> {
    take: T,
    /// The last good resources, which the disk gets a copy of.
    resources: Arc<Mutex<Resources>>,
    /// By name: what the control plane was asked for.
    subscribed: BTreeMap<Kind, BTreeSet<Arc<str>>>,
    /// What was refused on this stream, and why.
    pub(crate) refused: BTreeMap<(Kind, Arc<str>), String>,
}

/// What is now asked for, and what no longer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Change {
    pub(crate) more: Vec<Arc<str>>,
    pub(crate) less: Vec<Arc<str>>,
}

impl<T: Take> Taken<T> {
    pub(crate) fn new(take: T, resources: Arc<Mutex<Resources>>) -> Self {
        Self { take, resources, subscribed: BTreeMap::new(), refused: BTreeMap::new() }
    }

    #[cfg(test)]
    pub(crate) fn take(&self) -> &T {
        &self.take
    }

    /// Takes what was kept, and drops what of it is refused or wanted no longer.
    pub(crate) fn load(&mut self, resources: Resources) {
        for ((kind, name), stored) in resources {
            if self.take.put(kind, &name, &stored.bytes).is_ok() {
                lock(&self.resources).insert((kind, name), stored);
            }
        }
        self.take.commit();
        self.subscribe();
        let unwanted: Vec<_> = lock(&self.resources).keys().filter(|(kind, name)| !self.wants(*kind, name)).cloned().collect();
        self.forget(unwanted);
    }

    /// Whether a resource is one that was asked for.
    pub(crate) fn wants(&self, kind: Kind, name: &str) -> bool {
        !kind.is_named() || self.subscribed.get(&kind).is_some_and(|names| names.contains(name))
    }

    /// Why it is refused.
    pub(crate) fn put(&mut self, kind: Kind, name: Arc<str>, version: &str, bytes: Vec<u8>) -> Result<(), String> {
        let taken = self.take.put(kind, &name, &bytes);
        let key = (kind, name);
        match &taken {
            Ok(()) => {
                self.refused.remove(&key);
                let stored = Stored { version: version.into(), bytes: Bytes::from(bytes) };
                lock(&self.resources).insert(key, stored);
            }
            Err(why) => self.refuse(key, why),
        }
        taken
    }

    /// What is wrong with it was seen before it was looked into.
    pub(crate) fn refuse(&mut self, key: (Kind, Arc<str>), why: &str) {
        self.refused.insert(key, why.to_owned());
    }

    pub(crate) fn remove(&mut self, kind: Kind, name: Arc<str>) {
        self.take.remove(kind, &name);
        let key = (kind, name);
        self.refused.remove(&key);
        lock(&self.resources).remove(&key);
    }

    /// All of a response was put. What has to be asked for otherwise than before, by kind.
    pub(crate) fn commit(&mut self) -> BTreeMap<Kind, Change> {
        self.take.commit();
        let changes = self.subscribe();
        let less = changes.iter().flat_map(|(kind, change)| change.less.iter().map(|name| (*kind, name.clone())));
        self.forget(less.collect());
        changes
    }

    /// The names that are asked for.
    pub(crate) fn subscribed(&self, kind: Kind) -> impl Iterator<Item = &Arc<str>> {
        self.subscribed.get(&kind).into_iter().flatten()
    }

    /// What is in force, by name and version.
    pub(crate) fn versions(&self, kind: Kind) -> Vec<(String, String)> {
        let resources = lock(&self.resources);
        let own = resources.iter().filter(|((of, _), _)| *of == kind);
        own.map(|((_, name), stored)| (name.to_string(), stored.version.to_string())).collect()
    }

    /// How many are in force.
    pub(crate) fn counts(&self) -> BTreeMap<Kind, usize> {
        let mut counts = BTreeMap::new();
        for (kind, _) in lock(&self.resources).keys() {
            *counts.entry(*kind).or_default() += 1;
        }
        counts
    }

    fn subscribe(&mut self) -> BTreeMap<Kind, Change> {
        let mut changes = BTreeMap::new();
        for kind in Kind::ALL.into_iter().filter(|kind| kind.is_named()) {
            let now = self.take.wanted(kind);
            let before = self.subscribed.entry(kind).or_default();
            let change = Change { more: now.difference(before).cloned().collect(), less: before.difference(&now).cloned().collect() };
            if change != Change::default() {
                *before = now;
                changes.insert(kind, change);
            }
        }
        changes
    }

    /// Drops what is wanted no longer: the control plane says nothing more of it.
    fn forget(&mut self, unwanted: Vec<(Kind, Arc<str>)>) {
        if unwanted.is_empty() {
            return;
        }
        for (kind, name) in unwanted {
            self.remove(kind, name);
        }
        self.take.commit();
    }
}

pub(crate) fn lock(resources: &Mutex<Resources>) -> MutexGuard<'_, Resources> {
    resources.lock().unwrap_or_else(PoisonError::into_inner)
}
