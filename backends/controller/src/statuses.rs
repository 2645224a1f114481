//! The status of every neutral object: made from the plan and from what is there, written where it is otherwise.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use meshglot_translator::ir::ObjectKey;
use meshglot_translator::render::ObjectId;
use meshglot_translator::status::{Applied, ConditionStatus, Facts, OnBackend, Status, Told, status};
use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use tokio::time::Instant;

use crate::backoff::Backoff;
use crate::live::version;
use crate::owner::Owners;
use crate::policy::Policy;
use crate::standing::Standing;

/// A look at all statuses may take a fourth of the time, and comes no later than this for it.
const LATEST: Duration = Duration::from_millis(500);

/// What is known of the statuses that were written.
#[derive(Default)]
pub(crate) struct Statuses {
    /// Writes that are under way.
    pub(crate) busy: BTreeSet<ObjectKey>,
    /// What was sent last, without times, and the version that it led to.
    sent: BTreeMap<ObjectKey, (Value, u64)>,
    again: BTreeMap<ObjectKey, (Instant, Backoff)>,
    /// Those that are to be written, as they were when all were looked at last.
    queue: VecDeque<(ObjectKey, Value)>,
    /// Something has happened since then.
    is_stirred: bool,
    /// Not before that.
    rests_until: Option<Instant>,
}

impl Statuses {
    /// Says that something has happened that a status may tell.
    pub(crate) fn stir(&mut self) {
        self.is_stirred = true;
    }

    /// Looks at all of them again, if something has happened and the last look is written. What is in force as it is written: its
    /// generation, and the time.
    pub(crate) fn look(
        &mut self,
        policy: &Policy,
        owners: &Owners,
        standings: &BTreeMap<ObjectId, Standing>,
        is_written: impl Fn(&ObjectKey) -> bool,
    ) -> Vec<(ObjectKey, i64, String)> {
        let begun = Instant::now();
        if !self.queue.is_empty() || !(self.is_stirred || self.is_again(begun)) || self.rests_until.is_some_and(|until| until > begun) {
            return Vec::new();
        }
        self.is_stirred = false;
        let mut good = Vec::new();
        self.queue = self.due(policy, owners, standings, is_written, &mut good).into();
        let took = begun.elapsed();
        self.rests_until = Some(begun + took + (3 * took).min(LATEST));
        good
    }

    /// The next that is to be written.
    pub(crate) fn take(&mut self) -> Option<(ObjectKey, Value)> {
        self.queue.pop_front()
    }

    /// Whether one that could not be written may be tried again.
    fn is_again(&self, now: Instant) -> bool {
        self.again.values().any(|(again, _)| *again <= now)
    }

    /// Statuses that have to be written now. `is_written`: whether a kind has a status at all.
    fn due(
        &mut self,
        policy: &Policy,
        owners: &Owners,
        standings: &BTreeMap<ObjectId, Standing>,
        is_written: impl Fn(&ObjectKey) -> bool,
        good: &mut Vec<(ObjectKey, i64, String)>,
    ) -> Vec<(ObjectKey, Value)> {
        let at = now();
        let told = Told::of_plan(&policy.plan);
        let backend = policy.plan.engines.iter().map(|(backend, _)| backend.name()).next().unwrap_or_default();
        let mut by_source: BTreeMap<&ObjectKey, Vec<&ObjectId>> = BTreeMap::new();
        for (id, wanted) in &policy.wanted {
            wanted.sources.iter().for_each(|key| by_source.entry(key).or_default().push(id));
        }
        let mut due = Vec::new();
        for (key, object) in &owners.0 {
            let waits = self.again.get(key).is_some_and(|(again, _)| *again > Instant::now());
            if policy.plan.model.document(key).is_none() {
                continue;
            }
            let ids = by_source.get(key).map(Vec::as_slice).unwrap_or_default();
            let mesh = if key.kind.is_cluster_scoped() { Some(&*key.name) } else { None };
            let last_good = policy.stand_ins.last_good(key);
            let on = match &last_good {
                _ if owners.is_paused(mesh, std::slice::from_ref(key)) => (Applied::Paused, in_force(ids, standings)),
                // What is there is not what is written.
                Some(good) => (Applied::Pending(format!("generation {} is there", good.generation)), 0),
                None => (worst(ids, standings), in_force(ids, standings)),
            };
            let on = OnBackend { applied: on.0, applied_objects: on.1, last_good, ..OnBackend::default() };
            let before = serde_json::from_value::<Status>(object["status"].clone()).ok();
            let generation = object["metadata"]["generation"].as_i64().unwrap_or_default();
            let backends = [(backend, on)];
            let facts = Facts { generation, at: &at, before: before.as_ref(), backends: &backends, newest: policy.stand_ins.newest(key) };
            let made = status(&policy.plan, &told, key, &facts);
            if is_in_force(&made) {
                good.push((key.clone(), generation, at.clone()));
            }
            if waits || self.busy.contains(key) || !is_written(key) {
                continue;
            }
            let Ok(made) = serde_json::to_value(made) else { continue };
            let is_same = self.sent.get(key).is_some_and(|(sent, after)| *sent == without_times(&made) && *after == version(object));
            if !is_same && !holds(&made, &object["status"]) {
                due.push((key.clone(), made));
            }
        }
        due
    }

