//! What was in force is kept, and read again where it is needed.

use meshglot_translator::ir::ObjectKey;
use serde_json::Value;

use crate::Told;
use crate::answer::Answer;
use crate::answered::words;
use crate::core::Core;
use crate::write::Task;

/// Requests at a time: they wait for nobody, and nobody for them.
const TOGETHER: usize = 4;

impl Core {
    /// Begins to read what was kept of objects that are refused now. Whether that is under way: nothing should be written before.
    pub(crate) fn recall(&mut self) -> bool {
        let is_new = |key: &&ObjectKey| self.revisions.is_open(key);
        let bereft: Vec<ObjectKey> = self.policy.stand_ins.bereft().filter(is_new).cloned().collect();
        for key in bereft {
            let found = self.owners.0.get(&key).and_then(|owner| self.revisions.of(&key, &owner.object));
            let Some((name, writer)) = found.map(|one| one.name.clone()).zip(self.recaller()) else { continue };
            // What could not be read once does not stop everything.
            if !self.revisions.has_failed(&key) {
                self.revisions.held.insert(key.clone());
            }
            self.revisions.busy.insert(key.clone());
            self.tasks.spawn(async move { (Task::Recall(key.clone()), writer.read(key.namespace, name).await) });
        }
        !self.revisions.held.is_empty()
    }

    /// Begins to keep what has come into force.
    pub(crate) fn keep_good(&mut self) {
        // What is not in force yet, or not told, comes first.
        if self.tasks.len() >= TOGETHER || self.statuses.waiting() > 0 {
            return;
        }
        let unkept: Vec<ObjectKey> = self.policy.stand_ins.unkept.iter().filter(|key| self.revisions.is_open(key)).cloned().collect();
        for key in unkept {
            if self.revisions.busy.len() >= TOGETHER {
                return;
            }
            let object = self.owners.0.get(&key).map(|owner| &owner.object).zip(self.resource_of(&key));
            let Some((body, others)) = object.and_then(|(object, owner)| self.revisions.due(&self.policy, &key, object, owner)) else {
                self.policy.stand_ins.unkept.remove(&key);
                continue;
            };
            let Some(writer) = self.keeper() else { return };
            let generation = body["revision"].as_i64().unwrap_or_default();
            let revision = body["metadata"]["name"].as_str().unwrap_or_default().to_owned();
            self.revisions.busy.insert(key.clone());
            let task = Task::Keep { key: key.clone(), generation, revision };
            self.tasks.spawn(async move { (task, writer.keep(key.namespace, body, others).await) });
        }
    }

    /// What came of it; trouble is told. `None`: it did not come about.
    pub(crate) fn heard(&mut self, key: &ObjectKey, what: &str, answer: Answer) -> Option<Option<Value>> {
        match answer {
            Answer::Live(object) => Some(Some(*object)),
            Answer::Found(_) | Answer::Gone => Some(None),
            Answer::Failed(why) => {
                (self.tell)(Told::Trouble(format!("{what} ({key}): {}", words(&why))));
                None
            }
        }
    }
}
