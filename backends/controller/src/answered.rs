//! What the API server says to writes, taken into what is known.

use meshglot_translator::render::ObjectId;
use meshglot_translator::status::Applied;

use crate::Told;
use crate::answer::Answer;
use crate::core::Core;
use crate::events::corrected;
use crate::live::version;
use crate::revisions::good;
use crate::write::Task;

impl Core {
    /// Takes what the API server has said to a write.
    pub(crate) fn answered(&mut self, task: Task, answer: Answer) {
        self.settings.signs.answered(&task, &answer);
        if !matches!(task, Task::Status { .. } | Task::Keep { .. }) {
            self.statuses.stir();
        }
        match task {
            Task::Apply { id, before, digest, drift } => {
                self.busy.remove(&id);
                self.open.touched.insert(id.clone());
                self.applied(id, before, &digest, drift, answer);
            }
            Task::Delete { id, uid } => {
                self.busy.remove(&id);
                self.lost.remove(&id);
                self.open.touched.insert(id.clone());
                match answer {
                    Answer::Failed(why) => self.standings.entry(id).or_default().fail(why),
                    _ => {
                        // Somebody may have made another one of its name since then.
                        if self.live.get(&id).is_some_and(|live| live.uid() == uid) {
                            self.live.remove(&id);
                        }
                        self.standings.remove(&id);
                        (self.tell)(Told::Deleted(id));
                    }
                }
            }
            Task::Keep { key, generation, revision } => {
                let is_done = self.heard(&key, "a last good generation cannot be kept", answer).is_some();
                self.revisions.ended(&key, is_done);
                if is_done {
                    self.policy.stand_ins.kept(&key, generation, &revision);
                }
            }
            Task::Recall(key) => {
                let answer = self.heard(&key, "a last good generation cannot be read", answer);
                self.revisions.ended(&key, answer.is_some());
                match answer.map(|found| found.and_then(|object| good(&key, &object))) {
                    Some(Some(good)) => self.policy.recall(&key, good),
                    Some(None) => self.revisions.distrust(&key),
                    None => {}
                }
            }
            Task::Look { way, number } => self.looked(way, number, answer),
            Task::Status { key, said } => {
                self.statuses.busy.remove(&key);
                match answer {
                    Answer::Live(object) => {
                        self.statuses.written(&key, version(&object));
                        said.into_iter().for_each(|one| self.events.say(&object, one));
                        if self.owners.0.get(&key).is_some_and(|known| version(&known.object) <= version(&object)) {
                            self.policy.put(&key, &object);
                            self.owners.put(key, *object);
                        }
                    }
                    Answer::Found(_) | Answer::Gone => {}
                    Answer::Failed(why) => {
                        self.statuses.failed(&key);
                        (self.tell)(Told::Trouble(format!("status of {key}: {}", words(&why))));
                    }
                }
            }
        }
    }

    fn say_corrected(&self, id: ObjectId, editor: &str) {
        let sources = self.policy.wanted.get(&id).map(|wanted| &*wanted.sources).unwrap_or_default();
        for owner in sources.iter().filter_map(|key| self.owners.0.get(key)) {
            self.events.say(&owner.object, corrected(&id.path(), editor));
        }
        (self.tell)(Told::Corrected(id));
    }

    fn applied(&mut self, id: ObjectId, before: Option<u64>, digest: &str, drift: Option<String>, answer: Answer) {
        let is_lost = self.lost.remove(&id);
        match answer {
            Answer::Live(object) => {
                let after = version(&object);
                let standing = self.standings.entry(id.clone()).or_default();
                // Something else may be wanted since it was sent: of that nothing is written yet.
                if standing.wanted.as_deref() == Some(digest) {
                    standing.written = Some(after);
                }
                if !is_lost {
                    self.put_live(*object);
                }
                match drift.filter(|_| before != Some(after)) {
                    Some(editor) => self.say_corrected(id, &editor),
                    None if before != Some(after) => (self.tell)(Told::Applied(id)),
                    None => {}
                }
            }
            Answer::Found(object) if !is_lost => self.put_live(*object),
            Answer::Found(_) | Answer::Gone => {}
            Answer::Failed(why) => {
                let standing = self.standings.entry(id.clone()).or_default();
                if standing.applied != why {
                    (self.tell)(Told::Refused(id, words(&why).to_owned()));
                }
                if standing.wanted.as_deref() == Some(digest) {
                    standing.fail(why);
                }
            }
        }
    }
}

/// What is behind a word.
pub(crate) fn words(applied: &Applied) -> &str {
    match applied {
        Applied::Pending(why) | Applied::Rejected(why) | Applied::Unreachable(why) | Applied::Drifted(why) => why,
        Applied::InForce => "in force",
        Applied::Paused => "paused",
    }
}
