//! The status of every neutral object: written where it is otherwise than it should be.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::ops::Bound;
use std::time::Duration;

use meshglot_translator::ir::{Kind, ObjectKey};
use meshglot_translator::render::ObjectId;
use meshglot_translator::status::{ConditionStatus, Status};
use serde_json::Value;
use tokio::time::Instant;

use crate::backoff::Pauses;
use crate::census::Count;
use crate::events::{Said, between};
use crate::live::version;
use crate::making::{Making, Seen, generation};
use crate::owner::Owners;
use crate::packed::Packed;
use crate::policy::Policy;
use crate::standing::Standing;

/// A look at all statuses may take a fourth of the time, and comes no later than this for it.
const LATEST: Duration = Duration::from_millis(500);

/// Objects that are looked at in one step.
const TOGETHER: usize = 1000;

/// One that is to be written.
pub(crate) struct Due {
    pub(crate) key: ObjectKey,
    pub(crate) status: Value,
    /// What there is to say once it is.
    pub(crate) said: Vec<Said>,
}

/// What is known of the statuses that were written.
#[derive(Default)]
pub(crate) struct Statuses {
    /// Writes that are under way.
    pub(crate) busy: BTreeSet<ObjectKey>,
    /// What was sent last, without times, and the version that it led to.
    sent: BTreeMap<ObjectKey, (Packed, u64)>,
    /// Those that could not be written.
    pauses: Pauses,
    /// Where a look at all of them goes on.
    look: Option<Look>,
    /// Those that are to be written, as they were when they were looked at last.
    queue: VecDeque<Due>,
    /// Of kinds that have none, as they would be.
    unwritten: BTreeMap<ObjectKey, Status>,
    /// Something has happened since then.
    is_stirred: bool,
    /// Not before that.
    rests_until: Option<Instant>,
}

/// A look at all objects that is under way.
#[derive(Default)]
struct Look {
    /// The last one that was looked at.
    after: Option<ObjectKey>,
    /// How long it has taken until now.
    took: Duration,
}

impl Statuses {
    /// Says that something has happened that a status may tell.
    pub(crate) fn stir(&mut self) {
        self.is_stirred = true;
    }

    /// Nothing may be written now: a look that is under way begins anew when something may.
    pub(crate) fn give_up(&mut self) {
        self.is_stirred |= self.look.take().is_some();
    }

    /// Looks at all of them again, some at a time so that edits do not wait for it, if something has happened and the last look is written. `is_written`: whether a kind has a status.
    /// `is_crowded`: many rendered objects wait to be written.
    pub(crate) fn look(
        &mut self,
        policy: &Policy,
        owners: &Owners,
        standings: &BTreeMap<ObjectId, Standing>,
        seen: Seen<'_>,
        is_written: impl Fn(&ObjectKey) -> bool,
        is_crowded: bool,
    ) -> Looked {
        let begun = Instant::now();
        let mut looked = Looked::default();
        if !self.queue.is_empty() {
            return looked;
        }
        if self.look.is_none() {
            if !(self.is_stirred || self.pauses.is_over()) || self.rests_until.is_some_and(|until| until > begun) {
                return looked;
            }
            self.is_stirred = false;
        }
        let Look { after, took } = self.look.take().unwrap_or_default();
        let desk = Making::new(policy, owners, standings, seen);
        let mut rest = owners.0.range((after.map_or(Bound::Unbounded, Bound::Excluded), Bound::Unbounded)).peekable();
        let mut last = None;
        for (key, owner) in rest.by_ref().take(TOGETHER) {
            last = Some(key);
            let object = &owner.object;
            let unwritten = self.unwritten.get(key);
            let Some((before, made)) = desk.status(key, owner, unwritten) else { continue };
            if is_in_force(&made) && !policy.stand_ins.is_known_good(key, generation(object)) {
                looked.in_force.push((key.clone(), generation(object), desk.at.clone()));
            }
            let said = between(before.as_ref(), &made);
            if !is_written(key) {
                if !said.is_empty() {
                    looked.said.push((key.clone(), said));
                    self.unwritten.insert(key.clone(), made);
                }
                continue;
            }
            // That something waits is told at once, but not while many things do: each would be told twice.
            if self.pauses.waits(key) || self.busy.contains(key) || is_crowded && is_pending(&made) {
                continue;
            }
            let Ok(mut status) = serde_json::to_value(made) else { continue };
            if key.kind == Kind::Mesh {
                let Count { namespaces, workloads } = desk.count(key);
                status["namespaces"] = namespaces.into();
                status["workloads"] = workloads.into();
                if let Some(version) = desk.version(key) {
                    status["version"] = version.into();
                }
            }
            let is_same = self.sent.get(key).is_some_and(|(sent, after)| *sent == without_times(&status) && *after == version(object));
            if !is_same && owner.status != Packed::of(&status) && !stands(&status, &owner.status.value()) {
                self.queue.push_back(Due { key: key.clone(), status, said });
            }
        }
        let took = took + begun.elapsed();
        if rest.peek().is_some() {
            self.look = Some(Look { after: last.cloned(), took });
        } else {
            self.rests_until = Some(Instant::now() + (3 * took).min(LATEST));
        }
        looked
    }

