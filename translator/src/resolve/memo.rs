//! Answers that were worked out from the model, and what they were read from.

use std::collections::{BTreeSet, HashMap};
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

use super::readers::Readers;
use super::view::Read;

/// Answers by key. An answer is worked out once and stays until something that it read changes.
#[derive(Debug)]
pub(super) struct Memos<K, V>(Mutex<Table<K, V>>);

#[derive(Debug)]
struct Table<K, V> {
    answers: HashMap<K, (Arc<V>, Box<[Read]>)>,
    readers: Readers<K>,
}

impl<K, V> Default for Memos<K, V> {
    fn default() -> Self {
        Self(Mutex::new(Table { answers: HashMap::new(), readers: Readers::default() }))
    }
}

impl<K: Clone + Ord + Hash, V> Memos<K, V> {
    /// The answer for a key, worked out if it is not there.
    ///
    /// It is worked out under the lock of its own kind: no answer may ask for another of the same kind.
    pub(super) fn get(&self, key: &K, work: impl FnOnce() -> (V, Box<[Read]>)) -> Arc<V> {
        let mut table = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((answer, _)) = table.answers.get(key) {
            return answer.clone();
        }
        let (answer, reads) = work();
        let answer = Arc::new(answer);
        table.readers.remember(&reads, key);
        table.answers.insert(key.clone(), (answer.clone(), reads));
        answer
    }

    /// Whose answers read something of this.
    pub(super) fn readers_of(&self, changed: &BTreeSet<Read>) -> BTreeSet<K> {
        let table = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        changed.iter().flat_map(|read| table.readers.of(read)).cloned().collect()
    }

    /// Forgets every answer that read something that changed, and tells whose.
    pub(super) fn forget(&mut self, changed: &BTreeSet<Read>) -> BTreeSet<K> {
        let table = self.0.get_mut().unwrap_or_else(PoisonError::into_inner);
        let stale: BTreeSet<K> = changed.iter().flat_map(|read| table.readers.of(read)).cloned().collect();
        for key in &stale {
            let Some((_, reads)) = table.answers.remove(key) else { continue };
            table.readers.forget(&reads, key);
        }
        stale
    }
}
