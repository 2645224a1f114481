//! The last good generation of each object stands in for a newer one that no mesh can be given, where nobody may do by it what they may
//! not by the newer one.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use meshglot_translator::ir::ObjectKey;
use meshglot_translator::parse::Document;
use meshglot_translator::resolve::Model;
use meshglot_translator::status::{LastGood, Newest, Told};

use crate::policy::Policy;

/// The most requests that are tried for one port of one Service; what takes more is closed.
const LIMIT: usize = 20_000;

/// A generation that was in force.
#[derive(Clone, Debug)]
pub(crate) struct Good {
    pub(crate) generation: i64,
    pub(crate) document: Arc<Document>,
    /// Since when (RFC 3339).
    pub(crate) since: Option<String>,
    /// The ControllerRevision that keeps it.
    pub(crate) revision: Option<String>,
}

/// What was in force, and what stands in now.
#[derive(Default)]
pub(crate) struct StandIns {
    good: BTreeMap<ObjectKey, Good>,
    /// What is told of those that an older generation stands in for.
    newest: BTreeMap<ObjectKey, Newest>,
    /// Those whose good generation may not be kept yet.
    pub(crate) unkept: BTreeSet<ObjectKey>,
    /// Objects that no mesh can be given as they are written.
    refused: BTreeSet<ObjectKey>,
}

impl StandIns {
    /// What is told of an object as it is written, where an older one stands in for it.
    pub(crate) fn newest(&self, key: &ObjectKey) -> Option<&Newest> {
        self.newest.get(key)
    }

    /// What stands in for an object, as its status says it.
    pub(crate) fn last_good(&self, key: &ObjectKey) -> Option<LastGood> {
        let good = self.good.get(key).filter(|_| self.newest.contains_key(key))?;
        Some(LastGood { generation: good.generation, time: good.since.clone(), revision: good.revision.clone() })
    }

    /// Refused ones of which nobody knows a good generation.
    pub(crate) fn bereft(&self) -> impl Iterator<Item = &ObjectKey> {
        self.refused.iter().filter(|key| !self.good.contains_key(*key))
    }

    /// Whether this generation is known as the good one.
    pub(crate) fn is_known_good(&self, key: &ObjectKey, generation: i64) -> bool {
        self.good.get(key).is_some_and(|good| good.generation == generation)
    }

    /// The good generation of an object.
    pub(crate) fn good(&self, key: &ObjectKey) -> Option<&Good> {
        self.good.get(key)
    }

    /// What was known before is not: somebody else has written since.
    pub(crate) fn forget_all(&mut self) {
        self.good.clear();
    }

    /// Somebody else keeps what is good: only what is needed now is known here, so that the newest is read when it is needed again.
    pub(crate) fn keep_refused(&mut self) {
        let Self { good, refused, .. } = self;
        good.retain(|key, _| refused.contains(key));
    }

    pub(crate) fn forget(&mut self, key: &ObjectKey) {
        self.good.remove(key);
        self.unkept.remove(key);
    }

    /// The name of the ControllerRevision, once it is there.
    pub(crate) fn kept(&mut self, key: &ObjectKey, generation: i64, revision: &str) {
        if let Some(good) = self.good.get_mut(key).filter(|good| good.generation == generation) {
            good.revision = Some(revision.to_owned());
            self.unkept.remove(key);
        }
    }

    /// Documents that stand in now, as they are written: all are judged anew with each edit.
    pub(crate) fn step_back(&mut self) -> BTreeMap<ObjectKey, Option<Arc<Document>>> {
        std::mem::take(&mut self.newest).into_iter().map(|(key, newest)| (key, Some(newest.document))).collect()
    }
}

impl Policy {
    /// An object is in force as it is written.
    pub(crate) fn is_good(&mut self, key: &ObjectKey, generation: i64, since: &str) {
        if self.stand_ins.is_known_good(key, generation) || key.kind.is_cluster_scoped() {
            return;
        }
        if let Some(document) = self.plan.model.document(key).cloned() {
            let good = Good { generation, document, since: Some(since.to_owned()), revision: None };
            self.stand_ins.good.insert(key.clone(), good);
            self.stand_ins.unkept.insert(key.clone());
        }
    }

    /// A generation that was in force is known again.
    pub(crate) fn recall(&mut self, key: &ObjectKey, good: Good) {
        self.stand_ins.good.insert(key.clone(), good);
        if let Some(document) = self.plan.model.document(key).cloned() {
            // It is judged with the next rendering.
            self.edits.entry(key.clone()).or_insert(Some(document));
        }
    }

    /// Lets older generations stand in where that is needed and allows nothing more.
    pub(crate) fn stand_in(&mut self) {
        self.stand_ins.refused = self.plan.refused();
        let differs = |key: &ObjectKey, good: &Good| {
            self.plan.model.document(key).is_some_and(|newest| !newest.root().same_value(good.document.root()))
        };
        let of = |key: &ObjectKey| {
            self.stand_ins.good.get(key).filter(|good| differs(key, good)).map(|good| (key.clone(), good.document.clone()))
        };
        let older: BTreeMap<ObjectKey, Arc<Document>> = self.stand_ins.refused.iter().filter_map(of).collect();
        if older.is_empty() {
            return;
        }
        let told = Told::of_plan(&self.plan);
        let newest: BTreeMap<ObjectKey, Newest> =
            older.keys().filter_map(|key| Some((key.clone(), told.newest(&self.plan, key)?))).collect();
        let written = self.plan.model.snapshot();
        if !self.puts_in(&older, &newest, &written) && older.len() > 1 {
            for (key, document) in older {
                self.puts_in(&BTreeMap::from([(key, document)]), &newest, &written);
            }
        }
    }

    /// Whether these can stand in together; else nothing has changed.
    fn puts_in(&mut self, older: &BTreeMap<ObjectKey, Arc<Document>>, newest: &BTreeMap<ObjectKey, Newest>, written: &Model) -> bool {
        self.edit(older.iter().map(|(key, document)| (key.clone(), Some(document.clone()))).collect());
        let keys: BTreeSet<ObjectKey> = older.keys().cloned().collect();
        let told = newest.iter().filter(|(key, _)| keys.contains(key));
        // Others that stand in already allow no more, either.
        if self.plan.refused().is_disjoint(&keys) && self.plan.allows_no_more_than(written, &keys, LIMIT) {
            self.stand_ins.newest.extend(told.map(|(key, newest)| (key.clone(), newest.clone())));
            return true;
        }
        self.edit(told.map(|(key, newest)| (key.clone(), Some(newest.document.clone()))).collect());
        false
    }
}