    /// How many are to be written.
    pub(crate) fn waiting(&self) -> usize {
        self.queue.len()
    }

    /// The next that is to be written.
    pub(crate) fn take(&mut self) -> Option<Due> {
        self.queue.pop_front()
    }

    /// One is about to be written.
    pub(crate) fn begin(&mut self, due: &Due) {
        self.busy.insert(due.key.clone());
        self.sent.insert(due.key.clone(), (without_times(&due.status), 0));
    }

    /// It is written, and this is the version since then.
    pub(crate) fn written(&mut self, key: &ObjectKey, version: u64) {
        self.pauses.end(key);
        if let Some((_, after)) = self.sent.get_mut(key) {
            *after = version;
        }
    }

    /// It could not be written.
    pub(crate) fn failed(&mut self, key: &ObjectKey) {
        self.sent.remove(key);
        self.pauses.fail(key);
    }

    /// The object is gone.
    pub(crate) fn forget(&mut self, key: &ObjectKey) {
        self.sent.remove(key);
        self.pauses.end(key);
        self.unwritten.remove(key);
    }

    /// When one is tried again next.
    pub(crate) fn next(&self) -> Option<Instant> {
        if self.look.is_some() && self.queue.is_empty() {
            return Some(Instant::now());
        }
        let rested = self.rests_until.filter(|_| self.is_stirred && self.queue.is_empty());
        self.pauses.next().into_iter().chain(rested.filter(|until| *until > Instant::now())).min()
    }
}

/// What a look at all statuses has found beside what is to be written.
#[derive(Default)]
pub(crate) struct Looked {
    /// What is in force as it is written: its generation, and the time.
    pub(crate) in_force: Vec<(ObjectKey, i64, String)>,
    /// What there is to say of objects whose kinds have no status.
    pub(crate) said: Vec<(ObjectKey, Vec<Said>)>,
}

fn is_in_force(status: &Status) -> bool {
    let mut conditions = status.conditions.iter().flatten();
    conditions.any(|one| one.type_ == "Ready" && one.status == ConditionStatus::True)
}

fn is_pending(status: &Status) -> bool {
    status.conditions.iter().flatten().any(|one| one.type_ == "Applied" && one.reason == "Pending")
}

/// Whether a status says that already. A version that is not seen any more has to go.
fn stands(made: &Value, live: &Value) -> bool {
    holds(made, live) && made["version"].is_null() == live["version"].is_null()
}

/// Whether all that is said stands there already. Items of lists have a name, and no order.
fn holds(made: &Value, live: &Value) -> bool {
    match (made, live) {
        (Value::Object(made), Value::Object(live)) => {
            made.iter().all(|(key, value)| value.is_null() || live.get(key).is_some_and(|live| holds(value, live)))
        }
        (Value::Array(made), Value::Array(live)) => {
            made.len() == live.len() && made.iter().all(|one| live.iter().any(|other| holds(one, other)))
        }
        (made, live) => made == live,
    }
}

fn without_times(status: &Value) -> Packed {
    let mut status = status.clone();
    for condition in status["conditions"].as_array_mut().into_iter().flatten() {
        condition["lastTransitionTime"] = Value::Null;
    }
    Packed::of(&status)
}