    /// One is about to be written.
    pub(crate) fn begin(&mut self, key: &ObjectKey, status: &Value) {
        self.busy.insert(key.clone());
        self.sent.insert(key.clone(), (without_times(status), 0));
    }

    /// It is written, and this is the version since then.
    pub(crate) fn written(&mut self, key: &ObjectKey, version: u64) {
        self.again.remove(key);
        if let Some((_, after)) = self.sent.get_mut(key) {
            *after = version;
        }
    }

    /// It could not be written.
    pub(crate) fn failed(&mut self, key: &ObjectKey) {
        self.sent.remove(key);
        let (again, backoff) = self.again.entry(key.clone()).or_insert_with(|| (Instant::now(), Backoff::default()));
        *again = Instant::now() + backoff.next();
    }

    /// The object is gone.
    pub(crate) fn forget(&mut self, key: &ObjectKey) {
        self.sent.remove(key);
        self.again.remove(key);
    }

    /// When one is tried again next.
    pub(crate) fn next(&self) -> Option<Instant> {
        let rested = self.rests_until.filter(|_| self.is_stirred && self.queue.is_empty());
        self.again.values().map(|(again, _)| *again).chain(rested).filter(|again| *again > Instant::now()).min()
    }
}

fn is_in_force(status: &Status) -> bool {
    let mut conditions = status.conditions.iter().flatten();
    conditions.any(|one| one.type_ == "Ready" && one.status == ConditionStatus::True)
}

fn in_force(ids: &[&ObjectId], standings: &BTreeMap<ObjectId, Standing>) -> usize {
    ids.iter().filter(|id| standings.get(**id).is_some_and(|one| one.applied == Applied::InForce)).count()
}

/// What is to be told first of several objects.
fn worst(ids: &[&ObjectId], standings: &BTreeMap<ObjectId, Standing>) -> Applied {
    let rank = |applied: &Applied| match applied {
        Applied::InForce => 0,
        Applied::Drifted(_) => 1,
        Applied::Pending(_) => 2,
        Applied::Paused => 3,
        Applied::Unreachable(_) => 4,
        Applied::Rejected(_) => 5,
    };
    let of = |id: &&ObjectId| standings.get(*id).map_or_else(|| Standing::default().applied, |one| one.applied.clone());
    ids.iter().map(of).max_by_key(rank).unwrap_or_default()
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

fn without_times(status: &Value) -> Value {
    let mut status = status.clone();
    for condition in status["conditions"].as_array_mut().into_iter().flatten() {
        condition["lastTransitionTime"] = Value::Null;
    }
    status
}

fn now() -> String {
    // A year of five digits has no such form.
    OffsetDateTime::now_utc().replace_nanosecond(0).ok().and_then(|now| now.format(&Rfc3339).ok()).unwrap_or_default()
}
