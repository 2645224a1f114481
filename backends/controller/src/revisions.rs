//! The last good generation of each object as a ControllerRevision that the object owns: a controller that starts finds it there.

use std::collections::{BTreeMap, BTreeSet};

use kube::core::ApiResource;
use meshglot_translator::ir::{Kind, ObjectKey};
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::backoff::Pauses;
use crate::last_good::Good;
use crate::policy::{Policy, document};

/// Bytes of a name that may come from the object's own.
const NAME: usize = 200;

/// One that is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Revision {
    pub(crate) name: String,
    pub(crate) generation: i64,
    /// Of the object that owns it: one of the same name that was made later has another one.
    pub(crate) owner: String,
}

/// All that are there, and what is done about them.
#[derive(Default)]
pub(crate) struct Revisions {
    known: BTreeMap<ObjectKey, Vec<Revision>>,
    /// Writes and readings that are under way.
    pub(crate) busy: BTreeSet<ObjectKey>,
    /// Those that could not be kept or read.
    pauses: Pauses,
    /// Those that are read for the first time.
    pub(crate) held: BTreeSet<ObjectKey>,
}

impl Revisions {
    /// The object behind a ControllerRevision, and what is known of that; `None`: it is somebody else's.
    fn read(object: &Value) -> Option<(ObjectKey, Revision)> {
        let text = |place: &str| object.pointer(place)?.as_str().map(str::to_owned);
        let kind = text("/metadata/ownerReferences/0/kind")?;
        let kind = Kind::ALL.into_iter().find(|known| known.is_neutral() && known.name() == kind)?;
        let (namespace, name) = (text("/metadata/namespace")?, text("/metadata/ownerReferences/0/name")?);
        let key = ObjectKey { kind, namespace: namespace.into(), name: name.into() };
        let generation = object["revision"].as_i64()?;
        Some((key, Revision { name: text("/metadata/name")?, generation, owner: text("/metadata/ownerReferences/0/uid")? }))
    }

    pub(crate) fn put(&mut self, object: &Value) {
        let Some((key, revision)) = Self::read(object) else { return };
        let all = self.known.entry(key).or_default();
        all.retain(|one| one.name != revision.name);
        all.push(revision);
    }

    pub(crate) fn remove(&mut self, object: &Value) {
        if let Some((key, revision)) = Self::read(object) {
            self.drop_named(&key, &revision.name);
        }
    }

    fn drop_named(&mut self, key: &ObjectKey, name: &str) {
        if let Some(all) = self.known.get_mut(key) {
            all.retain(|one| one.name != name);
            if all.is_empty() {
                self.known.remove(key);
            }
        }
    }

    /// Those that did not come with a list are gone.
    pub(crate) fn keep(&mut self, is_there: impl Fn(&str, &str) -> bool) {
        self.known.retain(|key, all| {
            all.retain(|one| is_there(&key.namespace, &one.name));
            !all.is_empty()
        });
    }

    /// The newest that is of this object and no other of its name.
    pub(crate) fn of(&self, key: &ObjectKey, object: &Value) -> Option<&Revision> {
        let uid = object["metadata"]["uid"].as_str()?;
        self.known.get(key)?.iter().filter(|one| one.owner == uid).max_by_key(|one| one.generation)
    }

    /// Whether something can be tried for an object now.
    pub(crate) fn is_open(&self, key: &ObjectKey) -> bool {
        !self.busy.contains(key) && !self.pauses.waits(key)
    }

    /// Whether it was tried and has not come about.
    pub(crate) fn has_failed(&self, key: &ObjectKey) -> bool {
        self.pauses.has_failed(key)
    }

    /// What was begun has come about, or not.
    pub(crate) fn ended(&mut self, key: &ObjectKey, is_done: bool) {
        self.busy.remove(key);
        self.held.remove(key);
        if is_done {
            self.pauses.end(key);
        } else {
            self.pauses.fail(key);
        }
    }

    /// What was kept of an object is not there, or cannot be read.
    pub(crate) fn distrust(&mut self, key: &ObjectKey) {
        self.known.remove(key);
    }

    /// The object is gone; what kept it goes with it.
    pub(crate) fn forget(&mut self, key: &ObjectKey) {
        self.pauses.end(key);
    }

    /// When something is tried again next.
    pub(crate) fn next(&self) -> Option<Instant> {
        self.pauses.next()
    }

    /// The ControllerRevision that keeps the good generation of an object, and the names of those that it comes in place of; `None`: it is
    /// there, and no other.
    pub(crate) fn due(&self, policy: &Policy, key: &ObjectKey, object: &Value, owner: &ApiResource) -> Option<(Value, Vec<String>)> {
        let good = policy.stand_ins.good(key)?;
        if object["metadata"]["generation"].as_i64() != Some(good.generation) {
            return None;
        }
        let uid = object["metadata"]["uid"].as_str()?;
        let name = name(key, good, uid);
        let known = self.known.get(key).map(Vec::as_slice).unwrap_or_default();
        if known.iter().any(|one| one.name == name) && known.len() == 1 {
            return None;
        }
        let others = known.iter().filter(|one| one.name != name).map(|one| one.name.clone()).collect();
        let owner = json!({"apiVersion": owner.api_version, "kind": owner.kind, "name": &*key.name, "uid": uid});
        let body = json!({
            "apiVersion": "apps/v1", "kind": "ControllerRevision", "revision": good.generation, "data": good.document.root().to_json(),
            "metadata": {
                "name": name, "namespace": &*key.namespace, "ownerReferences": [owner],
                "labels": {"app.kubernetes.io/managed-by": "meshglot"},
            },
        });
        Some((body, others))
    }
}

/// What a ControllerRevision keeps.
pub(crate) fn good(key: &ObjectKey, revision: &Value) -> Option<Good> {
    let text = |place: &str| revision.pointer(place)?.as_str().map(str::to_owned);
    Some(Good {
        generation: revision["revision"].as_i64()?,
        document: document(key, &revision["data"])?,
        since: text("/metadata/creationTimestamp"),
        revision: text("/metadata/name"),
    })
}

/// One generation of one object has one name.
fn name(key: &ObjectKey, good: &Good, uid: &str) -> String {
    let own: String = key.name.chars().take(NAME).collect();
    format!("{}-{}-{}-{}", own, key.kind.name().to_lowercase(), &uid[..uid.len().min(8)], good.generation)
}
